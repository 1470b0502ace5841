"""Rosters by hand: a seat given or taken, leave and illness, and what is known of people's skills and households."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Leave, Member, Roster, RosterSeat
from wangge.duties.rosters.queries.making import case_of, plan_for
from wangge.duties.rosters.rules.words import said
from wangge.duties.rosters.services.making import changed, roster_locked, tell
from wangge.ground.accounts.staffing import person_known
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, RosterPast, RosterRuleBroken

LONGEST = timedelta(days=366)


@transaction.atomic
def seat_assign(
    *,
    actor: Actor,
    seat_id: UUID,
    person_id: UUID | None,
    version: int,
    now: datetime,
    fixed: bool = False,
) -> None:
    """Give a seat to somebody, or leave it empty; what breaks a rule is refused with the rule.

    `fixed` keeps it from being changed by a search.
    """
    seat = _seat(seat_id)
    roster = roster_locked(seat.roster_id, actor, "roster.manage", version)
    if seat.since <= now:
        raise RosterPast()
    if person_id is not None:
        check_seat(roster, seat, person_id, now)
    RosterSeat.objects.filter(id=seat.id).update(person_id=person_id, fixed=fixed and person_id is not None)
    changed(roster, now)
    tell(roster, events.CHANGED, actor, now, seat=str(seat.id), why="hand")


def _seat(seat_id: UUID) -> RosterSeat:
    seat = RosterSeat.objects.filter(id=seat_id).first()
    if seat is None:
        raise NotFound(what="班次")
    return seat


def check_seat(roster: Roster, seat: RosterSeat, person_id: UUID, now: datetime, without: Sequence[UUID] = ()) -> None:
    """Raise RosterRuleBroken where somebody may not take a seat, some other seats thought empty."""
    case = case_of(roster, now)
    if person_id not in case.place_of:
        raise RosterRuleBroken(why="此人不在本单位的排班岗位上", why_en="they hold no rostered post of the unit")
    why = case.ledger([seat.id, *without]).why_not(case.number_of[seat.id], case.place_of[person_id])
    if why is None or (why.rule == "fixed" and seat.fixed):
        return
    zh, en = said(why, case.problem.limits)
    name = case.names.get(person_id, "")
    raise RosterRuleBroken(why=f"{name}{zh}", why_en=f"{name} {en}")


@transaction.atomic
def leave_enter(
    *, actor: Actor, unit_id: UUID, person_id: UUID, since: datetime, until: datetime, sick: bool, now: datetime
) -> list[UUID]:
    """Enter leave or illness of somebody of a unit; the seats that this leaves empty, published or not.

    Whoever may roster the unit may enter it, and anybody for themselves when they fall ill.
    """
    if not (sick and person_id == actor.person_id):
        require(actor, "roster.manage", unit_id)
    if not person_known(person_id):
        raise NotFound(what="人员")
    if until <= max(since, now):
        raise InputInvalid(
            field="until",
            why_zh="结束时间须在现在和开始时间之后。",
            why_en="It must end after now and the start.",
        )
    if until - min(since, now) > LONGEST:
        raise InputInvalid(field="until", why_zh="请假不能超过一年。", why_en="No more than a year.")
    Leave.objects.create(person_id=person_id, since=since, until=until, sick=sick, entered_at=now)
    freed = list(
        RosterSeat.objects.filter(person_id=person_id, since__lt=until, until__gt=max(since, now)).order_by("since")
    )
    RosterSeat.objects.filter(id__in=[seat.id for seat in freed]).update(person=None, fixed=False)
    for roster in Roster.objects.select_for_update().filter(id__in={seat.roster_id for seat in freed}):
        changed(roster, now)
    journal.record(
        events.LEFT,
        at=now,
        actor_id=actor.person_id,
        area_id=unit_id,
        subject_id=person_id,
        sick=sick,
        since=since.isoformat(),
        until=until.isoformat(),
        freed=len(freed),
    )
    return [seat.id for seat in freed]


@transaction.atomic
def member_set(
    *,
    actor: Actor,
    response_id: UUID,
    unit_id: UUID,
    person_id: UUID,
    skills: Sequence[str],
    lives_with: UUID | None,
    now: datetime,
) -> None:
    """Say what somebody can do, and with whom of those who serve they live."""
    require(actor, "roster.manage", unit_id)
    unknown = set(skills) - set(plan_for(response_id).skills)
    if unknown:
        raise InputInvalid(field="skills", why_zh="请从列表中选择技能。", why_en="Choose skills from the list.")
    if lives_with == person_id or not all(map(person_known, filter(None, (person_id, lives_with)))):
        raise NotFound(what="人员")
    household = None
    if lives_with is not None:
        other, _ = Member.objects.get_or_create(person_id=lives_with)
        household = other.household or new_id()
        Member.objects.filter(person_id=lives_with).update(household=household)
    Member.objects.update_or_create(
        person_id=person_id, defaults={"skills": sorted(set(skills)), "household": household}
    )
    journal.record(
        events.MEMBER,
        at=now,
        actor_id=actor.person_id,
        area_id=unit_id,
        subject_id=person_id,
        fields=["household", "skills"],
    )

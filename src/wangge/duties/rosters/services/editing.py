"""Rosters by hand: a seat given to somebody or left empty, or all of one weekday fixed to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, RosterSeat, RosterState
from wangge.duties.rosters.queries.making import case_of
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.words import said
from wangge.duties.rosters.services.making import changed, roster_locked, seat_all, tell
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, RosterPast, RosterRuleBroken


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
def seats_fix(*, actor: Actor, seat_id: UUID, person_id: UUID, version: int, now: datetime) -> tuple[int, int]:
    """Give somebody a draft's seats of this post and shift on one day of every week 固定班; the rest moves round it.

    How many seats are theirs now, and how many could not be, because of leave or other rules.
    """
    seat = _seat(seat_id)
    roster = roster_locked(seat.roster_id, actor, "roster.manage", version)
    if roster.state != RosterState.DRAFT:
        raise invalid("fixed", "已发布的值班表请逐班调整。", "Change a published roster seat by seat.")
    before = case_of(roster, now)
    if person_id not in before.place_of:
        raise RosterRuleBroken(why="此人不在本单位的排班岗位上", why_en="they hold no rostered post of the unit")
    weekday = local(seat.since).weekday()
    alike = [
        one.id
        for one in before.seats
        if (one.post_id, one.shift, one.agency, one.number) == (seat.post_id, seat.shift, seat.agency, seat.number)
        and local(one.since).weekday() == weekday
    ]
    if not alike:
        raise RosterPast()
    RosterSeat.objects.filter(id__in=alike).update(person_id=person_id, fixed=True)
    case = case_of(roster, now)
    seat_all(case, greedy(case.problem, case.filled))
    RosterSeat.objects.filter(id__in=alike).exclude(person_id=person_id).update(fixed=False)
    done = RosterSeat.objects.filter(id__in=alike, person_id=person_id).count()
    changed(roster, now)
    tell(roster, events.CHANGED, actor, now, seat=str(seat.id), why="fixed")
    return done, len(alike) - done

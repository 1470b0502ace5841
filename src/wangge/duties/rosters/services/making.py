"""A roster is made 编制: its seats from the needs of the pack, filled at once as far as the rules allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, RosterSeat, RosterState, Search, SwapState
from wangge.duties.rosters.queries.making import Case, case_of, places_of, plan_for
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.problem import Roster as Seating
from wangge.duties.rosters.services.lapsing import swaps_lapse
from wangge.ground.accounts.duty import Duty, duties_replace, duties_withdraw
from wangge.ground.accounts.staffing import Place, holders
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.clock import LOCAL, local, midnight
from wangge.ground.kernel.fields import check_words, invalid
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotFound,
    RosterChanged,
    RosterEmpty,
    RosterOverlaps,
    RosterPast,
    RosterSearching,
)
from wangge.ground.responses import vault
from wangge.ground.responses.packs.rosters import NeedDef, RostersDef, ShiftDef
from wangge.ground.responses.queries import response_running, wait_turn
from wangge.ground.responses.vault import Secret

MOST_DAYS = 31
REASON_LIMIT = 200
FURTHEST = 366  # days from now
SEAT = ("roster", "post", "shift", "since", "until", "number", "rank", "agency", "skills", "fixed")
OPEN = ("waiting", "running")
# What follows from a change that somebody was allowed to make.
ROSTERS = system_actor("rosters", "roster.publish")


@transaction.atomic
def roster_make(
    *, actor: Actor, response_id: UUID, unit_id: UUID, since: date, days: int, pattern: str, now: datetime
) -> Roster:
    """Make the draft of a roster for a unit and fill it; at most 31 days, and none where there is one already."""
    require(actor, "roster.manage", unit_id)
    wait_turn(response_id)  # of two who make the same one at once, the second finds it there
    response, plan = response_running(response_id), plan_for(response_id)
    if pattern not in plan.patterns:
        raise InputInvalid(field="pattern", why_zh="请选择班制。", why_en="Choose how the day is divided.")
    until = _end_of(since, days, now)
    places = _free(unit_id, plan, since, until, now)
    roster = Roster.objects.create(
        response=response,
        area_id=unit_id,
        since=since,
        until=until,
        pattern=pattern,
        exercise=response.exercise,
        made_at=now,
    )
    seats = list(_seats(roster, plan, places))
    if not seats:
        unit = tree().get(unit_id).name
        raise InputInvalid(
            field="pattern",
            why_zh=f"这一班制只有夜班，而{unit}的岗位夜间都不排班。请换一种班制。",
            why_en=f"It has night shifts only, and no post of {unit} is filled at night. Choose another.",
        )
    insert_rows(RosterSeat, SEAT, seats)
    case = case_of(roster, now)
    filled = greedy(case.problem)
    seat_all(case, filled)
    tell(
        roster, events.MADE, actor, now,
        since=since.isoformat(), until=until.isoformat(), seats=len(case.seats), filled=len(filled),
    )  # fmt: skip
    return roster


def _end_of(since: date, days: int, now: datetime) -> date:
    """The first day after so many. Raises InputInvalid where they are too many, too far off, or over."""
    if not 1 <= days <= MOST_DAYS:
        raise InputInvalid(field="days", why_zh=f"天数须为 1 到 {MOST_DAYS}。", why_en=f"From 1 to {MOST_DAYS} days.")
    if abs((since - local(now).date()).days) > FURTHEST:
        raise InputInvalid(field="since", why_zh="日期超出一年。", why_en="More than a year away.")
    until = since + timedelta(days=days)
    if midnight(until) <= now:
        last = until - timedelta(days=1)
        raise InputInvalid(
            field="since",
            why_zh=f"{since} 至 {last} 已经过去，不能再排班。请选还没过完的时段。",
            why_en=f"{since} to {last} is over. Choose days that are still to come.",
        )
    return until


def _free(unit_id: UUID, plan: RostersDef, since: date, until: date, now: datetime) -> list[Place]:
    """The posts of a unit that no other roster fills in this time: a village may stand in that of its station."""
    places = places_of(unit_id, plan, now)
    if not places or not holders([place.id for place in places], now):
        raise RosterEmpty(unit=tree().get(unit_id).name)
    rosters = _filled([place.id for place in places], since, until)
    free = [place for place in places if place.id not in rosters]
    if not free:
        raise _overlaps(next(iter(rosters.values())))
    return free


def _filled(post_ids: Collection[UUID], since: date, until: date) -> dict[UUID, UUID]:
    """Which of some posts a roster fills in this time, and which one; what was withdrawn fills none."""
    taken = RosterSeat.objects.filter(post_id__in=post_ids, roster__since__lt=until, roster__until__gt=since)
    return dict(taken.exclude(roster__state=RosterState.WITHDRAWN).values_list("post_id", "roster_id"))


def _overlaps(roster_id: UUID) -> RosterOverlaps:
    other = Roster.objects.get(id=roster_id)
    last = other.until - timedelta(days=1)
    return RosterOverlaps(unit=tree().get(other.area_id).name, since=other.since.isoformat(), until=last.isoformat())


def _seats(roster: Roster, plan: RostersDef, places: list[Place]) -> Iterable[tuple[object, ...]]:
    shifts = [plan.shifts[code] for code in plan.patterns[roster.pattern].shifts]
    for place in places:
        before: Counter[str | None] = Counter()  # of two needs of one agency at one post the second counts on
        for need in (need for need in plan.needs if need.role == place.role):
            numbers = range(before[need.agency] + 1, before[need.agency] + need.number + 1)
            before[need.agency] += need.number
            for day in range((roster.until - roster.since).days):
                for shift in shifts:
                    if need.night or not shift.night:
                        yield from _seats_of(roster, place, need, shift, roster.since + timedelta(days=day), numbers)


def _seats_of(
    roster: Roster, place: Place, need: NeedDef, shift: ShiftDef, day: date, numbers: Iterable[int]
) -> Iterable[tuple[object, ...]]:
    since = datetime.combine(day, shift.start, LOCAL)
    until = since + timedelta(hours=shift.hours)
    for number in numbers:
        yield (
            roster.id, place.id, shift.code, since, until, number, need.rank,
            need.agency or "", list(need.skills), False,
        )  # fmt: skip


def seat_all(case: Case, filled: Seating) -> int:
    """Write who sits where; how many seats that changed."""
    changed = []
    for number, seat in enumerate(case.seats):
        person = case.people[filled[number]] if number in filled else None
        if seat.person_id != person:
            seat.person_id = person
            changed.append(seat)
    RosterSeat.objects.bulk_update(changed, ["person"], batch_size=300)
    return len(changed)


def roster_locked(roster_id: UUID, actor: Actor, verb: str, version: int | None = None) -> Roster:
    """The roster, nobody else changing it until the transaction ends. Raises where it is searched or has changed."""
    roster = Roster.objects.select_for_update().filter(id=roster_id).first()
    if roster is None:
        raise NotFound(what="值班表")
    require(actor, verb, roster.area_id)
    if Search.objects.filter(roster=roster, state__in=OPEN).exists():
        raise RosterSearching()
    if version is not None and version != roster.version:
        raise RosterChanged(version=roster.version)
    return roster


def changed(roster: Roster, now: datetime) -> int:
    """Count a change of a roster; where it is in force, its duty times follow at once. How many duties changed."""
    Roster.objects.filter(id=roster.id).update(version=F("version") + 1)
    return in_force(roster, now) if roster.state == RosterState.PUBLISHED else 0


def in_force(roster: Roster, now: datetime) -> int:
    """Put what a roster says into force from now on; that of an exercise changes nobody's duty.

    A swap of seats that are now somebody else's comes to nothing.
    """
    for swap in swaps_lapse(roster, now):
        tell(roster, events.SWAP, ROSTERS, now, seat=str(swap.seat_id), state=str(SwapState.REFUSED))
    Roster.objects.filter(id=roster.id).update(in_force_at=now)
    if roster.exercise:
        return 0
    seats = list(RosterSeat.objects.filter(roster=roster))
    return duties_replace(
        actor=ROSTERS,
        post_ids={seat.post_id for seat in seats},
        since=min(seat.since for seat in seats),
        until=max(seat.until for seat in seats),
        duties=[Duty(seat.post_id, seat.person_id, seat.since, seat.until) for seat in seats if seat.person_id],
        now=now,
        late=timedelta(minutes=plan_for(roster.response_id).rules.late_minutes),
    )


@transaction.atomic
def roster_publish(*, actor: Actor, roster_id: UUID, version: int, now: datetime) -> None:
    """Publish a roster: from now on only those on duty by it are told of new matters. Done twice, nothing changes.

    One that was withdrawn comes into force again, unless another fills its posts by now.
    """
    roster = roster_locked(roster_id, actor, "roster.publish", version)
    if roster.state == RosterState.PUBLISHED:
        return
    if midnight(roster.until) <= now:
        raise RosterPast()
    seats = RosterSeat.objects.filter(roster=roster)
    if roster.state == RosterState.WITHDRAWN:
        wait_turn(roster.response_id)
        others = _filled(set(seats.values_list("post_id", flat=True)), roster.since, roster.until)
        if others:
            raise _overlaps(next(iter(others.values())))
    Roster.objects.filter(id=roster.id).update(
        state=RosterState.PUBLISHED, published_at=now, withdrawn_at=None, version=F("version") + 1
    )
    done = in_force(roster, now)
    tell(
        roster, events.PUBLISHED, actor, now,
        seats=seats.count(), empty=seats.filter(person=None).count(), changed=done,
    )  # fmt: skip


@transaction.atomic
def roster_withdraw(*, actor: Actor, roster_id: UUID, version: int, reason: str, now: datetime) -> None:
    """Take a published roster out of force 撤回, from now on, with a reason; publishing it again takes that back.

    The holders of its posts stand there again. What was served by it stays as it was.
    """
    roster = roster_locked(roster_id, actor, "roster.publish", version)
    if roster.state != RosterState.PUBLISHED:
        raise invalid("roster", "只有已发布的值班表可以撤回。", "Only a published roster is withdrawn.")
    end = midnight(roster.until)
    if end <= now:
        raise RosterPast()
    problem = check_words(reason, "reason", REASON_LIMIT, needed=True)
    if problem:
        raise problem
    Roster.objects.filter(id=roster.id).update(state=RosterState.WITHDRAWN, withdrawn_at=now, version=F("version") + 1)
    vault.replace(response_id=roster.response_id, secrets=[Secret(roster.id, "withdrawn", "text", reason.strip())])
    swaps_lapse(roster, now, every=True)
    coming = RosterSeat.objects.filter(roster=roster, until__gt=now)
    if not roster.exercise:
        until = max([end, *coming.values_list("until", flat=True)])
        posts = set(RosterSeat.objects.filter(roster=roster).values_list("post_id", flat=True))
        duties_withdraw(actor=ROSTERS, post_ids=posts, since=now, until=until, now=now)
    tell(roster, events.WITHDRAWN, actor, now, seats=coming.exclude(person=None).count())


@transaction.atomic
def roster_drop(*, actor: Actor, roster_id: UUID, version: int, now: datetime) -> None:
    """Throw a draft away."""
    roster = roster_locked(roster_id, actor, "roster.manage", version)
    if roster.state != RosterState.DRAFT:
        raise InputInvalid(
            field="roster", why_zh="已发布的值班表不能删除。", why_en="A published roster is not thrown away."
        )
    roster.delete()


def tell(roster: Roster, type_: str, actor: Actor, now: datetime, **data: object) -> None:
    """Record what happened to a roster."""
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=roster.area_id,
        subject_id=roster.id,
        response_id=roster.response_id,
        exercise=roster.exercise,
        **data,
    )

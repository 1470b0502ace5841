"""Rosters as pages show them: the list, one as a chart of a week, somebody's own duties, hours against the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from wangge.duties.rosters.models import Roster, RosterSeat, RosterState, Search, Swap, SwapState
from wangge.duties.rosters.queries.making import Case
from wangge.duties.rosters.queries.working import fixed_between
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import duties_of, posts_named
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import within, within_reach
from wangge.ground.kernel.clock import local, midnight
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault

SHOWN = 100
TIRED = 0.9  # such a share of the hours of a week is said to the supervisor


def roster_by_id(roster_id: UUID) -> Roster:
    """One roster. Raises NotFound."""
    roster = Roster.objects.filter(id=roster_id).first()
    if roster is None:
        raise NotFound(what="值班表")
    return roster


def why_withdrawn(roster: Roster) -> str:
    """Why a roster was withdrawn, masked as all texts are; "" where it was not."""
    if roster.state != RosterState.WITHDRAWN:
        return ""
    return vault.shown([roster.id], ["withdrawn"]).get(roster.id, {}).get("withdrawn", "")


def roster_seen(roster_id: UUID, actor: Actor) -> Roster:
    """One roster that the actor may see, by their post or because they serve in it. Raises NotFound, NotPermitted."""
    roster = roster_by_id(roster_id)
    if actor.person_id is None or not RosterSeat.objects.filter(roster=roster, person_id=actor.person_id).exists():
        require(actor, "roster.view", roster.area_id)
    return roster


def seat_seen(seat_id: UUID, actor: Actor) -> RosterSeat:
    """One seat of a roster that the actor may see. Raises NotFound, NotPermitted."""
    seat = RosterSeat.objects.select_related("roster").filter(id=seat_id).first()
    if seat is None:
        raise NotFound(what="班次")
    roster_seen(seat.roster_id, actor)
    return seat


def rosters(actor: Actor) -> list[tuple[Roster, int, int]]:
    """The rosters in the actor's areas, the newest first, each with its seats and how many are empty."""
    found = Roster.objects.filter(within_reach(actor, "roster.view")).order_by("-since", "id")
    counted = found.annotate(all=Count("seats"), empty=Count("seats", filter=Q(seats__person=None)))[:SHOWN]
    return [(roster, roster.all, roster.empty) for roster in counted]


class Cell(NamedTuple):
    """A seat in a chart."""

    seat: RosterSeat
    post: str
    person: str


@dataclass(frozen=True)
class Week:
    """A week of a roster, or all of it: its days, and for each row, a post or a person, the cells of each day."""

    days: list[date]
    rows: list[tuple[UUID | None, str, list[list[Cell]]]]


def week_of(roster: Roster, first: date, by: str, days: int = 7) -> Week:
    """Some days of a roster by "post" or by "person"; three queries."""
    shown = _days(roster, first, days)
    rows: dict[tuple[str, UUID | None], list[list[Cell]]] = {}
    for cell in _cells(roster, shown):
        seat = cell.seat
        key = (cell.post, seat.post_id) if by == "post" else (cell.person, seat.person_id)
        rows.setdefault(key, [[] for _ in shown])[shown.index(local(seat.since).date())].append(cell)
    ordered = sorted(rows.items(), key=lambda one: (one[0][1] is None, one[0][0], str(one[0][1])))
    return Week(shown, [(identity, name, cells) for (name, identity), cells in ordered])


def station_of(
    roster: Roster, first: date, shifts: Sequence[str], days: int = 7
) -> list[tuple[date, list[list[Cell]]]]:
    """Who is on duty at the whole unit on some days: for each day the cells of each shift; three queries."""
    shown = _days(roster, first, days)
    rows: dict[date, dict[str, list[Cell]]] = {day: {shift: [] for shift in shifts} for day in shown}
    for cell in _cells(roster, shown):
        rows[local(cell.seat.since).date()].setdefault(cell.seat.shift, []).append(cell)
    return [(day, [by_shift[shift] for shift in shifts]) for day, by_shift in rows.items()]


def _days(roster: Roster, first: date, days: int) -> list[date]:
    return [day for number in range(days) if (day := first + timedelta(days=number)) < roster.until]


def _cells(roster: Roster, days: Sequence[date]) -> list[Cell]:
    start = midnight(days[0])
    within_days = RosterSeat.objects.filter(
        roster=roster, since__gte=start, since__lt=start + timedelta(days=len(days))
    )
    seats = list(within_days.order_by("since", "rank", "number", "id"))
    posts = posts_named({seat.post_id for seat in seats})
    names = person_names({seat.person_id for seat in seats if seat.person_id})
    return [
        Cell(seat, posts[seat.post_id][0], names.get(seat.person_id, "") if seat.person_id else "") for seat in seats
    ]


class Burden(NamedTuple):
    """What a roster asks of somebody: hours of the fullest week, nights, weekends, holidays; whether it is a lot."""

    person_id: UUID
    name: str
    hours: float
    nights: int
    weekends: int
    holidays: int
    tired: bool


def burdens(case: Case) -> list[Burden]:
    """What a roster asks of everybody who works in it, the fullest weeks first."""
    ledger, limits = case.ledger(), case.problem.limits
    had: dict[int, list[int]] = {}
    for number, worker in case.filled.items():
        counts, seat = had.setdefault(worker, [0, 0, 0]), case.problem.seats[number]
        for place, kind in enumerate(("nights", "weekends", "holidays")):
            counts[place] += seat.counts(kind)
    found = []
    for worker, counts in had.items():
        most = max(ledger.minutes(worker).values(), default=0)
        tired = most >= TIRED * limits.week
        person = case.people[worker]
        found.append(Burden(person, case.names.get(person, ""), most / 60, counts[0], counts[1], counts[2], tired))
    return sorted(found, key=lambda one: (-one.hours, -one.nights, one.name))


def empty_seats(case: Case) -> list[tuple[int, RosterSeat]]:
    """The seats that nobody has yet, the most needed first, with their numbers in the problem."""
    empty = [(number, seat) for number, seat in enumerate(case.seats) if seat.person_id is None]
    return sorted(empty, key=lambda one: (one[1].rank, one[1].since))


def search_of(roster: Roster) -> Search | None:
    """The last search of a roster."""
    return Search.objects.filter(roster=roster).order_by("-asked_at", "-id").first()


class Duty(NamedTuple):
    """Somebody's own duty: where and when, whether they have come, and its seat where it comes from a roster.

    A fixed duty has its kind, and no id.
    """

    id: UUID | None
    post: str
    since: datetime
    until: datetime
    checked_in_at: datetime | None = None
    seat_id: UUID | None = None
    kind: str = ""


def duties_for(person_id: UUID, now: datetime, days: int = 28) -> list[Duty]:
    """Somebody's duties from now on, those of today included."""
    served = duties_of([person_id], now, now + timedelta(days=days))
    posts = posts_named({one.post_id for one in served})
    seats = RosterSeat.objects.filter(person_id=person_id, until__gt=now, roster__state="published")
    known = {(post, since): seat for seat, post, since in seats.values_list("id", "post_id", "since")}
    return [
        Duty(
            one.id, posts[one.post_id][0], one.since, one.until, one.checked_in_at,
            known.get((one.post_id, one.since)),
        )
        for one in served
    ]  # fmt: skip


def works_for(person_id: UUID, now: datetime, days: int = 28) -> list[Duty]:
    """All that somebody works from now on: their duties, and what they do every week."""
    fixed = fixed_between([person_id], now, now + timedelta(days=days))
    every_week = [Duty(None, "", one.since, one.until, kind=one.kind) for one in fixed]
    return sorted([*duties_for(person_id, now, days), *every_week], key=lambda one: (one.since, one.until))


class OnRoster(NamedTuple):
    """Somebody with a duty."""

    id: UUID
    name: str


def people_on_duty(area_ids: Iterable[UUID], since: datetime, until: datetime) -> list[OnRoster]:
    """Who has a duty of a published roster in some areas between two instants, by name."""
    seats = RosterSeat.objects.filter(
        within(area_ids, "post__"), since__lt=until, until__gt=since, person__isnull=False, roster__state="published"
    )
    names = person_names(set(seats.values_list("person_id", flat=True).distinct()))
    return sorted((OnRoster(person, name) for person, name in names.items()), key=lambda one: one.name)


class SwapView(NamedTuple):
    """A swap in words: who gives what to whom, and whether the reader has to answer it or asked it."""

    swap: Swap
    seat: Cell
    back: Cell | None
    asker: str
    asked: str
    to_answer: bool
    own: bool


def swaps_for(actor: Actor, now: datetime) -> list[SwapView]:
    """The swaps that are open and concern the actor: their own, and those they have to approve."""
    found = Swap.objects.filter(state__in=[SwapState.ASKED, SwapState.ACCEPTED]).select_related("seat__roster", "back")
    found = found.filter(seat__since__gt=now)
    mine = Q(asker_id=actor.person_id) | Q(asked_id=actor.person_id)
    theirs = Q(state=SwapState.ACCEPTED) & within_reach(actor, "roster.manage", "seat__roster__")
    return _views(actor, found.filter(mine | theirs).order_by("at")[:SHOWN])


def _views(actor: Actor, swaps: Iterable[Swap]) -> list[SwapView]:
    swaps = list(swaps)
    seats = [seat for swap in swaps for seat in (swap.seat, swap.back) if seat]
    posts = posts_named({seat.post_id for seat in seats})
    names = person_names({person for swap in swaps for person in (swap.asker_id, swap.asked_id)})

    def cell(seat: RosterSeat) -> Cell:
        return Cell(seat, posts[seat.post_id][0], names.get(seat.person_id, "") if seat.person_id else "")

    return [
        SwapView(
            swap,
            cell(swap.seat),
            cell(swap.back) if swap.back else None,
            names.get(swap.asker_id, ""),
            names.get(swap.asked_id, ""),
            swap.asked_id == actor.person_id
            if swap.state == SwapState.ASKED
            else may(actor, "roster.manage", swap.seat.roster.area_id),
            swap.asker_id == actor.person_id,
        )
        for swap in swaps
    ]

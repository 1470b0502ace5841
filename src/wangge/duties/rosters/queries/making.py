"""A roster of the database as a problem of pure numbers, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from wangge.duties.rosters.models import Leave, Member, Roster, RosterSeat
from wangge.duties.rosters.queries.working import Stretch, works_between
from wangge.duties.rosters.rules import problem as pure
from wangge.duties.rosters.rules.ledger import Ledger
from wangge.duties.rosters.rules.recurring import at_night
from wangge.ground.accounts.staffing import Held, Place, holders, posts_in, posts_named
from wangge.ground.areas.queries import points
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local, midnight
from wangge.ground.kernel.problems import RostersUnfitted
from wangge.ground.responses.packs.rosters import RosterRules, RostersDef
from wangge.ground.responses.queries import pack_of, response_by_id

REACH = timedelta(days=8)  # so far around a roster other duties can matter: a week, and a shift with its rest
LATELY = timedelta(days=28)  # so far back nights, weekends and holidays count for fairness


def plan_for(response_id: UUID) -> RostersDef:
    """What the response's pack says of rosters. Raises RostersUnfitted where it says nothing."""
    plan = pack_of(response_by_id(response_id)).rosters
    if plan is None:
        raise RostersUnfitted()
    return plan


@dataclass(frozen=True)
class Case:
    """A roster as a problem: its seats that have not begun, the people of its unit, and who sits where now."""

    roster: Roster
    plan: RostersDef
    problem: pure.Problem
    seats: list[RosterSeat]
    people: list[UUID]
    names: dict[UUID, str]

    @cached_property
    def place_of(self) -> dict[UUID, int]:
        """The number of each person."""
        return {person: number for number, person in enumerate(self.people)}

    @cached_property
    def number_of(self) -> dict[UUID, int]:
        """The number of each seat."""
        return {seat.id: number for number, seat in enumerate(self.seats)}

    @property
    def filled(self) -> pure.Roster:
        """Who sits where."""
        return {
            number: self.place_of[seat.person_id]
            for number, seat in enumerate(self.seats)
            if seat.person_id in self.place_of
        }

    def ledger(self, without: Iterable[UUID] = ()) -> Ledger:
        """The roster as it stands, some seats left empty."""
        empty = {self.number_of[seat] for seat in without if seat in self.number_of}
        return Ledger(self.problem, {seat: who for seat, who in self.filled.items() if seat not in empty})


def case_of(roster: Roster, now: datetime) -> Case:
    """The problem of a roster as it stands; a fixed number of queries."""
    plan = plan_for(roster.response_id)
    seats = list(RosterSeat.objects.filter(roster=roster).order_by("since", "rank", "post_id", "id"))
    places, held = staff_of(roster.area_id, plan, now)
    people = list(dict.fromkeys([*held, *(seat.person_id for seat in seats if seat.person_id)]))
    names = {person: posts[0].name for person, posts in held.items()}
    place_of = {person: number for number, person in enumerate(people)}
    coming = [seat for seat in seats if seat.since >= now]
    staff = _Staff(roster, plan, places, held, seats, now)
    problem = pure.Problem(
        tuple(_seat(seat, staff, place_of) for seat in coming),
        tuple(staff.workers(people)),
        (roster.until - roster.since).days,
        roster.since.weekday(),
        limits(plan.rules),
        _places({seat.post_id for seat in seats}),
        staff.partners(people),
    )
    return Case(roster, plan, problem, coming, people, names)


def places_of(unit_id: UUID, plan: RostersDef, now: datetime) -> list[Place]:
    """The posts of a unit that are filled by shifts."""
    roles = {need.role for need in plan.needs}
    return [place for place in posts_in([unit_id, *tree().descendants(unit_id)], now) if place.role in roles]


def staff_of(unit_id: UUID, plan: RostersDef, now: datetime) -> tuple[dict[UUID, Place], dict[UUID, list[Held]]]:
    """Who may be rostered in a unit: the posts whose holders may serve, and by person what they hold there."""
    roles = {role for need in plan.needs for role in (need.role, *need.also)}
    found = posts_in([unit_id, *tree().descendants(unit_id)], now)
    places = {place.id: place for place in found if place.role in roles}
    held: dict[UUID, list[Held]] = {}
    for one in holders(places, now):
        held.setdefault(one.person_id, []).append(one)
    return places, held


def limits(rules: RosterRules) -> pure.Limits:
    """The pack's rules in minutes."""
    first, last = rules.shared_from, rules.shared_until
    return pure.Limits(
        rules.rest_hours * 60,
        rules.week_hours * 60,
        rules.week_nights,
        rules.travel_kmh,
        rules.shared_hours * 60,
        first.hour * 60 + first.minute,
        last.hour * 60 + last.minute,
    )


def _seat(seat: RosterSeat, staff: _Staff, place_of: dict[UUID, int]) -> pure.Seat:
    day = local(seat.since).date()
    place = staff.places.get(seat.post_id)
    return pure.Seat(
        staff.work(seat),
        seat.rank,
        seat.agency,
        frozenset([*seat.skills, f"role:{place.role if place else ''}"]),
        day.weekday() > 4,
        any(one.since <= day <= one.until for one in staff.plan.festivals),
        place_of.get(seat.person_id) if seat.fixed and seat.person_id else None,
    )


class _Staff:
    """The people of a roster's unit, as the problem sees them."""

    def __init__(
        self,
        roster: Roster,
        plan: RostersDef,
        places: dict[UUID, Place],
        held: dict[UUID, list[Held]],
        seats: list[RosterSeat],
        now: datetime,
    ) -> None:
        self.plan, self.places, self.held = plan, places, held
        self.begun = [seat for seat in seats if seat.since < now]
        self.rostered = {seat.post_id for seat in seats}
        self.first = midnight(roster.since)
        self.last = self.first + (roster.until - roster.since)

    def minute(self, instant: datetime) -> int:
        """An instant as the problem counts it."""
        return int((instant - self.first).total_seconds() // 60)

    def work(self, duty: RosterSeat | Stretch) -> pure.Work:
        """A seat or some other work as the problem sees it."""
        night = at_night(duty.since, duty.until)
        return pure.Work(self.minute(duty.since), self.minute(duty.until), str(duty.post_id or ""), night)

    def workers(self, people: list[UUID]) -> list[pure.Worker]:
        """Everybody, with their skills, leave and other duties."""
        self.known = known = {member.person_id: member for member in Member.objects.filter(person_id__in=people)}
        away, works, before = self._away(people), self._works(people), _before(people, self.plan, self.first)
        return [
            pure.Worker(
                self.places[self.held[person][0].post_id].agency if person in self.held else "",
                frozenset([*(known[person].skills if person in known else ()), *self._roles(person)]),
                str(self.held[person][0].post_id) if person in self.held else "",
                tuple(away.get(person, ())),
                tuple(works.get(person, ())),
                str(known[person].household or "") if person in known else "",
                before.get(person, (0, 0, 0)),
            )
            for person in people
        ]

    def partners(self, people: list[UUID]) -> tuple[tuple[int, tuple[pure.Work, ...]], ...]:
        """What those work who live with one of these people and serve in another unit."""
        homes: dict[UUID, list[int]] = {}
        for number, worker in enumerate(people):
            if (member := self.known.get(worker)) and member.household:
                homes.setdefault(member.household, []).append(number)
        others = Member.objects.filter(household__in=homes).exclude(person_id__in=people)
        living = sorted(
            (other, household) for other, household in others.values_list("person_id", "household") if household
        )
        works = self._works([other for other, _ in living])
        return tuple(
            (number, tuple(works.get(other, ()))) for other, household in living for number in homes[household]
        )

    def _roles(self, person: UUID) -> Iterator[str]:
        """The roles at whose posts somebody may serve."""
        roles = {self.places[one.post_id].role for one in self.held.get(person, ())}
        yield from (f"role:{role}" for role in roles)
        yield from (f"role:{need.role}" for need in self.plan.needs if roles & set(need.also))

    def _away(self, people: list[UUID]) -> dict[UUID, list[tuple[int, int]]]:
        found: dict[UUID, list[tuple[int, int]]] = {}
        leaves = Leave.objects.filter(person_id__in=people, since__lt=self.last + REACH, until__gt=self.first - REACH)
        for leave in leaves:
            found.setdefault(leave.person_id, []).append((self.minute(leave.since), self.minute(leave.until)))
        return found

    def _works(self, people: list[UUID]) -> dict[UUID, list[pure.Work]]:
        """What people work beside the seats to be filled: elsewhere, before, after, every week, and what has begun."""
        found: dict[UUID, list[pure.Work]] = {}
        duties: list[Stretch | RosterSeat] = [
            one
            for one in works_between(people, self.first - REACH, self.last + REACH)
            if one.kind or not (one.post_id in self.rostered and self.first <= one.since < self.last)
        ]
        for duty in [*duties, *self.begun]:
            if duty.person_id is not None:
                found.setdefault(duty.person_id, []).append(self.work(duty))
        return found


def _before(people: list[UUID], plan: RostersDef, first: datetime) -> dict[UUID, tuple[int, int, int]]:
    """How many nights, weekends and holidays each had lately."""
    found: dict[UUID, list[int]] = {}
    for duty in works_between(people, first - LATELY, first):
        day = local(duty.since).date()
        counts = found.setdefault(duty.person_id, [0, 0, 0])
        counts[0] += at_night(duty.since, duty.until)
        counts[1] += day.weekday() > 4
        counts[2] += any(one.since <= day <= one.until for one in plan.festivals)
    return {person: (counts[0], counts[1], counts[2]) for person, counts in found.items()}


def _places(post_ids: set[UUID]) -> dict[str, tuple[float, float]]:
    posts = posts_named(post_ids)
    where = points(area_id for _, area_id in posts.values())
    return {str(post_id): where[area_id] for post_id, (_, area_id) in posts.items() if area_id in where}

"""Rosters in the replay: some stations make theirs, publish it, and live with it: leave, illness, a swap, check-ins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from wangge.demo.scenario import RosterPlan
from wangge.demo.world import World
from wangge.duties.rosters.queries.making import case_of
from wangge.duties.rosters.queries.showing import roster_by_id
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.services.leaving import leave_enter
from wangge.duties.rosters.services.making import roster_make, roster_publish
from wangge.duties.rosters.services.people import household_join, skills_set
from wangge.duties.rosters.services.swapping import swap_answer, swap_ask
from wangge.ground.accounts.duty import duty_check_in
from wangge.ground.accounts.staffing import duties_of
from wangge.ground.kernel.clock import midnight

if TYPE_CHECKING:
    from wangge.duties.rosters.models import Swap

DAY = timedelta(days=1)
AWAY = timedelta(days=3)
EARLY = timedelta(minutes=10)
# One in so many can drive; of those due at a shift one in so many has not said that they came.
DRIVING, FORGETFUL = 3, 5


def rostering(world: World) -> list[Iterator[datetime]]:
    """The rosters of the stations that the scenario names; those whose area is not there are left out."""
    plan = world.scenario.rosters
    if plan is None or world.pack.rosters is None:
        return []
    stations = {node.id: since for code, since in plan.stations.items() if (node := world.areas.by_code(code))}
    first = next(iter(stations), None)
    in_use = [_in_use(world, plan, station, since, first=station == first) for station, since in stations.items()]
    return [*in_use, _coming(world, plan, stations)]


def _in_use(world: World, plan: RosterPlan, station: UUID, since: date, *, first: bool) -> Iterator[datetime]:
    staff = _staff(world, station)
    yield plan.made
    _known(world, station, staff, plan.made)
    _away(world, station, staff[-2:-1], midnight(since) + DAY, sick=False, now=plan.made)
    roster = roster_make(
        actor=world.desk_of(station),
        response_id=world.response_id,
        unit_id=station,
        since=since,
        days=plan.days,
        pattern=plan.pattern,
        now=plan.made,
    )
    yield plan.published
    roster_publish(actor=world.desk_of(station), roster_id=roster.id, version=roster.version, now=plan.published)
    yield plan.fell_ill
    _away(world, station, staff[-3:-2], plan.fell_ill, sick=True, now=plan.fell_ill)
    if first:
        _swaps(world, roster.id, staff, plan.fell_ill)


def _staff(world: World, station: UUID) -> list[UUID]:
    """The officers of a station, those of one village after those of another."""
    villages = [village for village, its in world.crew.station_of.items() if its == station]
    officers = [person for village in villages for person in world.crew.at["village_officer", village]]
    return [*officers, *world.crew.at["station_desk", station]]


def _known(world: World, station: UUID, staff: Sequence[UUID], now: datetime) -> None:
    """Who can drive; and the first two live together."""
    actor = world.desk_of(station)
    skills_set(
        actor=actor,
        response_id=world.response_id,
        unit_id=station,
        person_ids=staff[::DRIVING],
        add=["driver"],
        remove=[],
        now=now,
    )
    if len(staff) > 1:
        household_join(actor=actor, unit_id=station, person_id=staff[1], partner_id=staff[0], now=now)


def _away(world: World, station: UUID, people: Sequence[UUID], since: datetime, *, sick: bool, now: datetime) -> None:
    for person in people:
        leave_enter(
            actor=world.desk_of(station), unit_id=station, person_id=person,
            since=since, until=since + AWAY, sick=sick, now=now,
        )  # fmt: skip


def _coming(world: World, plan: RosterPlan, stations: Collection[UUID]) -> Iterator[datetime]:
    """Those due at a shift check in, all but a few."""
    staff = [person for station in stations for person in _staff(world, station)]
    for shift in plan.shifts:
        at = shift - EARLY
        yield at
        due = [duty for duty in duties_of(staff, shift, shift + EARLY) if duty.since == shift]
        for number, duty in enumerate(due, 1):
            if number % FORGETFUL:
                duty_check_in(actor=world.crew.actors[duty.person_id], duty_id=duty.id, now=at)


def _swaps(world: World, roster_id: UUID, staff: Sequence[UUID], now: datetime) -> None:
    """The first officer has asked a colleague, who agreed; another has asked the first, who has not answered yet."""
    asked = _asked(world, roster_id, staff[:1], staff[1:], now)
    if asked is not None:
        swap_answer(actor=world.crew.actors[asked.asked_id], swap_id=asked.id, yes=True, now=now)
    _asked(world, roster_id, staff[1:], staff[:1], now)


def _asked(world: World, roster_id: UUID, askers: Sequence[UUID], asked: Sequence[UUID], now: datetime) -> Swap | None:
    """Somebody asks somebody to take one of their duties of the next days; None where the rules allow none."""
    case = case_of(roster_by_id(roster_id), now)
    for seat in case.seats:
        if seat.person_id is not None and seat.person_id in askers and seat.since > now + DAY:
            for one in candidates(case, seat.id):
                if one.why is None and one.person_id in asked:
                    asker = world.crew.actors[seat.person_id]
                    return swap_ask(actor=asker, seat_id=seat.id, colleague_id=one.person_id, now=now)
    return None

"""Observation in the replay: who is on record is observed at home and measured twice a day by the health workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from wangge.demo.world import World
from wangge.duties.observation.queries.cards import visible
from wangge.duties.observation.services.checks import CheckDraft, checks_make_many
from wangge.duties.observation.services.plans import plan_start
from wangge.ground.kernel.permission import Actor

OBSERVED = ("arrival", "close_contact")
# By then a matter that comes to nothing has mostly done so, and its record with it.
SETTLED = timedelta(days=1)
ROUNDS = (timedelta(hours=9, minutes=10), timedelta(hours=17, minutes=10))
# In the last round these are not reached, and one is found with a fever: what a board has to show of an evening.
MISSING = 3
USUAL = (362, 363, 364, 365, 366, 367, 368)
FEVER = 378


def observation(world: World) -> Iterator[datetime]:
    """The rounds of all health workers, until the replay ends."""
    rounds = [at for day in world.scenario.dates for after in ROUNDS if (at := day + after) < world.scenario.end]
    watched: dict[UUID, Actor] = {}
    for at in rounds:
        yield at
        if at - ROUNDS[0] in world.scenario.dates:
            _begin(world, watched, at)
        _measure(world, watched, at, last=at == rounds[-1])


def _begin(world: World, watched: dict[UUID, Actor], at: datetime) -> None:
    desk = world.desk_of(world.areas.root().id)
    people = visible(desk).filter(state="active", role__in=OBSERVED, identified_at__lt=at - SETTLED)
    for one in people.exclude(id__in=watched).order_by("identified_at", "id"):
        nurse = _nurse(world, one.area_id)
        plan_start(actor=nurse, individual_id=one.id, now=at, setting="home")
        watched[one.id] = nurse


def _measure(world: World, watched: dict[UUID, Actor], at: datetime, *, last: bool) -> None:
    reached = list(watched.items())[MISSING if last else 0 :]
    by_nurse: dict[UUID | None, list[tuple[UUID, CheckDraft]]] = {}
    for number, (person, nurse) in enumerate(reached):
        tenths = FEVER if last and number == 0 else world.fiction.choice(USUAL)
        by_nurse.setdefault(nurse.person_id, []).append((person, CheckDraft(tenths)))
    actors = {nurse.person_id: nurse for nurse in watched.values()}
    for person_id, drafts in by_nurse.items():
        # Whose observation is over already is no longer measured; the plan waits for release.
        checks_make_many(actor=actors[person_id], drafts=drafts, now=at)


def _nurse(world: World, area_id: UUID) -> Actor:
    at = world.crew.at
    return next(
        world.crew.actors[at["health_staff", place][0]]
        for place in world.areas.superiors(area_id)
        if ("health_staff", place) in at
    )

"""Checkpoints in the replay: registered before the first day, what their own systems count every few hours, and who is
stopped in the last minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from wangge.demo.scenario import CheckpointPlan, Checkpoints
from wangge.demo.world import World
from wangge.duties.checkpoints.rules import CheckpointDraft, Row, is_open
from wangge.duties.checkpoints.services.alerts import alert_handed_over
from wangge.duties.checkpoints.services.register import checkpoints_register
from wangge.duties.checkpoints.services.screening import Taken, queue_note, screenings_take
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import Problem

if TYPE_CHECKING:
    from wangge.duties.checkpoints.models import Checkpoint

MADE_UP = "（演示）"
SENT_EVERY = timedelta(hours=6)
HOUR = timedelta(hours=1)
CLERK = system_actor("checkpoint-systems", "checkpoint.screen")


def checkpoints_open(actor: Actor, world: World) -> list[tuple[CheckpointPlan, Checkpoint]]:
    """Put the checkpoints on the register as the response begins; those whose area is not there are left out."""
    wanted = world.scenario.checkpoints
    if wanted is None or world.pack.checkpoints is None:
        return []
    plans = [one for one in wanted.places if world.areas.by_code(one.area)]
    made = checkpoints_register(
        actor=actor,
        response_id=world.response_id,
        drafts=[_draft(world, wanted, one) for one in plans],
        now=world.scenario.start,
    )
    found = []
    for plan, one in zip(plans, made, strict=True):
        if isinstance(one, Problem):
            raise one
        found.append((plan, one))
    return found


def _draft(world: World, wanted: Checkpoints, one: CheckpointPlan) -> CheckpointDraft:
    node = world.areas.by_code(one.area)
    assert node is not None
    opens, closes = one.hours or (0, 0)
    return CheckpointDraft(
        kind=one.kind,
        area_id=node.id,
        name=f"{one.name}{MADE_UP}",
        road=one.road,
        direction=one.direction,
        lanes=one.lanes,
        lon=one.place[0],
        lat=one.place[1],
        agencies=tuple(wanted.agencies),
        opens_at=time(opens) if one.hours else None,
        closes_at=time(closes) if one.hours else None,
        equipment=wanted.equipment,
        desk_phone=wanted.desk_phone,
    )


def screening(world: World, points: Sequence[tuple[CheckpointPlan, Checkpoint]]) -> list[Iterator[datetime]]:
    """What passes the checkpoints: sums by hour and lane, sent every few hours; at the end somebody is stopped."""
    if not points:
        return []
    return [_count(world, points), _stop(world, points)]


def _count(world: World, points: Sequence[tuple[CheckpointPlan, Checkpoint]]) -> Iterator[datetime]:
    # Chance of its own, so that nothing else hangs on how many vehicles came by.
    rng, start, end = Random(2020), world.scenario.start, world.scenario.end  # noqa: S311 - nothing secret is drawn
    since = start
    while since < end:
        at = min(since + SENT_EVERY, end - timedelta(minutes=5))
        if at <= since:
            break
        yield at
        rows = [row for plan, one in points for row in _rows(world, plan, one, since, at, rng)]
        for result in screenings_take(actor=CLERK, response_id=world.response_id, rows=rows, now=at, source="api"):
            if isinstance(result, Problem):
                raise result
        since += SENT_EVERY


def _rows(
    world: World, plan: CheckpointPlan, one: Checkpoint, since: datetime, until: datetime, rng: Random
) -> Iterator[Row]:
    """A row for each hour and lane of a span."""
    wanted, weights = world.scenario.checkpoints, world.scenario.hours["roads"]
    assert wanted is not None and world.pack.checkpoints is not None
    hour = since
    while hour < until:
        if is_open(one.opens_at, one.closes_at, hour):
            share = weights[local(hour).hour] / sum(weights) * min((until - hour) / HOUR, 1)
            for lane in range(1, plan.lanes + 1):
                vehicles = round(plan.daily / plan.lanes * share * rng.uniform(0.85, 1.15))
                if vehicles:
                    yield _row(wanted, one, hour, lane, vehicles, world.pack.checkpoints.home, rng)
        hour += HOUR


def _row(wanted: Checkpoints, one: Checkpoint, hour: datetime, lane: int, vehicles: int, home: str, rng: Random) -> Row:
    mean = sum(number * weight for number, weight in enumerate(wanted.people, 1)) / sum(wanted.people)
    people = max(round(vehicles * mean * rng.uniform(0.97, 1.03)), vehicles)
    fevers = int(rng.random() < wanted.fevers / 1e6 * people)
    outside = rng.random() * 100 < wanted.outside
    return Row(
        one.id, f"{hour:%Y%m%d%H}-{lane}", hour, lane, "湘" if outside else home, rng.random() * 100 < wanted.energy,
        vehicles, people, fevers,
    )  # fmt: skip


def _stop(world: World, points: Sequence[tuple[CheckpointPlan, Checkpoint]]) -> Iterator[datetime]:
    """In the last minutes passengers with a fever are stopped; all but the last have been handed over."""
    wanted, end = world.scenario.checkpoints, world.scenario.end
    assert wanted is not None
    for number, temperature in enumerate(wanted.stopped):
        at = end - timedelta(minutes=4) + timedelta(minutes=number)
        yield at
        plan, one = points[number % len(points)]
        actor = world.crew.actors[world.crew.at["duty_desk", world.areas.ancestors(one.area_id)[0]][0]]
        row = Row(one.id, f"stopped-{number}", at, 1, "湘", False, 1, 2, 1, temperature, private={"plate": "湘A00000"})
        [taken] = screenings_take(actor=actor, response_id=world.response_id, rows=[row], now=at, source="phone")
        assert isinstance(taken, Taken) and taken.alert_id is not None
        queue_note(actor=actor, checkpoint_id=one.id, vehicles=min(plan.daily // 400, 40), now=at)
        if number < len(wanted.stopped) - 1:
            alert_handed_over(actor=actor, alert_id=taken.alert_id, now=at)

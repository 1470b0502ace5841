"""How checkpoints stand 总览: open or silent, what they screened today, whom they stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from wangge.duties.checkpoints import rules
from wangge.duties.checkpoints.models import Checkpoint
from wangge.duties.checkpoints.queries.register import checkpoints, pack_for
from wangge.duties.checkpoints.queries.totals import Stopped, Sums, day_of, stopped, totals, whole
from wangge.ground.accounts.queries import OnDuty, on_duty
from wangge.ground.kernel.permission import Actor

DAY = timedelta(days=1)
STATES = {"open": "在岗", "silent": "失联", "off": "未到时间", "closed": "已撤除"}
LATE = timedelta(minutes=15)  # after so long who has not checked in is missing


@dataclass(frozen=True)
class Standing:
    """A checkpoint now: "open", "silent" (open without a sign of life), "off" (not its hours) or "closed".

    `present` are on duty at its posts by the rosters in force, None where there is none, `absent` of
    these have not checked in, and at `empty` posts nobody is on duty though a roster is in force.
    """

    checkpoint: Checkpoint
    state: str
    sums: Sums
    stopped: Stopped
    present: int | None = None
    absent: int = 0
    empty: int = 0


@dataclass(frozen=True)
class Overview:
    """The checkpoints of an area, those that need somebody first, and what they did today together."""

    standings: Sequence[Standing]
    states: Counter[str]
    sums: Sums
    stopped: Stopped
    queue: int
    missing: int


class Screened(NamedTuple):
    """What a checkpoint screened in a time, and whom it stopped."""

    checkpoint: Checkpoint
    sums: Sums
    stopped: Stopped


def screened(*, actor: Actor, response_id: UUID, area_id: UUID, since: datetime, until: datetime) -> list[Screened]:
    """What each checkpoint of an area screened on whole days, closed ones too, those with most vehicles first."""
    place: dict[str, Any] = {"actor": actor, "response_id": response_id, "area_id": area_id}
    found, held = totals(**place, since=since, until=until), stopped(**place, since=since, until=until)
    listed = {one.id: one for one in checkpoints(**place, closed=True)}
    return [
        Screened(listed[key], sums, held.get(key, Stopped()))
        for key, sums in sorted(found.items(), key=lambda one: -one[1].vehicles)
        if key in listed
    ]


def state_of(checkpoint: Checkpoint, silent_minutes: int, now: datetime) -> str:
    """How a checkpoint stands; one that has only just opened is not silent yet."""
    if checkpoint.closed_on is not None:
        return "closed"
    if not rules.is_open(checkpoint.opens_at, checkpoint.closes_at, now):
        return "off"
    lately = now - timedelta(minutes=silent_minutes)
    was_open = rules.is_open(checkpoint.opens_at, checkpoint.closes_at, lately)
    heard = max(checkpoint.registered_at, checkpoint.last_seen_at or checkpoint.registered_at)
    return "silent" if was_open and heard < lately else "open"


def staff_of(checkpoint: Checkpoint, duties: dict[UUID, list[OnDuty]], now: datetime) -> tuple[int | None, int, int]:
    """How many are on duty at a checkpoint's posts, have not checked in in time, and how many posts are empty.

    The first is None where no roster is in force at any of them.
    """
    rostered = [duties[UUID(post)] for post in checkpoint.posts if UUID(post) in duties]
    there = [one for duty in rostered for one in duty]
    absent = sum(one.checked_in_at is None and one.since + LATE < now for one in there)
    return len(there) if rostered else None, absent, sum(not duty for duty in rostered)


def overview(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> Overview:
    """How the checkpoints of an area stand now; at most seven queries. Those of an exercise are listed, not counted."""
    _, plan = pack_for(response_id)
    found = checkpoints(actor=actor, response_id=response_id, area_id=area_id)
    today = day_of(now)
    upon: dict[str, Any] = {"actor": actor, "response_id": response_id, "area_id": area_id}
    upon |= {"since": today, "until": today + DAY}
    sums, held = totals(**upon), stopped(**upon)
    duties = on_duty([UUID(post) for one in found for post in one.posts], now)
    standings = [
        Standing(
            one,
            state_of(one, plan.silent_minutes, now),
            sums.get(one.id, Sums()),
            held.get(one.id, Stopped()),
            *staff_of(one, duties, now),
        )
        for one in found
    ]
    order = {"silent": 0, "open": 1, "off": 2}
    real = [one for one in standings if not one.checkpoint.exercise]
    return Overview(
        sorted(standings, key=lambda one: (order[one.state], one.checkpoint.number)),
        Counter(one.state for one in real),
        whole(list(sums.values())),
        Stopped(*(sum(getattr(one, name) for one in held.values()) for name in ("fever", "origin", "handed_over"))),
        sum(one.checkpoint.queue or 0 for one in real),
        sum(one.absent + one.empty for one in real if one.state in ("open", "silent")),
    )

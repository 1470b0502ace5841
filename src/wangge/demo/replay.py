"""The replay itself: instant after instant, everybody's next step, and the engine at its pace."""

from __future__ import annotations

import gc
import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from wangge import engine
from wangge.demo.entering import batches
from wangge.demo.lives import live
from wangge.demo.planning import Plan
from wangge.demo.visiting import counting, ordering, preparing, visits
from wangge.demo.watching import observation
from wangge.demo.world import World
from wangge.duties.matters.services.surging import surge_end, surge_start
from wangge.spine.clocks.queries import any_due

Progress = Callable[[datetime], None]
# The engine looks round so often in replayed time; an idle one in real time does so ten times a second.
PACE = timedelta(minutes=5)
# So many turns are one transaction; figures and seals are read, and pauses looked at, once in it.
TURNS = 144
# A new report is told of in the turn it comes in; what else happens to matters waits so many turns at most.
TELLING_TURNS = 3
FLOWS_AT_ONCE = engine.FLOWS_READER.batch
WORK = dict(engine.MODULES)


def replay(world: World, plan: Plan, further: Sequence[Iterator[datetime]], progress: Progress) -> None:
    """Play everything from the scenario's start to its end through the services, with the engine beside it."""
    with _without_waiting_for_the_disk(), _all_or_nothing(), _seldom_collecting():
        matters = _Schedule([live(world, life) for life in plan.matters])
        entries = [entry for entry in plan.entries if entry.venue is None]
        at_venues = [*visits(world, plan.entries), *counting(world, plan.entries), ordering(world), preparing(world)]
        others = _Schedule([*batches(world, entries), *at_venues, *_surge(world), observation(world), *further])
        now, untold = world.scenario.start, 0
        while now < world.scenario.end:
            with transaction.atomic():
                for turn in range(TURNS):
                    now = min(now + PACE, world.scenario.end)
                    others.play(now)
                    coming = matters.coming(now)
                    untold += matters.play(now) + (WORK["clocks"](now) if any_due(now) else 0)
                    if coming or turn % TELLING_TURNS == 0:
                        _tell(now, untold)
                        untold = 0
                        progress(now)
                    if now >= world.scenario.end:
                        break
                _tell(now, WORK["pauses"](now))
                WORK["figures"](now)
                WORK["seal"](now)
        if matters.left() or others.left():
            raise RuntimeError("the replay ended before everything was done")
        engine.settle(world.scenario.end)


class _Schedule:
    """Who is to go on when: processes in order of their next instant, those of one instant in order of coming."""

    def __init__(self, processes: Iterable[Iterator[datetime]]) -> None:
        self.waiting: list[tuple[datetime, int, Iterator[datetime]]] = []
        for number, process in enumerate(processes):
            first = next(process, None)
            if first is not None:
                self.waiting.append((first, number, process))
        heapq.heapify(self.waiting)
        self.firsts = sorted((at for at, _, _ in self.waiting), reverse=True)

    def coming(self, until: datetime) -> bool:
        """Whether somebody takes a first step before `until`."""
        return bool(self.firsts) and self.firsts[-1] < until

    def play(self, until: datetime) -> int:
        """Let everybody go on whose time comes before `until`; how many steps were taken."""
        taken = 0
        while self.firsts and self.firsts[-1] < until:
            self.firsts.pop()
        while self.waiting and self.waiting[0][0] < until:
            _, number, process = self.waiting[0]
            following = next(process, None)
            if following is None:
                heapq.heappop(self.waiting)
            else:
                heapq.heapreplace(self.waiting, (following, number, process))
            taken += 1
        return taken

    def left(self) -> int:
        return len(self.waiting)


def _tell(now: datetime, happened: int) -> None:
    """What follows from what happened to matters, and the clock steps that fall due meanwhile."""
    while happened:
        while WORK["flows"](now) >= FLOWS_AT_ONCE:
            pass
        WORK["messages"](now)
        happened = WORK["clocks"](now) if any_due(now) else 0


def _surge(world: World) -> list[Iterator[datetime]]:
    node = world.areas.by_code(world.scenario.surge.area)
    return [_switch(world, node.id)] if node else []


def _switch(world: World, area_id: UUID) -> Iterator[datetime]:
    surge, actor = world.scenario.surge, world.desk_of(world.areas.root().id)
    yield surge.from_
    surge_start(actor=actor, area_id=area_id, factor=world.pack.surge.factor, reason=surge.reason, now=surge.from_)
    yield surge.to
    surge_end(actor=actor, area_id=area_id, now=surge.to)


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """No savepoints meanwhile: what fails in a replay fails all of it, and one step is never taken back alone."""
    before = connection.features.uses_savepoints
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.features.uses_savepoints = before


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Look for cyclic garbage seldom: a replay makes millions of short-lived rows and hardly a cycle."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """Leave writing out to the system meanwhile: a replay that is cut off is begun again anyway."""
    slack, strict = ("PRAGMA synchronous=OFF", "PRAGMA synchronous=FULL")
    if connection.vendor == "postgresql":
        slack, strict = ("SET synchronous_commit = off", "SET synchronous_commit = on")
    with connection.cursor() as cursor:
        cursor.execute(slack)
        try:
            yield
        finally:
            cursor.execute(strict)

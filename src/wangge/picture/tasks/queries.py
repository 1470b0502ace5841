"""The day's tasks 今日任务: of each task of the guideline what is due, done and overdue in an area, and its week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from wangge.duties.matters.places import KindCount, open_by_kind
from wangge.duties.venues.queries.visits import due_by_round
from wangge.ground.areas.permission import may, require
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import FigureDef, Pack, TaskDef
from wangge.ground.responses.packs.venues import RoundDef
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.days import figure_days
from wangge.picture.tasks.rules import state_of

WEEK = 7


@dataclass(frozen=True)
class Done:
    """What a figure of a task counted today and on each day of the week that ends today."""

    figure: FigureDef
    today: int
    week: Sequence[int]


@dataclass(frozen=True)
class Waiting:
    """Something of a task that waits to be done: rounds that are due, matters that are open; how many are late."""

    code: str
    name: str
    name_en: str
    is_round: bool
    waiting: int
    late: int


@dataclass(frozen=True)
class TaskState:
    """One task on a day: its state, what was done, what waits, and where it is recorded (kinds of the duty log)."""

    task: TaskDef
    state: str
    done: Sequence[Done]
    waits: Sequence[Waiting]
    log_kinds: Sequence[str]

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.waits)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.waits)


@dataclass(frozen=True)
class TaskDay:
    """The tasks of an area on a day, and the days of the week that its figures are told for."""

    tasks: Sequence[TaskState]
    days: Sequence[date]


def task_day(*, actor: Actor, response_id: UUID, area_id: UUID, day: date, now: datetime) -> TaskDay:
    """The tasks of an area; a fixed number of queries whatever there is.

    What waits is told as it stands now, whichever day is asked for; of the past only what was done is known.
    """
    require(actor, "figure.view", area_id)
    pack = pack_by_id(response_by_id(response_id).pack_id)
    days = [day - timedelta(days=back) for back in reversed(range(WEEK))]
    codes = list(dict.fromkeys(code for task in pack.tasks.values() for code in _counted(task, pack)))
    counted = figure_days(
        actor=actor, response_id=response_id, codes=codes, area_id=area_id, first=days[0], last=days[-1]
    )
    week = {code: [int(one.value or 0) for one in found] for code, found in counted.items()}
    today = day == local(now).date()
    open_now = _open(actor, response_id, area_id, now) if today else {}
    rounds = _rounds(actor, response_id, area_id, day, pack) if today else {}
    tasks = [_state(task, pack, week, open_now, rounds) for task in pack.tasks.values()]
    return TaskDay(tasks, days)


def _counted(task: TaskDef, pack: Pack) -> list[str]:
    """The figures of a task that count something day by day; rates and sizes of catalogues do not."""
    return [code for code in task.figures if pack.figures[code].measure in ("count", "sum")]


def _open(actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> dict[str, KindCount]:
    if not may(actor, "matter.view", area_id):
        return {}
    found = open_by_kind(actor=actor, response_id=response_id, area_id=area_id, now=now)
    return {one.kind: one for one in found}


def _rounds(
    actor: Actor, response_id: UUID, area_id: UUID, day: date, pack: Pack
) -> dict[str, list[tuple[RoundDef, int, int]]]:
    """The rounds that are due, by the task that their visits count for."""
    if pack.venues is None or not may(actor, "venue.view", area_id):
        return {}
    due = due_by_round(actor=actor, response_id=response_id, area_id=area_id, day=day)
    found: dict[str, list[tuple[RoundDef, int, int]]] = {}
    for code, (waiting, late) in due.items():
        one = pack.venues.rounds.get(code)
        if one is not None:
            log_kind = pack.venues.kinds[one.kinds[0]].log_kind
            found.setdefault(pack.log_kinds[log_kind].task, []).append((one, waiting, late))
    return found


def _state(
    task: TaskDef,
    pack: Pack,
    week: Mapping[str, Sequence[int]],
    open_now: Mapping[str, KindCount],
    rounds: Mapping[str, Sequence[tuple[RoundDef, int, int]]],
) -> TaskState:
    done = [Done(pack.figures[code], week[code][-1], week[code]) for code in _counted(task, pack)]
    waits = [
        Waiting(one.code, one.name, one.name_en, True, waiting, late)
        for one, waiting, late in rounds.get(task.code, ())
    ]
    waits += [
        Waiting(code, pack.kinds[code].name, pack.kinds[code].name_en, False, found.open, found.overdue)
        for code in task.kinds
        if (found := open_now.get(code))
    ]
    by_day = [sum(one.week[place] for one in done) for place in range(WEEK)]
    late, waiting = sum(one.late for one in waits), sum(one.waiting for one in waits)
    logged = [code for code, kind in pack.log_kinds.items() if kind.task == task.code]
    return TaskState(task, state_of(by_day, task.every_days, waiting, late), done, waits, logged)

"""Starting, pausing, resuming and stopping clocks, and claiming the steps that fall due.

These run inside the transaction of the change they belong to and record no events of their own:
the room whose clock it is tells what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db.models import QuerySet

from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.calendars import Unit, WorkCalendar
from wangge.ground.kernel.prepared import change_rows, prepared
from wangge.spine.clocks import rules
from wangge.spine.clocks.models import Clock
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.rules import Allowance, Interval

COLUMNS = (
    "subject_id", "what", "unit", "seconds", "state", "ledger", "started_at", "due_at", "step",
    "last_step", "next_at",
)  # fmt: skip


class Start(NamedTuple):
    """A clock to be started: for what, how long, and how many steps follow its deadline at most."""

    subject_id: UUID
    what: str
    allowance: Allowance
    last_step: int


@dataclass(frozen=True)
class Stopped:
    """How a clock ended: whether inside its time, and whether its deadline had already been acted on."""

    in_time: bool
    overdue_told: bool
    due_at: datetime | None


class Due(NamedTuple):
    """A step that fell due: to be claimed before it is acted on."""

    clock_id: UUID
    subject_id: UUID
    what: str
    step: int


def _text(ledger: Sequence[Interval]) -> list[list[str | None]]:
    return [[start.isoformat(), end.isoformat() if end else None] for start, end in ledger]


def ledger_of(clock: Clock) -> list[Interval]:
    """The running intervals of a clock as instants."""
    return [
        (datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None) for start, end in clock.ledger
    ]


def _allowance(clock: Clock) -> Allowance:
    return Allowance(clock.seconds, cast(Unit, clock.unit))


def start_many(starts: Iterable[Start], *, now: datetime, calendar: WorkCalendar) -> list[datetime]:
    """Start clocks at `now`; one statement however many. The deadlines in order."""
    rows, deadlines, ledger = [], [], _text([(now, None)])
    ends: dict[Allowance, tuple[datetime, datetime]] = {}
    for subject_id, what, allowance, last_step in starts:
        if allowance not in ends:
            length, unit = allowance.length, allowance.unit
            ends[allowance] = calendar.add(now, length, unit), calendar.add(now, length / 2, unit)
        due_at, half = ends[allowance]
        deadlines.append(due_at)
        rows.append(
            (
                subject_id,
                what,
                allowance.unit,
                allowance.seconds,
                "running",
                ledger,
                now,
                due_at,
                0,
                last_step,
                half,
            )
        )
    insert_rows(Clock, COLUMNS, rows)
    return deadlines


def start(item: Start, *, now: datetime, calendar: WorkCalendar) -> datetime:
    """Start one clock; its deadline."""
    return start_many([item], now=now, calendar=calendar)[0]


def _alive(subject_id: UUID, what: str) -> Clock | None:
    return next(iter(_clocks_alive(subject_id, what)), None)


@prepared
def _clocks_alive(subject_id: UUID, what: str) -> QuerySet[Clock]:
    return Clock.objects.filter(subject_id=subject_id, what=what).exclude(state="stopped")


def _change(clock: Clock, **changes: Any) -> bool:
    """Change a clock unless the engine or somebody else has moved it since our look."""
    return bool(change_rows(Clock, {"id": clock.id, "state": clock.state, "step": clock.step}, changes))


def stop(subject_id: UUID, what: str, *, now: datetime, calendar: WorkCalendar | None = None) -> Stopped | None:
    """Stop a clock; None where none was alive. In time means at or before its stored deadline.

    A paused clock has no deadline: it is in time unless it had used more than its allowance when it
    was paused, as `calendar` counts (by default the official one with the local table).
    """
    clock = _alive(subject_id, what)
    if clock is None:
        return None
    changed = _change(
        clock,
        state="stopped",
        stopped_at=now,
        due_at=clock.due_at,
        next_at=None,
        pause_ends_at=None,
        ledger=_text(rules.paused(ledger_of(clock), now)),
    )
    if not changed:
        # The engine took a step between our look and our write; look again, the step is now told.
        return stop(subject_id, what, now=now, calendar=calendar)
    if clock.due_at is None:
        counted = rules.spent(ledger_of(clock), now, cast(Unit, clock.unit), calendar or calendar_with({}))
        in_time = counted <= timedelta(seconds=clock.seconds)
    else:
        in_time = now <= clock.due_at
    return Stopped(in_time, overdue_told=clock.step >= 2, due_at=clock.due_at)


def pause(subject_id: UUID, what: str, *, until: datetime | None, now: datetime) -> bool:
    """Pause a clock, until an instant or until somebody resumes it; whether one was alive."""
    clock = _alive(subject_id, what)
    if clock is None:
        return False
    changed = _change(
        clock,
        state="paused",
        due_at=None,
        next_at=None,
        pause_ends_at=until,
        ledger=_text(rules.paused(ledger_of(clock), now)),
    )
    # The engine may have taken a step between our look and our write; then look again.
    return changed or pause(subject_id, what, until=until, now=now)


def resume(subject_id: UUID, what: str, *, now: datetime, calendar: WorkCalendar) -> datetime | None:
    """Let a paused clock run again; its new deadline, or None where none was paused."""
    clock = _alive(subject_id, what)
    if clock is None or clock.state != "paused":
        return None
    ledger = rules.resumed(ledger_of(clock), now)
    due_at = rules.reaches(ledger, 1.0, _allowance(clock), calendar)
    changed = Clock.objects.filter(id=clock.id, state="paused").update(
        state="running",
        ledger=_text(ledger),
        due_at=due_at,
        next_at=_next_at(clock, clock.step, ledger, calendar),
        pause_ends_at=None,
    )
    return due_at if changed else None


def _next_at(clock: Clock, step: int, ledger: Sequence[Interval], calendar: WorkCalendar) -> datetime | None:
    if step > clock.last_step:
        return None
    return rules.reaches(ledger, rules.share_of(step), _allowance(clock), calendar)


def due(now: datetime, limit: int) -> list[Due]:
    """The running clocks whose next step has fallen due, the longest overdue first."""
    return [Due(*row) for row in _clocks_due(limit)(now)]


@lru_cache
def _clocks_due(limit: int) -> Callable[[datetime], list[tuple[Any, ...]]]:
    @prepared
    def clocks(now: datetime) -> QuerySet[Clock, tuple[Any, ...]]:
        running = Clock.objects.filter(state="running", next_at__lte=now).order_by("next_at", "id")
        return running.values_list("id", "subject_id", "what", "step")[:limit]

    return clocks


def pauses_over(now: datetime, limit: int) -> list[tuple[UUID, str]]:
    """The paused clocks whose pause has come to its end, as (subject, what)."""
    clocks = Clock.objects.filter(state="paused", pause_ends_at__lte=now).order_by("pause_ends_at")
    return list(clocks.values_list("subject_id", "what")[:limit])


def claim(item: Due, *, now: datetime, calendar: WorkCalendar) -> bool:
    """Take a step, inside the transaction that acts on it; False where another engine was first."""
    clock = next(iter(_clocks_taken(item.clock_id)), None)
    if clock is None or clock.state != "running" or clock.step != item.step:
        return False
    if clock.next_at is None or clock.next_at > now:
        return False
    return _change(clock, step=item.step + 1, next_at=_next_at(clock, item.step + 1, ledger_of(clock), calendar))


@prepared
def _clocks_taken(clock_id: UUID) -> QuerySet[Clock]:
    # Locked where the database can; on SQLite there is one writer at a time, and the change compares again.
    return Clock.objects.select_for_update(skip_locked=True).filter(id=clock_id)

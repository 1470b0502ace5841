"""The arithmetic of clocks: deadlines recomputed from the ledger. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangge.ground.kernel.calendars import Unit, WorkCalendar

Interval = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Allowance:
    """So much time, as a unit counts it: seconds of natural or of worked time."""

    seconds: int
    unit: Unit

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.seconds)


def spent(ledger: Sequence[Interval], now: datetime, unit: Unit, calendar: WorkCalendar) -> timedelta:
    """The time that counted so far: the running intervals, up to `now`."""
    return sum((calendar.elapsed(start, min(end or now, now), unit) for start, end in ledger), timedelta())


def reaches(ledger: Sequence[Interval], share: float, allowance: Allowance, calendar: WorkCalendar) -> datetime | None:
    """When the clock has used this share of its allowance: past or to come, None if paused before it.

    share 0.5 is the reminder, 1.0 the deadline, 2.0 twice the time.
    """
    left = allowance.length * share
    for start, end in ledger:
        if end is None:
            return calendar.add(start, left, allowance.unit)
        used = calendar.elapsed(start, end, allowance.unit)
        if used >= left:
            return calendar.add(start, left, allowance.unit)
        left -= used
    return None


def share_of(step: int) -> float:
    """The share of the allowance at which a step falls due: 0 at half, n at n times."""
    return 0.5 if step == 0 else float(step)


def paused(ledger: Sequence[Interval], now: datetime) -> list[Interval]:
    """The ledger with its open interval closed; an interval of no length is dropped."""
    closed = [(start, end if end is not None else max(start, now)) for start, end in ledger]
    return [(start, end) for start, end in closed if end > start]


def resumed(ledger: Sequence[Interval], now: datetime) -> list[Interval]:
    """The ledger with a new open interval from now on, never before the last one's end."""
    last = ledger[-1][1] if ledger else None
    return [*ledger, (max(now, last) if last is not None else now, None)]

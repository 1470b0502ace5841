"""What comes back every week: the times at which something fixed lies in a period. Instants in, instants out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from wangge.ground.kernel.clock import LOCAL, local

DAY = timedelta(days=1)


class Weekly(NamedTuple):
    """Something on some weekdays, Monday 0, at a local time, for so many minutes; between two days, both included."""

    days: Collection[int]
    start: time
    minutes: int
    first_on: date
    last_on: date | None


def times_of(weekly: Weekly, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when to when it is, each time that reaches into a period."""
    day = max(weekly.first_on, local(since).date() - DAY)
    end = local(until).date()
    last = min(weekly.last_on, end) if weekly.last_on else end
    while day <= last:
        if day.weekday() in weekly.days:
            first = datetime.combine(day, weekly.start, LOCAL)
            over = first + timedelta(minutes=weekly.minutes)
            if first < until and since < over:
                yield first, over
        day += DAY


def at_night(since: datetime, until: datetime) -> bool:
    """Whether a stretch of work lies over two in the morning, local time."""
    two = datetime.combine(local(since).date(), time(2), LOCAL)
    return any(since <= moment < until for moment in (two, two + DAY))

"""Time as offices count it: natural minutes, working hours 工作时, working days 工作日.

Working days follow the official calendar with its swapped days 调休 and the 2020 extension of the
Spring Festival holiday (from chinesecalendar), a pack's overrides, and a local table above both.
A year the official calendar does not know falls back to Monday to Friday.
Unit practice after GB/T 30428.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

import chinese_calendar

from wangge.ground.kernel.clock import LOCAL

Unit = Literal["minutes", "hours", "days", "working_hours", "working_days"]
NATURAL: dict[str, timedelta] = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
OFFICE_HOURS = ((time(8, 30), time(12, 0)), (time(14, 0), time(17, 30)))


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are worked, and in which spans of the day (local time)."""

    overrides: Mapping[date, bool] = field(default_factory=dict)
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def is_workday(self, day: date) -> bool:
        """Whether offices work on this day."""
        if day in self.overrides:
            return self.overrides[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The worked spans of a day as instants; empty on a day off."""
        if not self.is_workday(day):
            return []
        return [(datetime.combine(day, start, LOCAL), datetime.combine(day, end, LOCAL)) for start, end in self.hours]

    @property
    def day_length(self) -> timedelta:
        """The worked time of one working day."""
        day = date(2000, 1, 1)
        return sum(
            (datetime.combine(day, end) - datetime.combine(day, start) for start, end in self.hours), timedelta()
        )

    def length(self, amount: int, unit: Unit) -> timedelta:
        """How much time, natural or worked, an allowance of so many units is."""
        if unit in NATURAL:
            return amount * NATURAL[unit]
        return amount * (timedelta(hours=1) if unit == "working_hours" else self.day_length)

    def elapsed(self, start: datetime, end: datetime, unit: Unit) -> timedelta:
        """Time from start to end as the unit counts it; zero where end is not after start."""
        if end <= start:
            return timedelta()
        if unit in NATURAL:
            return end - start
        total, day = timedelta(), start.astimezone(LOCAL).date()
        last = end.astimezone(LOCAL).date()
        while day <= last:
            for opens, closes in self.spans(day):
                total += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return total

    def add(self, start: datetime, duration: timedelta, unit: Unit) -> datetime:
        """The instant by which so much time has passed since start, as the unit counts it."""
        if unit in NATURAL:
            return start + duration
        left, day = duration, start.astimezone(LOCAL).date()
        if left <= timedelta():
            return start
        while True:
            for opens, closes in self.spans(day):
                begins = max(opens, start)
                if closes > begins:
                    if closes - begins >= left:
                        return (begins + left).astimezone(start.tzinfo)
                    left -= closes - begins
            day += timedelta(days=1)

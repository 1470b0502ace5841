"""Days of the lunar calendar 农历 as days of the ordinary one."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from lunar_python import LunarYear, Solar

LAST_MONTH = 12


@lru_cache(maxsize=64)
def _months(year: int) -> dict[int, tuple[date, int]]:
    """The months of a lunar year: the first day of each and how many it has; leap months left out."""
    found = {}
    for month in LunarYear.fromYear(year).getMonths():
        if month.getYear() == year and month.getMonth() > 0:
            first = Solar.fromJulianDay(month.getFirstJulianDay())
            found[month.getMonth()] = (date(first.getYear(), first.getMonth(), first.getDay()), month.getDayCount())
    return found


def lunar_month(day: date) -> tuple[int, int]:
    """The lunar year and month of a day; in a leap month 闰月 the month that it repeats."""
    begun = [(first, year, month) for year in (day.year - 1, day.year) for month, (first, _) in _months(year).items()]
    _, year, month = max(one for one in begun if one[0] <= day)
    return year, month


def from_lunar(year: int, month: int, day: int) -> date | None:
    """The day of a lunar date; None where that month has no such day."""
    first, days = _months(year).get(month, (date.min, 0))
    return first + timedelta(days=day - 1) if 1 <= day <= days else None


def new_years_eve(year: int) -> date | None:
    """除夕, the last day of a lunar year: the 30th of its last month, or the 29th."""
    return from_lunar(year, LAST_MONTH, 30) or from_lunar(year, LAST_MONTH, 29)

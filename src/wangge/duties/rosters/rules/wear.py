"""What somebody's work of a week takes out of them 疲劳, against the rules: pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from wangge.duties.rosters.rules.problem import Limits
from wangge.duties.rosters.rules.recurring import at_night
from wangge.ground.kernel.clock import local

BACK = timedelta(days=35)  # so far before a week days in a row are looked for
NEAR = 0.9  # from such a share of the hours of a week on they are marked


class Wear(NamedTuple):
    """A week of somebody: minutes, nights, the shortest rest before one of its duties, and the most days in a row.

    `rest` is in minutes, negative where two overlap, None where there is nothing before. `over` says which rules
    that breaks: "rest", "hours", "nights", "days".
    """

    minutes: int
    nights: int
    rest: int | None
    days: int
    over: tuple[str, ...]
    near: bool


def wear(works: Iterable[tuple[datetime, datetime]], monday: date, limits: Limits, days_in_row: int) -> Wear:
    """The week from a Monday on; `works` from `BACK` before it on, each from when to when."""
    ordered = sorted(works)
    end = monday + timedelta(days=7)
    here = [(since, until) for since, until in ordered if monday <= local(since).date() < end]
    minutes = sum(_minutes(until - since) for since, until in here)
    nights = sum(at_night(since, until) for since, until in here)
    rest, row = _rest(ordered, here), _row(ordered, monday)
    over = {
        "rest": rest is not None and rest < limits.rest,
        "hours": minutes > limits.week,
        "nights": nights > limits.week_nights,
        "days": row > days_in_row,
    }
    near = minutes >= NEAR * limits.week
    return Wear(minutes, nights, rest, row, tuple(rule for rule, broken in over.items() if broken), near)


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)


def _rest(ordered: Sequence[tuple[datetime, datetime]], here: Sequence[tuple[datetime, datetime]]) -> int | None:
    gaps, wanted, latest = [], set(here), None
    for since, until in ordered:
        if latest is not None and (since, until) in wanted:
            gaps.append(_minutes(since - latest))
        latest = until if latest is None else max(latest, until)
    return min(gaps, default=None)


def _row(ordered: Sequence[tuple[datetime, datetime]], monday: date) -> int:
    """The most days in a row with a duty that begins, counted up to each day of the week."""
    worked = {local(since).date() for since, _ in ordered}
    longest = 0
    for number in range(7):
        day, length = monday + timedelta(days=number), 0
        while day in worked:
            length, day = length + 1, day - timedelta(days=1)
        longest = max(longest, length)
    return longest

"""Reading the local calendar and clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from wangge.ground.kernel.bulk import Question, ask, select_rows
from wangge.ground.kernel.calendars import WorkCalendar
from wangge.spine.clocks.models import CalendarDay, Clock

LOCAL_DAYS = Question(CalendarDay, ("on", "working"))


def calendar_with(overrides: Mapping[date, bool], local: Iterable[tuple[Any, ...]] | None = None) -> WorkCalendar:
    """The calendar to count with: the official one, the pack's overrides, the local table above both.

    `local` is the answer to LOCAL_DAYS, where the caller has asked already.
    """
    days = ask(LOCAL_DAYS)[0] if local is None else local
    known = {date.fromisoformat(on) if isinstance(on, str) else on: bool(working) for on, working in days}
    return WorkCalendar({**overrides, **known})


def any_due(now: datetime) -> bool:
    """Whether any clock has a step to be taken; asked far more often than it is so."""
    return bool(select_rows(Clock, ("id",), "state = 'running' AND next_at <= %s LIMIT 1", (now,)))

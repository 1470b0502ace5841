"""Reading the local calendar and clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from wangge.ground.kernel.calendars import WorkCalendar
from wangge.spine.clocks.models import CalendarDay, Clock


def calendar_with(overrides: Mapping[date, bool]) -> WorkCalendar:
    """The calendar to count with: the official one, the pack's overrides, the local table above both."""
    local = dict(CalendarDay.objects.values_list("on", "working"))
    return WorkCalendar({**overrides, **local})


def clocks_of(subject_id: UUID) -> list[Clock]:
    """Every clock a subject ever had, the oldest first."""
    return list(Clock.objects.filter(subject_id=subject_id).order_by("started_at", "id"))

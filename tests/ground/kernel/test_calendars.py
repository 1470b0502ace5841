"""Time as offices count it: sums agree, and the winter of 2020 is counted as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.ground.kernel.calendars import Unit, WorkCalendar
from wangge.ground.kernel.clock import LOCAL

UNITS: tuple[Unit, ...] = ("minutes", "hours", "days", "working_hours", "working_days")
units = st.sampled_from(UNITS)
FIRST, LAST = datetime(2019, 11, 1, tzinfo=UTC), datetime(2020, 12, 1, tzinfo=UTC)
instants = st.builds(
    lambda after, zone: (FIRST + after).astimezone(zone),
    st.timedeltas(timedelta(), LAST - FIRST),
    st.sampled_from([UTC, LOCAL]),
)
durations = st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=300))
overrides = st.dictionaries(st.dates(date(2019, 11, 1), date(2021, 1, 31)), st.booleans(), max_size=40)
calendars = st.builds(WorkCalendar, overrides)


@given(calendars, instants, durations, units)
def test_as_much_time_passes_as_was_added(
    calendar: WorkCalendar, start: datetime, duration: timedelta, unit: Unit
) -> None:
    assert calendar.elapsed(start, calendar.add(start, duration, unit), unit) == duration


@given(calendars, instants, durations, durations, units)
def test_adding_twice_is_adding_the_sum(
    calendar: WorkCalendar, start: datetime, one: timedelta, two: timedelta, unit: Unit
) -> None:
    assert calendar.add(calendar.add(start, one, unit), two, unit) == calendar.add(start, one + two, unit)


@given(calendars, st.lists(instants, min_size=3, max_size=3).map(sorted), units)
def test_time_spent_in_two_parts_is_the_time_spent(calendar: WorkCalendar, three: list[datetime], unit: Unit) -> None:
    first, middle, last = three
    whole = calendar.elapsed(first, last, unit)
    assert calendar.elapsed(first, middle, unit) + calendar.elapsed(middle, last, unit) == whole
    assert timedelta() <= whole <= last - first


@given(calendars, instants, durations, units)
def test_a_deadline_is_the_first_instant_by_which_the_time_has_passed(
    calendar: WorkCalendar, start: datetime, duration: timedelta, unit: Unit
) -> None:
    deadline = calendar.add(start, duration, unit)
    if deadline > start:
        assert calendar.elapsed(start, deadline - timedelta(microseconds=1), unit) < duration


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2020, 1, 17), True),
        (date(2020, 1, 19), True),  # a Sunday worked in exchange 调休
        (date(2020, 1, 23), True),
        (date(2020, 1, 24), False),
        (date(2020, 1, 31), False),  # the holiday was prolonged to 2 February
        (date(2020, 2, 1), False),  # a Saturday that was to be worked, until the holiday was prolonged
        (date(2020, 2, 2), False),
        (date(2020, 2, 3), True),
        (date(2020, 2, 8), False),
    ],
)
def test_the_spring_festival_of_2020(day: date, working: bool) -> None:
    assert WorkCalendar().is_workday(day) is working


def test_four_working_hours_over_the_prolonged_holiday() -> None:
    eve = datetime(2020, 1, 23, 16, 30, tzinfo=LOCAL)
    assert WorkCalendar().add(eve, timedelta(hours=4), "working_hours") == datetime(2020, 2, 3, 11, 30, tzinfo=LOCAL)


def test_a_working_day_is_seven_hours_of_the_office() -> None:
    calendar = WorkCalendar()
    assert calendar.length(2, "working_days") == timedelta(hours=14)
    assert calendar.length(3, "working_hours") == timedelta(hours=3)
    assert calendar.length(3, "days") == timedelta(days=3)
    morning = datetime(2020, 2, 4, 8, 30, tzinfo=LOCAL)
    assert calendar.add(morning, calendar.length(2, "working_days"), "working_days") == datetime(
        2020, 2, 5, 17, 30, tzinfo=LOCAL
    )


def test_a_year_the_official_calendar_does_not_know_falls_back_to_the_week() -> None:
    week = [WorkCalendar().is_workday(date(2093, 6, 1) + timedelta(days=n)) for n in range(7)]
    assert week == [(date(2093, 6, 1) + timedelta(days=n)).weekday() < 5 for n in range(7)]


def test_an_override_stands_above_the_official_calendar() -> None:
    assert WorkCalendar({date(2020, 2, 1): True}).is_workday(date(2020, 2, 1))
    assert not WorkCalendar({date(2020, 2, 3): False}).is_workday(date(2020, 2, 3))
    assert not WorkCalendar({date(2093, 6, 1): False}).is_workday(date(2093, 6, 1))


def test_nothing_passes_backwards() -> None:
    late, early = datetime(2020, 2, 4, 12, tzinfo=UTC), datetime(2020, 2, 4, 2, tzinfo=UTC)
    assert all(WorkCalendar().elapsed(late, early, unit) == timedelta() for unit in UNITS)

"""Engines and people reach for the same clock at once: each step is taken once, and no pause or stop is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from wangge.ground.kernel.calendars import WorkCalendar
from wangge.ground.kernel.ids import new_id
from wangge.spine.clocks import services
from wangge.spine.clocks.models import CalendarDay, Clock
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.rules import Allowance
from wangge.spine.clocks.services import Due, Start

WHAT = "matter.triage"
CALENDAR = WorkCalendar()


def started(now: datetime, *, minutes: int = 30, last_step: int = 3) -> UUID:
    subject = new_id()
    with transaction.atomic():
        services.start(Start(subject, WHAT, Allowance(minutes * 60, "minutes"), last_step), now=now, calendar=CALENDAR)
    return subject


def claim(due: Due, now: datetime) -> bool:
    with transaction.atomic():
        return services.claim(due, now=now, calendar=CALENDAR)


def closing(work: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return work(*arguments)
    finally:
        connection.close()


@pytest.fixture
def on_postgres(transactional_db: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("several writers at once exist on PostgreSQL only")


@pytest.mark.django_db(transaction=True)
def test_engines_at_once_take_a_step_once(on_postgres: None, now: datetime) -> None:
    for _ in range(20):
        started(now)
    later = now + timedelta(minutes=15)
    ready = threading.Barrier(4)
    taken: list[UUID] = []

    def engine() -> None:
        items = services.due(later, 100)
        ready.wait()
        taken.extend(due.clock_id for due in items if claim(due, later))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(closing, engine) for _ in range(4)]:
            done.result()
    assert len(taken) == len(set(taken)) == 20
    assert services.due(later, 100) == []


def held(change: Callable[[], Any], meanwhile: Callable[[], Any]) -> tuple[Any, Future[Any]]:
    """Make a change, let another begin before it is committed, then commit; what both came to."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = change()
            second = pool.submit(closing, meanwhile)
            # The other either waits for our commit or goes on without; it gets the time to do one of them.
            threading.Event().wait(0.4)
        second.result(20)
    return first, second


@pytest.mark.django_db(transaction=True)
def test_a_stop_that_meets_a_step_being_taken_knows_of_it(on_postgres: None, now: datetime) -> None:
    subject = started(now)
    later = now + timedelta(minutes=31)
    assert claim(services.due(later, 1)[0], later)
    [due] = services.due(later, 1)
    claimed, stopping = held(
        lambda: services.claim(due, now=later, calendar=CALENDAR), lambda: services.stop(subject, WHAT, now=later)
    )
    stopped = stopping.result()
    assert claimed
    assert stopped.overdue_told and not stopped.in_time
    assert Clock.objects.get().state == "stopped"
    assert services.due(later + timedelta(days=1), 10) == []


@pytest.mark.django_db(transaction=True)
def test_a_step_that_meets_a_stop_is_left(on_postgres: None, now: datetime) -> None:
    subject = started(now)
    later = now + timedelta(minutes=16)
    [due] = services.due(later, 1)
    stopped, claiming = held(lambda: services.stop(subject, WHAT, now=later), lambda: claim(due, later))
    assert stopped.in_time
    assert claiming.result() is False
    assert (Clock.objects.get().step, Clock.objects.get().state) == (0, "stopped")


@pytest.mark.django_db(transaction=True)
def test_a_pause_that_meets_a_step_being_taken_still_pauses(on_postgres: None, now: datetime) -> None:
    subject = started(now)
    later = now + timedelta(minutes=16)
    [due] = services.due(later, 1)
    _, pausing = held(
        lambda: services.claim(due, now=later, calendar=CALENDAR),
        lambda: services.pause(subject, WHAT, until=None, now=later),
    )
    assert pausing.result() is True
    clock = Clock.objects.get()
    assert (clock.state, clock.step, clock.due_at, clock.next_at) == ("paused", 1, None, None)


@pytest.mark.django_db(transaction=True)
def test_two_clocks_of_one_thing_do_not_run_at_once(now: datetime) -> None:
    subject = started(now)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.start(Start(subject, WHAT, Allowance(60, "minutes"), 1), now=now, calendar=CALENDAR)
    services.stop(subject, WHAT, now=now)
    services.start(Start(subject, WHAT, Allowance(60, "minutes"), 1), now=now, calendar=CALENDAR)
    assert Clock.objects.filter(subject_id=subject).latest("started_at", "id").due_at == now + timedelta(minutes=1)


@pytest.mark.django_db
def test_steps_fall_due_at_half_the_time_at_its_end_and_at_each_further_length(now: datetime) -> None:
    started(now, minutes=30, last_step=3)
    found = []
    for minute in range(0, 181):
        instant = now + timedelta(minutes=minute)
        for due in services.due(instant, 10):
            assert claim(due, instant)
            found.append((minute, due.step))
    assert found == [(15, 0), (30, 1), (60, 2), (90, 3)]


@pytest.mark.django_db
def test_an_engine_that_slept_takes_every_missed_step_in_order(now: datetime) -> None:
    started(now, minutes=30, last_step=2)
    late = now + timedelta(days=1)
    steps = []
    while items := services.due(late, 10):
        steps.append(items[0].step)
        assert claim(items[0], late)
    assert steps == [0, 1, 2]


@pytest.mark.django_db
def test_a_step_is_not_taken_before_its_time(now: datetime) -> None:
    started(now)
    later = now + timedelta(minutes=15)
    [due] = services.due(later, 1)
    assert services.due(later - timedelta(microseconds=1), 1) == []
    assert not claim(due, later - timedelta(seconds=1))  # a server whose clock was set back
    assert claim(due, later)


@pytest.mark.django_db
def test_at_the_deadline_is_in_time_and_after_it_is_late(now: datetime) -> None:
    due_at = now + timedelta(minutes=30)
    for instant, in_time in ((due_at, True), (due_at + timedelta(microseconds=1), False)):
        stopped = services.stop(started(now), WHAT, now=instant)
        assert stopped is not None
        assert (stopped.in_time, stopped.due_at) == (in_time, due_at)


@pytest.mark.django_db
def test_a_clock_paused_when_it_was_late_stays_late(now: datetime) -> None:
    for minutes, in_time in ((29, True), (30, True), (31, False)):
        subject = started(now)
        services.pause(subject, WHAT, until=None, now=now + timedelta(minutes=minutes))
        stopped = services.stop(subject, WHAT, now=now + timedelta(days=2))
        assert stopped is not None
        assert stopped.in_time is in_time


@pytest.mark.django_db
def test_a_pause_ends_by_itself_when_its_time_comes(now: datetime) -> None:
    subject, other = started(now), started(now)
    until = now + timedelta(hours=5)
    services.pause(subject, WHAT, until=until, now=now + timedelta(minutes=10))
    services.pause(other, WHAT, until=None, now=now + timedelta(minutes=10))
    assert services.due(now + timedelta(hours=4), 10) == []
    assert services.pauses_over(until - timedelta(microseconds=1), 10) == []
    assert services.pauses_over(until, 10) == [(subject, WHAT)]
    assert services.resume(subject, WHAT, now=until, calendar=CALENDAR) == until + timedelta(minutes=20)
    assert services.pauses_over(until, 10) == []


@pytest.mark.django_db
def test_the_local_table_stands_above_the_pack_and_the_pack_above_the_official_calendar(now: datetime) -> None:
    sunday, monday, tuesday = (date(2020, 2, day) for day in (2, 3, 4))
    CalendarDay.objects.create(on=sunday, working=True, note="防疫期间照常上班")
    CalendarDay.objects.create(on=tuesday, working=True)
    calendar = calendar_with({monday: False, tuesday: False})
    assert [calendar.is_workday(day) for day in (sunday, monday, tuesday)] == [True, False, True]
    assert WorkCalendar().is_workday(monday)

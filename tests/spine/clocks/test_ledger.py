"""Whatever is done to a clock, its deadline is what its ledger says, and each step is taken once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from wangge.ground.kernel.calendars import Unit, WorkCalendar
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.ids import new_id
from wangge.spine.clocks import rules, services
from wangge.spine.clocks.models import Clock
from wangge.spine.clocks.rules import Allowance, Interval
from wangge.spine.clocks.services import Start

FIRST = datetime(2020, 1, 17, 6, tzinfo=UTC)
units = st.sampled_from(["minutes", "hours", "days", "working_hours", "working_days"])
waits = st.one_of(
    st.timedeltas(timedelta(), timedelta(minutes=40)),
    st.timedeltas(timedelta(), timedelta(days=5)),
    st.just(timedelta()),
)
calendars = st.builds(WorkCalendar, st.dictionaries(st.dates(date(2020, 1, 17), date(2020, 4, 1)), st.booleans()))


def running_time(ledger: list[Interval], now: datetime, unit: Unit, calendar: WorkCalendar) -> timedelta:
    """Counted anew from what was done to the clock, without the rules under test."""
    total = timedelta()
    for start, end in ledger:
        total += calendar.elapsed(start, min(end or now, now), unit)
    return total


class ClockLife(RuleBasedStateMachine):
    """One clock at rising instants: `ledger` is what was done to it, `taken` the steps that were claimed."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.subject = FIRST, new_id()
        self.ledger: list[Interval] = []
        self.state, self.taken, self.stopped_due = "", 0, None

    @initialize(calendar=calendars, unit=units, seconds=st.integers(1, 3 * 86400), last_step=st.integers(0, 4))
    def start(self, calendar: WorkCalendar, unit: Unit, seconds: int, last_step: int) -> None:
        self.calendar, self.allowance, self.last_step = calendar, Allowance(seconds, unit), last_step
        services.start(Start(self.subject, "matter.triage", self.allowance, last_step), now=self.now, calendar=calendar)
        self.ledger, self.state = [(self.now, None)], "running"

    @property
    def clock(self) -> Clock:
        return Clock.objects.get(subject_id=self.subject)

    def spent(self, at: datetime) -> timedelta:
        return running_time(self.ledger, at, self.allowance.unit, self.calendar)

    @rule(wait=waits)
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait

    @precondition(lambda self: self.state != "stopped")
    @rule(wait=waits)
    def pause(self, wait: timedelta) -> None:
        self.now += wait
        assert services.pause(self.subject, "matter.triage", until=None, now=self.now)
        if self.state == "running":
            self.ledger[-1] = (self.ledger[-1][0], self.now)
        self.state = "paused"

    @rule(wait=waits)
    def resume(self, wait: timedelta) -> None:
        self.now += wait
        due_at = services.resume(self.subject, "matter.triage", now=self.now, calendar=self.calendar)
        assert (due_at is not None) == (self.state == "paused")
        if self.state == "paused":
            self.ledger.append((self.now, None))
            self.state = "running"

    @rule(wait=waits)
    def take_steps(self, wait: timedelta) -> None:
        self.now += wait
        before, used = self.taken, self.spent(self.now)
        while mine := [due for due in services.due(self.now, 100) if due.subject_id == self.subject]:
            assert mine[0].step == self.taken
            assert services.claim(mine[0], now=self.now, calendar=self.calendar)
            assert not services.claim(mine[0], now=self.now, calendar=self.calendar)
            self.taken += 1
        if self.state == "running":
            steps = range(self.last_step + 1)
            assert self.taken == sum(used >= self.allowance.length * rules.share_of(step) for step in steps)
        else:
            assert self.taken == before

    @precondition(lambda self: self.state in {"running", "paused"})
    @rule(wait=waits)
    def stop(self, wait: timedelta) -> None:
        self.now += wait
        stopped = services.stop(self.subject, "matter.triage", now=self.now, calendar=self.calendar)
        assert stopped is not None
        assert stopped.in_time == (self.spent(self.now) <= self.allowance.length)
        assert stopped.overdue_told == (self.taken >= 2)
        if self.state == "running":
            self.ledger[-1] = (self.ledger[-1][0], self.now)
        self.state = "stopped"
        assert services.stop(self.subject, "matter.triage", now=self.now) is None
        assert not services.pause(self.subject, "matter.triage", until=None, now=self.now)

    @invariant()
    def the_deadline_is_what_the_ledger_says(self) -> None:
        if not self.state:
            return
        clock = self.clock
        assert clock.state == self.state
        kept = services.ledger_of(clock)
        assert running_time(kept, self.now, self.allowance.unit, self.calendar) == self.spent(self.now)
        if self.state == "paused":
            assert clock.due_at is None and clock.next_at is None
        if self.state == "running":
            assert clock.due_at is not None
            assert clock.due_at == rules.reaches(kept, 1.0, self.allowance, self.calendar)
            assert self.spent(clock.due_at) == self.allowance.length
            assert self.spent(clock.due_at - timedelta(microseconds=1)) < self.allowance.length


@pytest.mark.django_db
def test_any_life_of_a_clock_keeps_deadline_and_ledger_together() -> None:
    run_state_machine_as_test(
        ClockLife,
        settings=settings(
            max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def test_a_pause_over_the_holiday_costs_no_working_time() -> None:
    ledger: list[Interval] = [(at("2020-01-23 16:30"), at("2020-01-23 17:00")), (at("2020-02-03 09:00"), None)]
    two_hours = Allowance(7200, "working_hours")
    assert rules.reaches(ledger, 1.0, two_hours, WorkCalendar()) == at("2020-02-03 10:30")
    assert rules.reaches(ledger, 0.5, two_hours, WorkCalendar()) == at("2020-02-03 09:30")
    assert rules.reaches(ledger[:1], 1.0, two_hours, WorkCalendar()) is None
    assert rules.reaches(ledger[:1], 0.25, two_hours, WorkCalendar()) == at("2020-01-23 17:00")
    assert rules.spent(ledger, at("2020-02-03 10:00"), "working_hours", WorkCalendar()) == timedelta(hours=1.5)


def test_a_phone_or_server_clock_set_back_never_makes_an_interval_negative() -> None:
    ledger: list[Interval] = [(at("2020-02-03 09:00"), None)]
    assert rules.paused(ledger, at("2020-02-03 08:00")) == []
    assert rules.resumed([], at("2020-02-03 08:00")) == [(at("2020-02-03 08:00"), None)]
    closed: list[Interval] = [(at("2020-02-03 09:00"), at("2020-02-03 10:00"))]
    assert rules.resumed(closed, at("2020-02-03 09:30"))[-1] == (at("2020-02-03 10:00"), None)

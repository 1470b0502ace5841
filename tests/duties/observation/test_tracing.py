"""The tracing board: what each number counts, of what, and what never counts."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.duties.observation.clinics import care_make
from wangge.duties.observation import rules
from wangge.duties.observation.models import Contact, Individual, Plan
from wangge.duties.observation.queries.tracing import Share, tracing_board
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import NotPermitted

DAY = timedelta(days=1)


@pytest.fixture
def care(city, now):
    return care_make(city, now)


def individual(care, role="close_contact", **said):
    number = f"R{new_id().hex[-12:]}"
    said.setdefault("identified_at", care.now)
    said.setdefault("area_id", care.city.area("441302001001"))
    return Individual.objects.create(response_id=care.city.response_id, number=number, role=role, **said)


def plan(one, **said):
    return Plan.objects.create(
        individual=one, area_id=one.area_id, setting="home", protocol="v3", exposure_on=date(2020, 2, 1),
        started_at=one.identified_at, ends_on=date(2020, 2, 15), slots=["10:00"], fever_tenths=373, state="ended",
        outcome="released", ended_at=one.identified_at + DAY, exercise=one.exercise, **said,
    )  # fmt: skip


def board(care, who="hana", area="441302001", days=10):
    return tracing_board(
        actor=care.actor(who), response_id=care.city.response_id, area_id=care.city.area(area),
        since=care.now - DAY, until=care.now + timedelta(days=days), now=care.now + timedelta(days=9),
    )  # fmt: skip


def test_each_number_stands_beside_what_it_is_of(care, django_assert_num_queries):
    now = care.now
    individual(care, notified_at=now + DAY, quarantined_at=now + DAY + timedelta(seconds=1))
    individual(care, notified_at=now + DAY + timedelta(seconds=1), isolated_at=now + timedelta(hours=2))
    individual(care, identified_at=now + timedelta(days=8, hours=1))  # its 24 hours have not run out
    individual(care, exercise=True, notified_at=now)
    individual(care, state="withdrawn", notified_at=now)
    individual(care, area_id=care.city.area("441323001001"), notified_at=now)
    plan(individual(care), made=28)
    plan(individual(care), made=26, missed=2)
    plan(individual(care), made=0)
    plan(individual(care, exercise=True), made=28)
    with django_assert_num_queries(3 + 2):  # two for who hana is
        found = board(care)
    assert found.notified == Share(1, 5) and found.notified.percent == 20.0
    assert found.quarantined == Share(1, 5)
    assert found.monitored == Share(1, 2) and found.monitored.percent == 50.0
    assert found.in_quarantine == Share(0, 0) and found.in_quarantine.percent is None


def test_a_day_is_over_to_the_microsecond(care):
    exact, late = care.now + timedelta(microseconds=300), timedelta(microseconds=1)
    for since, told in ((exact, exact + DAY), (exact, exact + DAY + late), (care.now, care.now + DAY)):
        individual(care, identified_at=since, notified_at=told, isolated_at=told)
    found = board(care)
    assert (found.notified, found.quarantined) == (Share(2, 3), Share(2, 3))


def test_cases_by_onset_quarantine_and_source(care):
    now = care.now
    cases = [
        individual(
            care, "confirmed", confirmed_at=now, isolated_at=now, onset_on=date(2020, 2, 3) - timedelta(days=days),
            quarantined_when_confirmed=days < 3, origin="湖北武汉" if days == 1 else "",
        )
        for days in (1, 2, 4, 7)
    ]  # fmt: skip
    individual(care, "confirmed", confirmed_at=now)  # nobody knows when it began
    Contact.objects.create(case=cases[0], exposed=cases[1], setting="meal", infector=True, listed_at=now)
    Contact.objects.create(case=cases[0], exposed=cases[2], setting="meal", listed_at=now)
    found = board(care)
    assert (found.delay.quartiles, found.delay.known, found.delay.whole) == ((1.75, 3.0, 4.75), 4, 5)
    assert found.in_quarantine == Share(2, 5)
    assert found.unknown_source == Share(3, 5)


def test_only_for_those_who_may_see_people_there(care):
    for who in ("olga", "omar", "cleo", "adam", "paul"):
        with pytest.raises(NotPermitted):
            board(care, who)
    with pytest.raises(NotPermitted):
        board(care, "alice")  # her village is no town
    assert board(care, "alice", "441302001001").notified.whole == 0


@given(st.lists(st.integers(-30, 60), min_size=2, max_size=60))
def test_quartiles_are_those_of_excel(days):
    lower, median, upper = rules.quartiles(Counter(days))
    assert [lower, median, upper] == pytest.approx(statistics.quantiles(days, n=4, method="inclusive"))
    assert min(days) <= lower <= median <= upper <= max(days)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_lies_between_nothing_and_all(part, more):
    share = rules.percent(part, part + more)
    assert (share is None) == (part + more == 0) and (share is None or 0 <= share <= 100)


def test_no_days_have_no_quartiles_and_one_day_is_all_of_them():
    assert rules.quartiles({}) is None
    assert rules.quartiles({3: 1}) == (3, 3, 3)

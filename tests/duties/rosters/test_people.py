"""The people of a unit: skills, households across units, leave taken back, and what they do every week anyway."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.conftest import OPERATOR, START, City
from tests.duties.rosters.test_services import DAY, HOUR, MONDAY, make, publish, seat_of
from wangge.duties.rosters.models import FixedDuty, Leave, Member, RosterSeat
from wangge.duties.rosters.queries.making import case_of, plan_for
from wangge.duties.rosters.queries.staff import unit_people, work_ahead
from wangge.duties.rosters.queries.wearing import wear_of
from wangge.duties.rosters.queries.working import works_between
from wangge.duties.rosters.rules.broken import broken
from wangge.duties.rosters.rules.problem import Limits
from wangge.duties.rosters.rules.recurring import Weekly, at_night, times_of
from wangge.duties.rosters.rules.wear import wear
from wangge.duties.rosters.services import fixing, leaving, people
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.duty import Duty, duties_replace
from wangge.ground.accounts.models import Holding
from wangge.ground.journal.models import Event
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import FixedDutyChanged, InputInvalid, NotFound, NotPermitted

TOWN = "441302001"
CLINIC = fixing.FixedDraft("clinic", (1,), time(9), 180, MONDAY)  # every Tuesday from nine to twelve


def of_town(city: City, who: str = "dan", **more: Any) -> dict[str, Any]:
    return {"actor": city.actor(who), "unit_id": city.area(TOWN), "now": START} | more


def fixed(city: City, person: str, draft: fixing.FixedDraft = CLINIC, who: str = "dan", **more: Any) -> FixedDuty:
    upon = of_town(city, who, response_id=city.response_id, person_id=city.people[person], draft=draft)
    return fixing.fixed_set(**upon | more)


def test_skills_of_several_at_once_are_added_and_taken_and_nobody_elses(city: City) -> None:
    both = [city.people["alice"], city.people["bob"]]
    upon = of_town(city, response_id=city.response_id, person_ids=both)
    assert people.skills_set(add=["driver", "dialect"], remove=[], **upon) == 2
    assert people.skills_set(add=["driver"], remove=["dialect"], **upon | {"person_ids": both[:1]}) == 1
    assert people.skills_set(add=["driver"], remove=[], **upon) == 0
    rows = {row.name: row.skills for row in unit_people(city.area(TOWN), plan_for(city.response_id), START)}
    assert (rows["Alice"], rows["Bob"]) == (("driver",), ("dialect", "driver"))
    with pytest.raises(InputInvalid):
        people.skills_set(add=["flying"], remove=[], **upon)
    for who in ("alice", "olga", "omar", "adam"):
        with pytest.raises(NotPermitted):
            people.skills_set(add=["driver"], remove=[], **upon | {"actor": city.actor(who)})
    with pytest.raises(NotFound):  # who serves in another unit is none of this one's
        people.skills_set(add=["driver"], remove=[], **upon | {"person_ids": [city.people["olga"]]})
    told = Event.objects.filter(type="roster.member_changed")
    assert told.count() == 3 and all(one.data == {"fields": ["skills"]} for one in told)


def test_officer_and_nurse_of_two_units_are_one_household_and_the_journal_does_not_say_whose(city: City) -> None:
    alice, olga, bob = (city.people[name] for name in ("alice", "olga", "bob"))
    people.skills_set(**of_town(city, response_id=city.response_id, person_ids=[alice], add=["nursing"], remove=[]))
    join = of_town(city, person_id=alice, partner_id=olga)
    people.household_join(**join)
    people.household_join(**join)
    told = [
        (one.subject_id, one.data) for one in Event.objects.filter(type="roster.member_changed").order_by("tx", "id")
    ]
    assert told == [(alice, {"fields": ["skills"]}), (alice, {"fields": ["household"]})]
    [row] = [row for row in unit_people(city.area(TOWN), plan_for(city.response_id), START) if row.name == "Alice"]
    assert [(one.name, one.area_id) for one in row.partners] == [("Olga", city.area("441323001001"))]
    assert row.skills == ("nursing",)
    for wrong in ({"person_id": olga, "partner_id": alice}, {"partner_id": alice}, {"partner_id": city.response_id}):
        with pytest.raises(NotFound):
            people.household_join(**join | wrong)
    people.household_join(**join | {"person_id": bob, "partner_id": alice})
    assert Member.objects.filter(household=Member.objects.get(person_id=alice).household).count() == 3
    people.household_part(**of_town(city, person_id=alice))
    assert Member.objects.get(person_id=alice).household is None
    assert Member.objects.get(person_id=olga).household == Member.objects.get(person_id=bob).household is not None
    with pytest.raises(NotPermitted):
        people.household_part(**of_town(city, "omar", person_id=bob))


def test_a_roster_takes_the_partners_published_duties_elsewhere_into_account(city: City) -> None:
    alice, olga = city.people["alice"], city.people["olga"]
    people.household_join(**of_town(city, person_id=alice, partner_id=olga))
    clinic = Holding.objects.get(person_id=olga).post_id
    work = [MONDAY + day * DAY for day in (0, 1, 2, 5, 6)]
    times = [datetime.combine(day, time(8), LOCAL) for day in work]
    duties_replace(
        actor=system_actor("test", "roster.publish"), post_ids=[clinic], since=START, until=START + 7 * DAY,
        duties=[Duty(clinic, olga, one, one + 12 * HOUR) for one in times], now=START - 2 * HOUR,
    )  # fmt: skip
    roster = make(city, now=START - 2 * HOUR)
    case = case_of(roster, START - 2 * HOUR)
    assert olga not in case.people and "Olga" not in case.names.values()
    [(worker, busy)] = case.problem.partners
    assert (case.people[worker], len(busy)) == (alice, 5)
    common = [day for day in (3, 4) if not RosterSeat.objects.filter(
        roster=roster, person_id=alice, since__date=MONDAY + day * DAY).exists()]  # fmt: skip
    assert common == [3, 4]  # the only days on which the nurse is off are free for the officer too


def test_what_somebody_does_every_week_is_entered_changed_ended_and_taken_back(city: City) -> None:
    duty = fixed(city, "alice")
    tuesday = datetime(2020, 2, 4, 9, tzinfo=LOCAL)
    assert [one.since for one, _ in work_ahead(city.people["alice"], START)] == [tuesday, tuesday + 7 * DAY]
    upon = of_town(city, response_id=city.response_id, duty_id=duty.id)
    duty = fixing.fixed_end(last_on=date(2020, 2, 4), version=duty.version, **upon)
    assert len(work_ahead(city.people["alice"], START)) == 1
    with pytest.raises(FixedDutyChanged):
        fixing.fixed_end(last_on=None, version=1, **upon)
    duty = fixing.fixed_end(last_on=None, version=duty.version, **upon)
    duty = fixing.fixed_drop(version=duty.version, **upon)
    assert work_ahead(city.people["alice"], START) == []
    duty = fixing.fixed_drop(version=duty.version, back=True, **upon)
    night = fixing.FixedDraft("post", (4,), time(20), 720, MONDAY, post_id=_unrostered(city))
    duty = fixed(city, "alice", night, duty_id=duty.id, version=duty.version)
    [one] = works_between([city.people["alice"]], START, START + 7 * DAY)
    assert at_night(one.since, one.until) and one.post_id == night.post_id
    with pytest.raises(FixedDutyChanged):
        fixed(city, "alice", CLINIC, duty_id=duty.id, version=1)
    assert [event.data["what"] for event in Event.objects.filter(type="roster.fixed_changed").order_by("tx", "id")] == [
        "entered", "ended", "continued", "dropped", "restored", "changed",
    ]  # fmt: skip
    with pytest.raises(NotFound):  # another's duty is not moved to somebody else
        fixed(city, "bob", CLINIC, duty_id=duty.id, version=duty.version)


def _unrostered(city: City) -> Any:
    return accounts.post_open(
        actor=OPERATOR,
        name="隔离点",
        role="village_cadre",
        area_id=city.area("441302001001"),
        agency_id=None,
        now=START,
    ).id


@pytest.mark.parametrize(
    ("field", "draft"),
    [
        ("kind", {"kind": "sleep"}), ("days", {"days": ()}), ("days", {"days": (7,)}), ("hours", {"minutes": 5}),
        ("hours", {"minutes": 1441}), ("first_on", {"first_on": date(2025, 1, 1)}),
        ("last_on", {"last_on": date(2020, 2, 2)}), ("last_on", {"last_on": date(2030, 2, 2)}),
    ],
)  # fmt: skip
def test_a_fixed_duty_that_cannot_be_is_refused_at_its_field(city: City, field: str, draft: dict[str, Any]) -> None:
    said = {"kind": "clinic", "days": (1,), "start": time(9), "minutes": 180, "first_on": MONDAY} | draft
    with pytest.raises(InputInvalid) as problem:
        fixed(city, "alice", fixing.FixedDraft(**said))
    assert problem.value.details["field"] == field


def test_fixed_duties_are_for_whoever_may_roster_and_of_posts_that_no_roster_fills(city: City) -> None:
    for who in ("alice", "olga", "omar", "adam"):
        with pytest.raises(NotPermitted):
            fixed(city, "alice", who=who)
    with pytest.raises(NotFound):
        fixed(city, "olga")
    rostered = Holding.objects.get(person_id=city.people["alice"]).post_id
    with pytest.raises(InputInvalid):
        fixed(city, "alice", fixing.FixedDraft("post", (1,), time(9), 180, MONDAY, post_id=rostered))


def test_a_roster_keeps_its_rules_with_the_fixed_duty_and_says_why_not(city: City) -> None:
    fixed(city, "alice", fixing.FixedDraft("clinic", range(7), time(18), 180, MONDAY))
    fixed(city, "dan", fixing.FixedDraft("post", (2,), time(20), 720, MONDAY))
    roster = make(city)
    case = case_of(roster, START)
    assert broken(case.problem, case.filled) == [] and city.people["alice"] not in {
        seat.person_id for seat in case.seats
    }
    dan = case.problem.workers[case.place_of[city.people["dan"]]]
    assert any(work.night and work.until - work.since == 720 for work in dan.other)


def test_leave_taken_back_returns_what_is_still_empty(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    alice = city.people["alice"] if RosterSeat.objects.filter(person_id=city.people["alice"]).exists() else None
    assert alice
    seat = seat_of(roster, alice)
    upon = of_town(city, person_id=alice)
    leave = leaving.leave_enter(since=START, until=START + 7 * DAY, sick=False, **upon)
    assert str(seat.id) in leave.freed
    with pytest.raises(NotPermitted):
        leaving.leave_withdraw(leave_id=leave.id, **of_town(city, "olga"))
    with pytest.raises(NotFound):
        leaving.leave_enter(since=START, until=START + DAY, sick=True, **upon | {"person_id": city.people["olga"]})
    assert leaving.leave_withdraw(leave_id=leave.id, **of_town(city)) >= 1
    assert not Leave.objects.exists() and RosterSeat.objects.get(id=seat.id).person_id == alice
    case = case_of(roster, START)
    assert broken(case.problem, case.filled) == []


def test_the_people_of_a_unit_are_read_in_a_fixed_number_of_questions(
    city: City, django_assert_num_queries: Any
) -> None:
    fixed(city, "alice")
    people.household_join(**of_town(city, person_id=city.people["alice"], partner_id=city.people["olga"]))
    plan = plan_for(city.response_id)
    with django_assert_num_queries(9):
        assert len(unit_people(city.area(TOWN), plan, START)) == 4
    for name in ("bob", "dan", "dora"):
        fixed(city, name)
    with django_assert_num_queries(9):
        unit_people(city.area(TOWN), plan, START)
    assert wear_of([], [], plan) == {}


@settings(max_examples=60)
@given(
    some.sets(some.integers(0, 6), min_size=1), some.times(), some.integers(15, 1440), some.integers(0, 20),
    some.none() | some.integers(0, 40), some.integers(-5, 45),
)  # fmt: skip
def test_weekly_times_lie_on_their_days_and_in_the_period(
    days: set[int], start: time, minutes: int, first: int, length: int | None, after: int
) -> None:
    first_on = MONDAY + timedelta(days=first)
    last_on = None if length is None else first_on + timedelta(days=length)
    since = START + timedelta(days=after)
    found = list(times_of(Weekly(days, start, minutes, first_on, last_on), since, since + timedelta(days=14)))
    wanted = [
        day
        for number in range(-10, 70)
        if (day := MONDAY + timedelta(days=number)).weekday() in days
        and first_on <= day <= (last_on or day)
        and (begin := datetime.combine(day, start, LOCAL)) < since + timedelta(days=14)
        and begin + timedelta(minutes=minutes) > since
    ]
    assert [one.astimezone(LOCAL).date() for one, _ in found] == wanted


def test_a_week_that_takes_too_much_says_which_rule_it_breaks() -> None:
    limits = Limits(week=40 * 60, week_nights=1)
    eight = [(datetime(2020, 1, 30, 8, tzinfo=LOCAL) + day * DAY) for day in range(8)]
    works = [(one, one + 8 * HOUR) for one in eight]
    week = wear(works, MONDAY, limits, 6)
    assert (week.minutes, week.nights, week.rest, week.days) == (4 * 480, 0, 16 * 60, 8)
    assert week.over == ("days",) and not week.near
    night = (eight[-1] + 12 * HOUR, eight[-1] + 24 * HOUR)
    tired = wear([*works, night, (night[0] + DAY, night[1] + DAY)], MONDAY, limits, 10)
    assert tired.over == ("rest", "hours", "nights") and tired.rest == 4 * 60
    assert wear([], MONDAY, limits, 6) == (0, 0, None, 0, (), False)

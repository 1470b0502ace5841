"""Plans: by the protocol in force, one at a time, with a bed where somebody stays in a room."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.duties.observation import rules
from wangge.duties.observation.models import Individual, Room
from wangge.duties.observation.models.plans import NEVER
from wangge.duties.observation.services import facilities, plans
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.problems import (
    FacilityOccupied,
    InputInvalid,
    NoBedFree,
    NoPlan,
    NotPermitted,
    PlanRunning,
    RecordChanged,
    RecordNotActive,
)


def test_a_plan_follows_the_protocol_in_force_and_the_last_exposure(watch):
    person = watch.individual(arrived_on=date(2020, 1, 30))
    plan = watch.plan(person)
    assert (plan.protocol, plan.fever_tenths, plan.slots) == ("v3", 373, ["10:00", "18:00"])
    assert (plan.setting, plan.ends_on) == ("home", date(2020, 2, 13))
    assert plan.next_due_at == plan.attend_at == rules.due_at(date(2020, 2, 3), "10:00", LOCAL)
    assert Individual.objects.get(id=person.id).quarantined_at == watch.now
    told = Event.objects.get(type="plan.started")
    assert told.data["ends_on"] == "2020-02-13" and told.data["individual"] == str(person.id)


def test_one_plan_runs_at_a_time_and_only_for_an_active_record(watch):
    person = watch.individual()
    watch.plan(person)
    with pytest.raises(PlanRunning):
        watch.plan(person)
    closed = watch.individual(state="over")
    with pytest.raises(RecordNotActive):
        watch.plan(closed)


@pytest.mark.parametrize("who", ["olga", "alice"], ids=["another county", "same village, no such right"])
def test_others_may_not_plan(watch, who):
    with pytest.raises(NotPermitted):
        watch.plan(who=who)


def test_a_room_is_taken_and_freed_and_never_overfull(watch):
    _, room = watch.site(beds=1)
    first = watch.individual("close_contact")
    watch.plan(first, room_id=room.id)
    with pytest.raises(NoBedFree, match="101"):
        watch.plan(watch.individual("close_contact"), room_id=room.id)
    plans.plan_end(actor=watch.actor("nora"), individual_id=first.id, outcome="released", now=watch.now)
    assert Room.objects.get(id=room.id).taken == 0
    told = Event.objects.get(type="plan.ended").data
    assert (told["outcome"], told["complete"], told["made"], told["missed"]) == ("released", True, 0, 0)
    with pytest.raises(NoPlan):
        plans.plan_end(actor=watch.actor("nora"), individual_id=first.id, outcome="released", now=watch.now)


def test_a_room_must_fit_the_setting(watch):
    _, room = watch.site(kind="ward", name="隔离病区")
    for given_ in (
        {"setting": "facility"},
        {"setting": "home", "room_id": room.id},
        {"setting": "facility", "room_id": room.id},
    ):
        with pytest.raises(InputInvalid):
            watch.plan(**given_)
    assert Room.objects.get(id=room.id).taken == 0


def test_changing_room_and_setting_moves_the_bed(watch):
    place, room = watch.site(beds=1)
    other = watch.room(place, "102")
    plan = watch.plan(watch.individual("close_contact"), room_id=room.id)
    me = {"actor": watch.actor("nora"), "individual_id": plan.individual_id, "now": watch.now}
    plans.plan_change(**me, room_id=other.id, version=1)
    assert list(Room.objects.order_by("name").values_list("taken", flat=True)) == [0, 1]
    with pytest.raises(RecordChanged):
        plans.plan_change(**me, setting="home", version=1)
    plans.plan_change(**me, setting="hospital", version=2)
    plan.refresh_from_db()
    assert plan.next_due_at is None and plan.attend_at == NEVER, "in hospital the ward measures by itself"
    assert Individual.objects.get(id=plan.individual_id).isolated_at == watch.now
    watch.later(days=1)
    plans.plan_change(**(me | {"now": watch.now}), setting="home")
    plan.refresh_from_db()
    assert plan.next_due_at == rules.due_at(date(2020, 2, 4), "10:00", LOCAL)
    assert list(Room.objects.values_list("taken", flat=True)) == [0, 0]


def test_a_later_exposure_lengthens_and_an_earlier_one_is_refused(watch):
    plan = watch.plan(watch.individual(last_exposure_on=date(2020, 1, 20)))
    watch.at("12:00", days=3)
    me = {"actor": watch.actor("nora"), "individual_id": plan.individual_id, "now": watch.now}
    plans.plan_change(**me, exposure_on=date(2020, 2, 5))
    plan.refresh_from_db()
    assert plan.ends_on == date(2020, 2, 19)
    assert Individual.objects.get(id=plan.individual_id).last_exposure_on == date(2020, 2, 5)
    for day in (date(2020, 2, 4), date(2020, 3, 4)):
        with pytest.raises(InputInvalid):
            plans.plan_change(**me, exposure_on=day)


def test_facilities_open_close_and_keep_their_people(watch):
    place, room = watch.site(beds=2)
    watch.plan(watch.individual("close_contact"), room_id=room.id)
    hana = watch.actor("hana")
    with pytest.raises(FacilityOccupied):
        facilities.facility_close(actor=hana, facility_id=place.id, now=watch.now)
    with pytest.raises(FacilityOccupied):
        facilities.room_save(actor=hana, facility_id=place.id, name="101", beds=2, closed=True, now=watch.now)
    with pytest.raises(NotPermitted):
        facilities.facility_close(actor=watch.actor("nora"), facility_id=place.id, now=watch.now)
    plans.plan_end(actor=watch.actor("nora"), individual_id=watch.people[0].id, outcome="left", now=watch.now)
    facilities.facility_close(actor=hana, facility_id=place.id, now=watch.now)
    with pytest.raises(NoBedFree):
        watch.plan(watch.individual("close_contact"), room_id=room.id)
    again, _ = watch.site(beds=2)
    assert again.id == place.id and again.closed_at is None


SLOTS = st.lists(st.times().map(lambda t: t.strftime("%H:%M")), min_size=1, max_size=6, unique=True).map(sorted)
INSTANTS = st.datetimes(timezones=st.just(LOCAL)).filter(lambda at: 1995 < at.year < 2100)


@given(INSTANTS, SLOTS, st.integers(0, 20))
def test_walking_from_due_to_due_meets_every_check_once(after, slots, days):
    last_day = after.date() + timedelta(days=days)
    met, at = [], after
    while following := rules.next_due(at, slots, last_day, LOCAL):
        day, slot, due = following
        assert due > at
        met.append((day, slot))
        at = due
    every = [
        (after.date() + timedelta(days=n), slot)
        for n in range(days + 1)
        for slot, until in enumerate(slots)
        if rules.due_at(after.date() + timedelta(days=n), until, LOCAL) > after
    ]
    assert met == every


@given(INSTANTS, SLOTS)
def test_what_is_measured_counts_for_a_check_that_is_not_over_or_the_last_of_the_day(at, slots):
    day, slot = rules.slot_open(at, slots, LOCAL)
    assert day == at.date()
    due = rules.due_at(day, slots[slot], LOCAL)
    assert due >= at.replace(second=0, microsecond=0) or slot == len(slots) - 1

"""To the fever clinic and back: each step once, in its order, by whose it is, and what the answer changes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.duties.observation.clinics import FOUNDER, care_make, happened, running, told
from wangge.duties.observation.models import Individual, Plan, Referral, Room
from wangge.duties.observation.queries.cards import cards, visible
from wangge.duties.observation.queries.clinic import clinic
from wangge.duties.observation.rules import CLINIC_SEES_AFTER
from wangge.duties.observation.services import facilities, measures, records, referrals
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import (
    InputInvalid,
    NoBedFree,
    NotPermitted,
    RecordChanged,
    ReferralElsewhere,
)
from wangge.ground.responses import vault
from wangge.spine.clocks.models import Clock
from wangge.spine.messaging.models import Delivery


@pytest.fixture
def care(city, now):
    return care_make(city, now)


def test_a_contact_is_taken_to_the_clinic_and_found_to_be_a_case(care):
    person = care.person()
    referral = care.ask(person, note="咳嗽三天")
    care.later(minutes=5).move(referral, "accepted")
    care.later(minutes=10).move(referral, "on_way", who="dan", escort="陈师傅", vehicle="粤L·12345 救护车")
    care.later(minutes=20).move(referral, "arrived")
    care.later(minutes=10).move(referral, "examined")
    care.later(minutes=40).answer(referral, "confirmed", room_id=care.rooms[0])
    referral.refresh_from_db()
    person.refresh_from_db()
    times = [
        referral.asked_at, referral.accepted_at, referral.set_out_at, referral.arrived_at, referral.examined_at,
        referral.answered_at,
    ]  # fmt: skip
    assert times == sorted(times) and len(set(times)) == 6
    assert person.role == "confirmed" and person.isolated_at == care.now and person.quarantined_when_confirmed
    plan = Plan.objects.get(individual=person)
    assert (plan.state, plan.outcome) == ("ended", "admitted")
    assert Room.objects.get(id=care.rooms[0]).taken == 1
    answered = Event.objects.get(type="referral.answered")
    assert (answered.data["result"], answered.data["minutes"]) == ("confirmed", 50)
    private = vault.masked(actor=care.actor("dan"), area_id=person.area_id, subject_ids=[referral.id])[referral.id]
    assert private["escort"] == "陈**" and "救护车" in private["vehicle"]


def test_a_second_click_changes_nothing_at_any_step(care):
    person = care.person()
    referral = care.ask(person)
    assert care.ask(person).id == referral.id
    for stage in ("accepted", "arrived"):
        care.later(minutes=5).move(referral, stage)
        version = Referral.objects.get(id=referral.id).version
        care.later(minutes=1).move(referral, stage)
        assert Referral.objects.get(id=referral.id).version == version
    care.answer(referral, "observe")
    before = Event.objects.count()
    care.later(minutes=1).answer(referral, "observe")
    assert Event.objects.count() == before
    assert happened("referral.") == ["referral.asked", "referral.moved", "referral.moved", "referral.answered"]


@pytest.mark.parametrize(
    ("done", "wrong"),
    [
        ((), "arrived"),
        ((), "examined"),
        (("accepted",), "examined"),
        (("accepted", "arrived"), "declined"),
        (("accepted", "arrived"), "cancelled"),
        (("declined",), "accepted"),
        (("cancelled",), "accepted"),
    ],
)
def test_what_does_not_follow_is_refused(care, done, wrong):
    referral = care.ask(care.person())
    for stage in done:
        care.move(referral, stage, who="dan" if stage == "cancelled" else "cleo", note="床位已满")
    with pytest.raises(ReferralElsewhere):
        care.move(referral, wrong, who="dan" if wrong == "cancelled" else "cleo", note="x")


def test_an_answer_before_anybody_arrived_is_refused(care):
    referral = care.ask(care.person())
    for stage in ("accepted", "on_way"):
        with pytest.raises(ReferralElsewhere):
            care.answer(referral, "observe")
        care.move(referral, stage, escort="陈师傅")


def test_each_side_does_what_is_its_own(care):
    referral = care.ask(care.person())
    for who in ("carl", "dan", "olga", "adam"):
        with pytest.raises(NotPermitted):
            care.move(referral, "accepted", who=who)
    for who in ("cleo", "alice", "olga"):
        with pytest.raises(NotPermitted):
            care.move(referral, "cancelled", who=who)
    with pytest.raises(NotPermitted):
        care.ask(care.person(), who="alice")
    with pytest.raises(NotPermitted):
        care.answer(referral, "observe", who="hana")


def test_who_was_slower_hears_that_it_was_changed(care):
    referral = care.ask(care.person())
    care.move(referral, "accepted", version=1)
    with pytest.raises(RecordChanged):
        care.move(referral, "arrived", version=1)


def test_declining_needs_a_reason_and_another_clinic_can_be_asked(care):
    person = care.person()
    referral = care.ask(person)
    with pytest.raises(InputInvalid):
        care.move(referral, "declined")
    with pytest.raises(ReferralElsewhere):
        referrals.referral_ask(actor=care.actor("dan"), individual_id=person.id, clinic_id=care.other.id, now=care.now)
    care.move(referral, "declined", note="隔离病区已满")
    other = referrals.referral_ask(
        actor=care.actor("dan"), individual_id=person.id, clinic_id=care.other.id, now=care.now
    )
    assert other.id != referral.id and other.stage == "asked"


def test_suspected_stays_in_hospital_and_is_a_contact_again_when_ruled_out(care):
    person = care.person()
    care.answer(care.arrived(person), "suspected", room_id=care.rooms[0])
    person.refresh_from_db()
    plan = running(person)
    assert person.role == "suspected" and plan.setting == "hospital" and plan.room_id == care.rooms[0]
    assert Room.objects.get(id=care.rooms[0]).taken == 1
    care.later(hours=8)
    care.answer(care.arrived(person), "ruled_out")
    person.refresh_from_db()
    assert person.role == "close_contact" and person.state == "active" and running(person)


def test_who_was_only_suspected_is_free_when_ruled_out(care):
    person = care.person("suspected", plan="hospital")
    measures.measure_order(
        actor=care.actor("hana"), individual_id=person.id, institution="惠城区人民医院", legal_basis="第三十九条",
        authority="惠城区公安分局", started_at=care.now, review_at=care.now + timedelta(days=3),
        ends_at=care.now + timedelta(days=7), now=care.now,
    )  # fmt: skip
    care.answer(care.arrived(person), "ruled_out")
    person.refresh_from_db()
    assert person.state == "over" and Plan.objects.get(individual=person).outcome == "lifted"
    assert person.measures.get().ended_at == care.now


def test_observe_leaves_the_plan_as_it_is(care):
    person = care.person()
    plan = running(person)
    care.answer(care.arrived(person), "observe")
    assert running(person).id == plan.id


def test_a_bed_is_kept_while_somebody_is_examined_and_free_again_after(care):
    first, second = care.person(), care.person()
    there = care.arrived(first, room_id=care.rooms[0])
    referral = care.ask(second)
    with pytest.raises(NoBedFree):
        care.move(referral, "accepted", room_id=care.rooms[0])
    assert Referral.objects.get(id=referral.id).stage == "asked"
    care.answer(there, "observe")
    assert Room.objects.get(id=care.rooms[0]).taken == 0
    care.move(referral, "accepted", room_id=care.rooms[0])
    care.move(referral, "cancelled", who="dan")
    assert Room.objects.get(id=care.rooms[0]).taken == 0
    elsewhere = facilities.room_save(actor=FOUNDER, facility_id=care.other.id, name="1", beds=1, now=care.now)
    with pytest.raises(InputInvalid):
        care.arrived(care.person(), room_id=elsewhere.id)


def test_who_has_recovered_goes_home_and_the_bed_is_free(care):
    person = care.person()
    referral = care.answer(care.arrived(person, room_id=care.rooms[1]), "confirmed")
    assert Room.objects.get(id=care.rooms[1]).taken == 1
    for _ in range(2):
        care.later(days=10)
        referrals.patient_discharge(actor=care.actor("cleo"), referral_id=referral.id, now=care.now)
    assert Room.objects.get(id=care.rooms[1]).taken == 0
    assert Individual.objects.get(id=person.id).state == "over"


def test_the_clinic_sees_whom_it_was_sent_and_only_so_long(care):
    sent, other = care.person(), care.person()
    cleo = care.actor("cleo")
    assert not visible(cleo, care.now).exists()
    referral = care.arrived(sent)
    assert [one.id for one in visible(cleo, care.now)] == [sent.id]
    [card] = cards(list(visible(cleo, care.now)), actor=cleo)
    assert "*" in card.name and card.name != sent.number
    assert not visible(care.actor("carl"), care.now).exists()
    care.answer(referral, "observe")
    assert visible(cleo, care.now + timedelta(hours=71)).exists()
    assert not visible(cleo, care.now + timedelta(hours=73)).exists()
    assert not visible(cleo).exists()
    assert other.id not in visible(cleo, care.now).values_list("id", flat=True)


@pytest.mark.django_db(transaction=True)
def test_who_hears_what_and_nobody_hears_a_name(care, settle):
    person = care.person(name="王小明", phones=("13900001111",))
    referral = care.ask(person)
    settle(care.now)
    assert told("referral.asked") == ["cleo"]
    care.move(referral, "declined", note="隔离病区已满")
    settle(care.now)
    assert told("referral.declined") == ["dan", "dora"]
    referral = care.later(hours=1).arrived(person)
    care.answer(referral, "observe")
    settle(care.now)
    assert told("referral.answered") == ["dan", "dora"]
    for row in Delivery.objects.all():
        assert "王小明" not in str(row.params) and "13900001111" not in str(row.params)


@pytest.mark.django_db(transaction=True)
def test_a_clinic_that_does_not_answer_is_reminded_and_then_the_county_hears_once(care, settle):
    """The protocol in force on 3 February asks for a report within two hours."""
    referral = care.ask(care.person())
    settle(care.now + timedelta(minutes=59))
    assert happened("referral.") == ["referral.asked"]
    settle(care.now + timedelta(hours=1))
    assert happened("referral.")[1:] == ["referral.reminded"]
    settle(care.now + timedelta(hours=2))
    settle(care.now + timedelta(hours=9))
    assert happened("referral.")[2:] == ["referral.overdue"]
    assert told("referral.overdue") == ["erin"]  # nobody holds a post of the county's health department
    care.later(hours=10).move(referral, "accepted")
    care.later(minutes=30).move(referral, "arrived")
    care.later(minutes=50).move(referral, "examined")
    settle(care.now + timedelta(minutes=20))
    assert Event.objects.filter(type="referral.reminded").last().data["owes"] == "answer"
    care.later(minutes=30).answer(referral, "observe")
    settle(care.now + timedelta(hours=5))
    assert happened("referral.").count("referral.overdue") == 1
    assert not Clock.objects.filter(subject_id=referral.id).exclude(state="stopped").exists()


def test_the_last_exposure_is_kept_by_the_plan_in_hospital(care):
    person = care.person(last_exposure_on=date(2020, 2, 1))
    care.answer(care.arrived(person), "suspected")
    assert running(person).exposure_on == date(2020, 2, 1)


def test_a_clinic_sees_the_masked_name_of_whom_it_receives_from_another_county(care):
    omar, area = care.actor("omar"), care.city.area("441323001001")
    draft = records.RecordDraft("close_contact", area, name="欧阳远", phones=("13900008888",), address="平山街道一号")
    far = records.individual_register(actor=omar, response_id=care.city.response_id, draft=draft, now=care.now)
    asked = referrals.referral_ask(
        actor=omar, individual_id=far.id, clinic_id=care.clinic.id, note="咳嗽三天，13900008888", now=care.now
    )
    near = care.person(name="王小明")
    care.ask(near)
    cleo = care.actor("cleo")
    shown = {one.card.individual.id: one for one in clinic(actor=cleo, now=care.now).waiting}
    assert shown[far.id].card.private == {"name": "欧**"}, "the name, nothing else"
    assert shown[far.id].words["note"] == "咳嗽三天，139******88"
    assert shown[near.id].card.private["phone"]
    with pytest.raises(NotPermitted):
        vault.unmask(actor=cleo, area_id=area, subject_id=far.id, fields=["name"], reason="核对身份", now=care.now)
    assert cards([far], actor=care.actor("carl"))[0].private, "whose own county it is"
    assert cards([far], actor=care.actor("dan"))[0].private == {}
    care.move(asked, "declined", note="没有床位")
    later = care.now + CLINIC_SEES_AFTER
    assert not visible(cleo, later).filter(id=far.id).exists()

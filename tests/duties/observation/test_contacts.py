"""The contact list of a case, who infected whom, and those left behind when their carer is taken away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction

from tests.duties.observation.clinics import care_make, happened, running
from wangge.duties.matters.models import Matter, Report
from wangge.duties.observation.models import Contact, Dependant, Individual
from wangge.duties.observation.queries import chains
from wangge.duties.observation.services import contacts, plans
from wangge.duties.observation.services.records import RecordDraft
from wangge.flows import caring
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, SourceImpossible
from wangge.ground.responses import vault


@pytest.fixture
def care(city, now):
    return care_make(city, now)


def listed(care, case, exposed=None, who="dan", **said):
    said.setdefault("setting", "meal")
    said.setdefault("last_on", date(2020, 2, 3))
    return contacts.contact_list(
        actor=care.actor(who), case_id=case.id, exposed_id=exposed.id if exposed else None, now=care.now, **said
    )


def test_a_new_contact_becomes_a_record_and_once_listed_stays_listed_once(care):
    case = care.person("confirmed", plan="")
    draft = RecordDraft(role="close_contact", area_id=case.area_id, name="周冬雨", phones=("13712345678",))
    edge = listed(care, case, draft=draft, evidence="1月30日同桌吃饭")
    exposed = edge.exposed
    assert exposed.role == "close_contact" and exposed.origins.get().source == "contact"
    assert listed(care, case, exposed).id == edge.id
    assert happened("contact.") == ["contact.listed"]
    words = vault.masked(actor=care.actor("dan"), area_id=case.area_id, subject_ids=[edge.id])
    assert words[edge.id]["evidence"] == "1月30日同桌吃饭"
    with pytest.raises(NotPermitted):
        listed(care, case, care.person(), who="cleo")
    with pytest.raises(NotPermitted):
        listed(care, case, care.person(), who="olga")
    with pytest.raises(InputInvalid):
        listed(care, case, case)
    with pytest.raises(InputInvalid):
        listed(care, case, care.person(), last_on=date(2020, 2, 4))


def test_a_later_exposure_moves_the_last_day_and_an_earlier_one_does_not(care):
    case, other = care.person("confirmed", plan=""), care.person("confirmed", plan="")
    exposed = care.person(last_exposure_on=date(2020, 2, 1))
    ends = running(exposed).ends_on
    listed(care, case, exposed, last_on=date(2020, 2, 3))
    assert Individual.objects.get(id=exposed.id).last_exposure_on == date(2020, 2, 3)
    assert running(exposed).ends_on == ends + timedelta(days=2)
    listed(care, other, exposed, last_on=date(2020, 1, 30))
    assert running(exposed).ends_on == ends + timedelta(days=2)


def test_one_source_for_each_case_and_no_circles(care):
    first, second, third = (care.person("confirmed", plan="") for _ in range(3))
    edges = [listed(care, first, second), listed(care, second, third), listed(care, third, first)]
    hana = care.actor("hana")
    for edge in edges[:2]:
        contacts.contact_source_named(actor=hana, contact_id=edge.id, infector=True, now=care.now)
    with pytest.raises(SourceImpossible):
        contacts.contact_source_named(actor=hana, contact_id=edges[2].id, infector=True, now=care.now)
    rival = listed(care, first, third)
    with pytest.raises(SourceImpossible):
        contacts.contact_source_named(actor=hana, contact_id=rival.id, infector=True, now=care.now)
    healthy = listed(care, first, care.person())
    with pytest.raises(SourceImpossible):
        contacts.contact_source_named(actor=hana, contact_id=healthy.id, infector=True, now=care.now)
    with pytest.raises(NotPermitted):
        contacts.contact_source_named(actor=care.actor("alice"), contact_id=edges[0].id, infector=False, now=care.now)
    contacts.contact_source_named(actor=hana, contact_id=edges[1].id, infector=False, now=care.now)
    contacts.contact_source_named(actor=hana, contact_id=rival.id, infector=True, now=care.now)
    assert Contact.objects.filter(infector=True).count() == 2


def test_contacts_of_contacts_are_reached_with_as_many_queries_as_ever(care, django_assert_max_num_queries):
    case = care.person("confirmed", plan="")
    near = [care.person() for _ in range(3)]
    far = care.person("secondary_contact", last_exposure_on=date(2020, 2, 2))
    for one in near:
        listed(care, case, one)
    listed(care, near[0], far)
    dan = care.actor("dan")
    with django_assert_max_num_queries(12):
        chain = chains.chain(case, actor=dan, now=care.now)
    assert [link.card.individual.id for link in chain.contacts] == [one.id for one in near]
    assert [link.card.individual.id for link in chain.contacts[0].further] == [far.id]
    assert all("*" in link.card.name for link in chain.contacts)
    hidden = chains.chain(case, actor=care.actor("olga"), now=care.now)
    assert hidden.contacts == [] and hidden.elsewhere == 3


@pytest.mark.django_db(transaction=True)
def test_a_child_left_behind_is_cared_for_once_and_the_journal_says_nothing_of_it(care, settle):
    carer = care.person(plan="", address="东湖花园3栋1单元501")
    child = contacts.dependant_name(
        actor=care.actor("alice"), individual_id=carer.id, kind="child", name="王小宝", need="六岁，需有人接送和做饭",
        now=care.now,
    )  # fmt: skip
    contacts.dependant_name(
        actor=care.actor("alice"), individual_id=carer.id, kind="elderly", name="王老太", need="女儿在家照料",
        now=care.now, alone=False,
    )  # fmt: skip
    settle(care.now)
    plans.plan_start(actor=care.actor("hana"), individual_id=carer.id, now=care.now, setting="home")
    settle(care.now)
    assert not Matter.objects.filter(kind="hardship_help").exists()
    care.answer(care.arrived(carer), "confirmed")
    settle(care.now)
    matter = Matter.objects.get(kind="hardship_help")
    assert Dependant.objects.get(id=child.id).matter_id == matter.id
    with transaction.atomic():  # as the engine follows up
        caring.care_for_left(list(Event.objects.filter(type="referral.answered")), care.now)
    assert Matter.objects.filter(kind="hardship_help").count() == 1
    report = Report.objects.get(matter=matter)
    shown = vault.masked(actor=care.actor("dan"), area_id=matter.area_id, subject_ids=[report.id])[report.id]
    assert shown["text"] == "六岁，需有人接送和做饭" and shown["person_name"] == "王**"
    journal = str(list(Event.objects.values_list("data", flat=True))) + str(report.fields)
    assert "王小宝" not in journal and "接送" not in journal and "东湖花园" not in journal


@pytest.mark.django_db(transaction=True)
def test_named_after_the_carer_was_taken_away_the_matter_is_opened_all_the_same(care, settle):
    carer = care.person(plan="hospital", role="suspected")
    settle(care.now)
    contacts.dependant_name(
        actor=care.actor("alice"), individual_id=carer.id, kind="sick", name="", need="透析", now=care.now
    )
    settle(care.now)
    assert Matter.objects.filter(kind="hardship_help").count() == 1


def test_a_stranger_names_nobody(care):
    with pytest.raises(NotPermitted):
        contacts.dependant_name(
            actor=care.actor("olga"), individual_id=care.person().id, kind="child", name="", need="x", now=care.now
        )
    with pytest.raises(NotFound):
        contacts.contact_source_named(
            actor=care.actor("hana"), contact_id=care.person().id, infector=True, now=care.now
        )

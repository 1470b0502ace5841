"""People are put on record once, with numbers that can be right, by those who may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from tests.duties.observation.conftest import VILLAGE, person
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_log
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import triage
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.observation.models import Individual, Origin
from wangge.duties.observation.services.records import (
    LegDraft,
    RecordDraft,
    individual_close,
    individual_register,
    individuals_register,
    role_change,
)
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.identity import document_read, phone_read
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotFound,
    NotPermitted,
    Problem,
    RecordKnown,
    RecordNotActive,
)
from wangge.ground.responses import vault
from wangge.ground.responses.models import VaultField

Register = Callable[..., Individual]
CARD, OTHER_CARD = "110101199003070038", "11010119900307002X"


def shown(city: Any, individual: Individual) -> dict[str, str]:
    actor, area = city.actor("hana"), individual.area_id
    return vault.masked(actor=actor, area_id=area, subject_ids=[individual.id]).get(individual.id, {})


def test_somebody_is_on_record_with_a_number_and_sealed_fields(city: Any, register: Register) -> None:
    leg = LegDraft(date(2020, 1, 30), "train", "武汉", "惠州", "G1101 08车12F")
    one = register(document_kind="id_card", document=CARD, address="东湖花园3号楼502", legs=(leg,), note="自述无不适")
    two = register(name="李小红", phones=(), household_of=one.id)
    assert (one.number, two.number) == ("R441302001001-20200203-0001", "R441302001001-20200203-0002")
    assert shown(city, one)["document"] == "1101**********0038"
    assert Individual.objects.get(id=one.id).household_id == two.household_id is not None
    assert one.legs.get().transport == "train"
    told = list(Event.objects.filter(type="individual.registered").order_by("id"))
    assert [event.subject_id for event in told] == [one.id, two.id]
    assert "王" not in str([event.data for event in told])


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"document_kind": "id_card", "document": CARD[:-1] + "1"}, "document"),
        ({"document_kind": "id_card", "document": "110101199002300037"}, "document"),
        ({"document_kind": "hk_mo_permit", "document": "X12345678"}, "document"),
        ({"document_kind": "passport", "document": "护照"}, "document"),
        ({"document_kind": "none", "document": CARD}, "document_kind"),
        ({"document_kind": "id_card", "document": ""}, "document"),
        ({"phones": ("1380013800",)}, "phones"),
        ({"phones": ("13800138000", "0752-2233445", "13900139000")}, "phones"),
        ({"name": "", "phones": ()}, "name"),
        ({"role": "stranger"}, "role"),
        ({"arrived_on": date(2020, 2, 4)}, "arrived_on"),
        ({"note": "\x00"}, "note"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(register: Register, told: dict[str, Any], field: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        register(**told)
    assert refused.value.details["field"] == field
    assert not Individual.objects.exists()
    assert not VaultField.objects.exists()


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        ("id_card", " 110101 19900307 0038", CARD),
        ("id_card", "11010119900307002x", OTHER_CARD),
        ("id_card", "110101900307003", CARD),
        ("residence_permit", "810000199003070016", None),
        ("hk_mo_permit", "h12345678", "H12345678"),
        ("tw_permit", "12345678", "12345678"),
        ("passport", "E1234 5678", "E12345678"),
        ("passport", "ABCDEFGH", None),
    ],
)
def test_documents_are_read_by_their_kinds(kind: str, text: str, number: str | None) -> None:
    assert document_read(kind, text) == number


def test_phones_have_one_form() -> None:
    assert phone_read("+86 138-0013-8000") == phone_read("13800138000") == "13800138000"
    assert phone_read("0752-223 3445") == "07522233445"
    assert phone_read("+852 5123 4567") == "+85251234567"
    assert phone_read("12345") is None


def test_nobody_registers_where_they_have_no_post(register: Register) -> None:
    for who in ("olga", "paul", "adam"):
        with pytest.raises(NotPermitted):
            register(who)
    elsewhere = register("olga", area="441323001001", name="赵远")
    with pytest.raises(NotFound):
        register("hana", household_of=elsewhere.id)
    assert Individual.objects.count() == 1


def test_somebody_known_has_to_be_decided_about(register: Register) -> None:
    one = register(document_kind="id_card", document=CARD)
    with pytest.raises(RecordKnown, match="0001"):
        register(name="王晓明", phones=(), document_kind="id_card", document="110101900307003")
    with pytest.raises(RecordKnown):
        register(name="王 小明", phones=("+8613800138000",))
    twin = register(not_the_same=True, document_kind="id_card", document=OTHER_CARD)
    assert twin.number != one.number
    register(name="王小明", phones=("13900139000",))


def test_elsewhere_only_the_desk_to_ask_is_named(register: Register) -> None:
    far = register("olga", area="441323001001", document_kind="id_card", document=CARD)
    with pytest.raises(RecordKnown) as refused:
        register("dan", document_kind="id_card", document=CARD, name="王某")
    assert refused.value.details["numbers"] == []
    said = refused.value.sentence("zh") + refused.value.sentence("en")
    assert "惠东县 平山街道" in said
    assert far.number not in said
    assert "新平" not in said


def test_a_source_that_cannot_be_asked_reports_the_record_again(city: Any, register: Register) -> None:
    one = register(phones=("13800138000",))
    again = register(source="contact", document_kind="id_card", document=CARD, address="东湖花园")
    other = register(source="contact", document_kind="id_card", document=OTHER_CARD)
    assert again.id == one.id != other.id
    assert set(shown(city, one)) == {"name", "phone", "document", "address"}
    assert Individual.objects.get(id=one.id).document_kind == "id_card"
    assert Origin.objects.filter(individual=one).count() == 2
    assert Event.objects.filter(type="individual.reported_again", subject_id=one.id).count() == 1


def test_a_list_tells_its_own_repetitions_and_keeps_the_rest(city: Any, now: datetime) -> None:
    drafts = [
        person(city, document_kind="id_card", document=CARD),
        person(city, document_kind="id_card", document="1"),
        person(city, area="441323001001", name="赵远"),
        person(city, name="王小明"),
        person(city, name="李小红", phones=("13900139000",)),
    ]
    one, wrong, far, again, other = individuals_register(
        actor=city.actor("hana"), response_id=city.response_id, drafts=drafts, now=now, source="list"
    )
    assert isinstance(one, Individual) and isinstance(again, Individual) and isinstance(other, Individual)
    assert isinstance(wrong, InputInvalid)
    assert isinstance(far, NotPermitted)
    assert one.id == again.id != other.id
    assert Individual.objects.count() == 2


def test_many_cost_no_more_questions_than_two(
    city: Any, now: datetime, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    drafts = [person(city, name=f"甲{number}", phones=(f"138{number:08}",)) for number in range(150)]
    actor = city.actor("hana")
    with django_assert_max_num_queries(24):
        results = individuals_register(actor=actor, response_id=city.response_id, drafts=drafts, now=now, source="list")
    assert not [result for result in results if isinstance(result, Problem)]


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_make_one_record_and_one_clear_message(city: Any, now: datetime) -> None:
    results: list[Individual | Problem] = []
    at_once = threading.Barrier(2)

    def desk(who: str) -> None:
        try:
            actor = city.actor(who)
            draft = RecordDraft("arrival", city.area(VILLAGE), name="王小明", document_kind="id_card", document=CARD)
            at_once.wait()
            results.append(individual_register(actor=actor, response_id=city.response_id, draft=draft, now=now))
        except Problem as problem:
            results.append(problem)
        finally:
            connection.close()

    desks = [threading.Thread(target=desk, args=(who,)) for who in ("dan", "hana")]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    assert sorted(type(result).__name__ for result in results) == ["Individual", "RecordKnown"]
    assert Individual.objects.count() == 1


# -- what a record becomes -----------------------------------------------------------------------------


def test_a_role_changes_by_a_finding_and_never_back_from_confirmed(
    city: Any, register: Register, now: datetime
) -> None:
    one, hana = register(), city.actor("hana")
    role_change(actor=hana, individual_id=one.id, role="suspected", cause="clinic", now=now)
    case = role_change(actor=hana, individual_id=one.id, role="confirmed", cause="clinic", now=now + timedelta(hours=1))
    assert (case.isolated_at, case.quarantined_when_confirmed) == (now, False)
    with pytest.raises(InputInvalid):
        role_change(actor=hana, individual_id=one.id, role="arrival", cause="clinic", now=now)
    for who in ("alice", "olga"):
        with pytest.raises(NotPermitted):
            role_change(actor=city.actor(who), individual_id=one.id, role="suspected", cause="x", now=now)


def test_a_closed_record_stays_closed_and_does_not_stand_in_the_way(
    city: Any, register: Register, now: datetime
) -> None:
    one, hana = register(), city.actor("hana")
    for _ in range(2):
        individual_close(actor=hana, individual_id=one.id, state="over", reason="released", now=now)
    assert Event.objects.filter(type="individual.closed").count() == 1
    with pytest.raises(RecordNotActive):
        individual_close(actor=hana, individual_id=one.id, state="withdrawn", reason="unfounded", now=now)
    assert register().number != one.number


# -- matters and records --------------------------------------------------------------------------------


def reported(
    city: Any, now: datetime, kind: str = "arrival", text: str = "东湖花园有人从武汉回来", **fields: Any
) -> Matter:
    draft = ReportDraft(kind, city.area(VILLAGE), "phone", text=text, fields=fields)
    taken = matter_receive(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)
    return Matter.objects.get(id=taken.matter_id)


@pytest.mark.django_db(transaction=True)
def test_who_is_reported_is_on_record_once(city: Any, now: datetime, settle: Callable[[datetime], None]) -> None:
    fields = {"person_name": "王小明", "person_phone": "13800138000", "origin": "武汉", "arrived_on": "2020-01-30"}
    matter = reported(city, now, **fields)
    reported(city, now)  # nobody is named
    settle(now)
    one = Individual.objects.get()
    assert (one.role, one.origin, one.last_exposure_on) == ("arrival", "武汉", date(2020, 1, 30))
    assert one.origins.get().matter_id == matter.id
    assert shown(city, one) == {"name": "王**", "phone": "138****8000"}
    again = reported(city, now, **fields | {"person_phone": "电话不详", "person_address": "东湖花园"})
    settle(now)
    assert Individual.objects.count() == 2  # a name alone is no proof
    third = reported(city, now, **fields)
    settle(now)
    assert set(Origin.objects.filter(individual=one).values_list("matter_id", flat=True)) == {matter.id, third.id}
    other = Individual.objects.exclude(id=one.id).get()
    assert other.origins.get().matter_id == again.id
    assert "未能核对" in shown(city, other)["note"]


@pytest.mark.django_db(transaction=True)
def test_a_gathering_never_becomes_a_list(city: Any, now: datetime, settle: Callable[[datetime], None]) -> None:
    """However it comes in, with whatever names, and whatever the desk makes of it later: nobody is put on record."""
    listed = f"祠堂聚餐的有王小明13800138000、李小红、赵大勇，身份证{CARD}"
    with pytest.raises(InputInvalid):
        reported(city, now, kind="gathering", person_name="王小明、李小红")
    matter = reported(city, now, kind="gathering", text=listed, people=3)
    entry = EntryDraft("dispersal", city.area(VILLAGE), "ancestral_hall", {"people": 3}, note=listed)
    entry_log(actor=city.actor("alice"), response_id=city.response_id, draft=entry, now=now)
    settle(now)
    done = triage.matter_acknowledge(actor=city.actor("alice"), matter_id=matter.id, version=1, now=now)
    dan = city.actor("dan")
    triage.matter_triage(actor=dan, matter_id=matter.id, version=done.version, kind="close_contact", now=now)
    settle(now)
    assert not Individual.objects.exists() and not Origin.objects.exists()
    assert not VaultField.objects.exclude(kind="text").exists()  # nothing that could be searched for by a name


@pytest.mark.django_db(transaction=True)
def test_who_is_registered_gets_a_matter_and_keeps_it(
    city: Any, now: datetime, register: Register, settle: Callable[[datetime], None]
) -> None:
    one = register(address="东湖花园3号楼")
    settle(now)
    matter = Matter.objects.get()
    assert (matter.kind, matter.area_id) == ("arrival", one.area_id)
    assert one.origins.get().matter_id == matter.id
    report = matter.reports.get()
    assert report.fields == {"origin": "武汉", "arrived_on": "2020-01-30"}
    words = vault.masked(actor=city.actor("hana"), area_id=one.area_id, subject_ids=[report.id])[report.id]
    assert words["person_name"] == "王**"
    settle(now)
    assert Matter.objects.count() == Individual.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_dismissed_matter_takes_its_record_along_unless_something_else_stands_on_it(
    city: Any, now: datetime, register: Register, settle: Callable[[datetime], None]
) -> None:
    fields = {"person_name": "王小明", "person_phone": "13800138000"}
    first, second = reported(city, now, **fields), reported(city, now, **fields)
    settle(now)
    one = Individual.objects.get()

    def dismiss(matter: Matter) -> None:
        done = triage.matter_acknowledge(actor=city.actor("alice"), matter_id=matter.id, version=1, now=now)
        triage.matter_dismiss(
            actor=city.actor("dan"),
            matter_id=matter.id,
            version=done.version,
            reason="no_matter",
            text="查无此人",
            now=now,
        )
        settle(now)
        one.refresh_from_db()

    dismiss(first)
    assert one.state == "active"
    dismiss(second)
    assert one.state == "withdrawn"
    assert Event.objects.filter(type="individual.withdrawn").count() == 1

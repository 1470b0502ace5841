"""What follows from a record by itself: who is told, which matters it gets, when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.duties.observation.conftest import VILLAGE, person
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import finishing, triage
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.observation.models import Individual, Origin
from wangge.duties.observation.services.correcting import individual_move
from wangge.duties.observation.services.lists import people_import
from wangge.duties.observation.services.records import individual_close
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.models import Delivery

Register = Callable[..., Individual]
Settle = Callable[[datetime], None]
NEXT_COUNTY = "441323001001"  # in omar's county
PERSON = {"person_name": "王小明", "person_phone": "13800138000"}


@pytest.mark.django_db(transaction=True)
def test_both_desks_hear_of_somebody_who_moves_once(
    city: Any, register: Register, now: datetime, settle: Settle
) -> None:
    one = register()
    settle(now)
    Delivery.objects.all().delete()
    move = {"actor": city.actor("dan"), "individual_id": one.id, "area_id": city.area(NEXT_COUNTY), "now": now}
    individual_move(**move, version=None)
    for _ in range(2):
        settle(now)
    told = Delivery.objects.filter(template="individual.moved", channel="inapp")
    assert sorted(told.values_list("person__username", flat=True)) == ["dan", "dora", "omar"]
    assert {str(row.params) for row in told} == {str({"number": one.number})}, "a number and nothing else"


@pytest.mark.django_db(transaction=True)
def test_a_list_gets_one_matter_for_each_area_and_kind(city: Any, now: datetime, settle: Settle) -> None:
    there = {VILLAGE: 3, "441302001003": 2}
    drafts = [
        person(city, area, name=f"{'甲乙'[place]}{'一二三'[number]}", phones=(f"1390000{place}{number:03}",))
        for place, (area, many) in enumerate(there.items())
        for number in range(many)
    ]
    drafts.append(person(city, name="丙一", phones=("13900009999",), role="close_contact"))
    for _ in range(2):  # the same list again
        people_import(actor=city.actor("dan"), response_id=city.response_id, drafts=drafts, now=now)
        settle(now)
    assert Individual.objects.count() == 6
    matters = {(m.area_id, m.kind): m.id for m in Matter.objects.all()}
    assert set(matters) == {
        (city.area(VILLAGE), "arrival"), (city.area("441302001003"), "arrival"), (city.area(VILLAGE), "close_contact"),
    }  # fmt: skip
    for origin in Origin.objects.filter(source="list", matter_id__isnull=False).select_related("individual"):
        kind = {"arrival": "arrival", "close_contact": "close_contact"}[origin.individual.role]
        assert origin.matter_id == matters[origin.individual.area_id, kind]


def reported(city: Any, now: datetime) -> Matter:
    draft = ReportDraft("arrival", city.area(VILLAGE), "phone", text="有人从武汉回来", fields=dict(PERSON))
    taken = matter_receive(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)
    return Matter.objects.get(id=taken.matter_id)


def dismissed(city: Any, matter: Matter, now: datetime) -> Matter:
    upon = {"matter_id": matter.id, "now": now}
    seen = triage.matter_acknowledge(actor=city.actor("alice"), version=1, **upon)
    said = {"reason": "no_matter", "text": "查无此人"}
    return triage.matter_dismiss(actor=city.actor("dan"), version=seen.version, **said, **upon)


@pytest.mark.django_db(transaction=True)
def test_a_matter_taken_up_again_brings_its_record_back(city: Any, now: datetime, settle: Settle) -> None:
    matter = reported(city, now)
    settle(now)
    one = Individual.objects.get()
    matter = dismissed(city, matter, now)
    settle(now)
    one.refresh_from_db()
    assert one.state == "withdrawn"
    again = {"actor": city.actor("dan"), "matter_id": matter.id, "text": "其家属来电,确有其人", "now": now}
    finishing.matter_reopen(**again, version=matter.version)
    for _ in range(2):
        settle(now)
    one.refresh_from_db()
    assert one.state == "active"
    assert Event.objects.filter(type="individual.restored", subject_id=one.id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_withdrawn_by_hand_stays_so(city: Any, now: datetime, settle: Settle) -> None:
    matter = reported(city, now)
    settle(now)
    one = Individual.objects.get()
    individual_close(actor=city.actor("hana"), individual_id=one.id, state="withdrawn", reason="desk", now=now)
    matter = dismissed(city, matter, now)
    settle(now)
    again = {"actor": city.actor("dan"), "matter_id": matter.id, "text": "其家属来电", "now": now}
    finishing.matter_reopen(**again, version=matter.version)
    settle(now)
    one.refresh_from_db()
    assert one.state == "withdrawn"

"""A reference that the database does not check, and that leads nowhere, is found by the doctor."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.db.models import ProtectedError

from tests.conftest import City
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.ground.accounts.models import Person
from wangge.ground.kernel.bulk import bound
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response
from wangge.upkeep import doctor
from wangge.upkeep.references import dangling, unchecked


def receive(city: City, now: datetime) -> Matter:
    draft = ReportDraft(kind="gathering", area_id=city.area("441302001001"), source="phone", text="小卖部门口聚集打牌")
    received = matter_receive(actor=city.actor("alice", now), response_id=city.response_id, draft=draft, now=now)
    return Matter.objects.get(id=received.matter_id)


def test_what_a_report_refers_to_is_all_there(city: City, now: datetime) -> None:
    receive(city, now)
    assert {field.model.__name__ for field in unchecked()} == {
        "Matter", "Report", "VaultField", "AnsweredCall", "CaseCounter", "Submission", "Screening", "Total",
    }  # fmt: skip
    assert dangling() == {}
    assert "✓ 上报所指的记录都在。" in [finding.line("zh") for finding in doctor.examine(now)]


def test_a_reference_into_nothing_is_counted_and_said(city: City, now: datetime) -> None:
    matter = receive(city, now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE matters_matter SET response_id = %s WHERE id = %s", [bound(new_id()), bound(matter.id)])
    assert dangling() == {"matters.Matter.response": 1}
    [said] = [finding.line("zh") for finding in doctor.examine(now) if "matters.Matter.response" in finding.zh]
    assert said.startswith("✗ matters.Matter.response 有 1 行")


def test_what_is_referred_to_cannot_be_deleted(city: City, now: datetime) -> None:
    receive(city, now)
    with pytest.raises(ProtectedError):
        Response.objects.get(id=city.response_id).delete()
    with pytest.raises(ProtectedError):
        Person.objects.get(username="alice").delete()

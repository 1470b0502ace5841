"""Fields set anew, copied to another record, looked at by the list, found by many values at once."""

from __future__ import annotations

import threading
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.conftest import City
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import InputInvalid, NotPermitted
from wangge.ground.responses import vault
from wangge.ground.responses.models import Unmasking, VaultField
from wangge.ground.responses.vault import Secret

VILLAGE = "441302001001"


def put(city: City, subject: UUID, **values: tuple[str, str]) -> UUID:
    with transaction.atomic():
        vault.put_many(
            response_id=city.response_id, secrets=[Secret(subject, field, *value) for field, value in values.items()]
        )
    return subject


def replace(city: City, *secrets: Secret) -> None:
    with transaction.atomic():
        vault.replace(response_id=city.response_id, secrets=secrets)


@pytest.fixture
def looker(city: City) -> Actor:
    grant = Grant(frozenset({"vault.view", "vault.unmask"}), city.area("441302001"), "test")
    return Actor(city.people["alice"], "alice", (grant,))


def clear(
    city: City, actor: Actor, *subjects: UUID, now: datetime, reason: str = "交接名单核对"
) -> dict[UUID, dict[str, str]]:
    return vault.clear_many(
        actor=actor, area_id=city.area(VILLAGE), subject_ids=subjects,
        fields=["name", "phone", "nickname", "note"], reason=reason, now=now,
    )  # fmt: skip


def found(city: City, kind: str, *values: str) -> dict[str, list[UUID]]:
    return vault.subjects_with_many(response_id=city.response_id, kind=kind, values=values)


def test_replace_adds_overwrites_and_removes(city: City, looker: Actor, now: datetime) -> None:
    one, other = put(city, new_id(), name=("name", "王小明"), phone=("phone", "13812345678")), new_id()
    put(city, other, name=("name", "李四"))
    replace(
        city,
        Secret(one, "name", "name", "王晓明"),
        Secret(one, "phone", "phone", ""),
        Secret(one, "note", "text", "复核"),
    )
    assert clear(city, looker, one, other, now=now) == {
        one: {"name": "王晓明", "note": "复核"},
        other: {"name": "李四"},
    }
    assert found(city, "name", "王小明", "王晓明") == {"王小明": [], "王晓明": [one]}
    assert found(city, "phone", "13812345678") == {"13812345678": []}


def test_of_a_field_named_twice_the_last_value_counts(city: City, looker: Actor, now: datetime) -> None:
    one = new_id()
    replace(city, Secret(one, "name", "name", "甲"), Secret(one, "name", "name", "乙"))
    assert clear(city, looker, one, now=now) == {one: {"name": "乙"}}
    replace(city, Secret(one, "name", "name", "丙"), Secret(one, "name", "name", ""))
    assert clear(city, looker, one, now=now) == {}


def test_a_replacement_is_undone_with_its_transaction(city: City, looker: Actor, now: datetime) -> None:
    one = put(city, new_id(), name=("name", "王小明"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        vault.replace(response_id=city.response_id, secrets=[Secret(one, "name", "name", "另一人")])
        raise ZeroDivisionError
    assert clear(city, looker, one, now=now) == {one: {"name": "王小明"}}


def test_copied_fields_open_under_the_new_subject_and_nobody_is_noted(city: City, looker: Actor, now: datetime) -> None:
    report = put(city, new_id(), person_name=("name", "欧阳测试"), text=("text", "13812345678 来电"))
    person, events = put(city, new_id(), phone=("phone", "13900000000")), Event.objects.count()
    with transaction.atomic():
        vault.copy_fields(
            response_id=city.response_id, from_subject=report, to_subject=person,
            fields={"person_name": "name", "text": "nickname", "absent": "note"}, kinds={"text": "name"},
        )  # fmt: skip
    assert (Unmasking.objects.count(), Event.objects.count()) == (0, events)
    assert clear(city, looker, person, now=now)[person] == {
        "name": "欧阳测试", "nickname": "13812345678 来电", "phone": "13900000000",
    }  # fmt: skip
    assert VaultField.objects.get(subject_id=person, field="nickname").kind == "name"
    assert found(city, "name", "欧阳测试")["欧阳测试"] == [report, person]


def test_many_looks_leave_one_row_and_one_event_for_each(city: City, looker: Actor, now: datetime) -> None:
    subjects = [put(city, new_id(), name=("name", f"张{number}")) for number in "一二三"]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        seen = clear(city, looker, *subjects, new_id(), now=now)
    assert {subject: fields["name"] for subject, fields in seen.items()} == dict(
        zip(subjects, ["张一", "张二", "张三"], strict=True)
    )
    assert len([one for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]) <= 5
    assert sorted(Unmasking.objects.values_list("subject_id", flat=True)) == sorted(subjects)
    events = Event.objects.filter(type="vault.unmasked").order_by("id")
    assert [event.subject_id for event in events] == subjects
    assert {event.response_id for event in events} == {city.response_id}


def test_an_outsider_or_a_look_without_reason_gets_nothing(city: City, looker: Actor, now: datetime) -> None:
    one = put(city, new_id(), name=("name", "王小明"))
    outsider = Actor(city.people["olga"], "olga", (Grant(frozenset({"vault.unmask"}), city.area("441323001"), "test"),))
    with pytest.raises(NotPermitted):
        clear(city, outsider, one, now=now)
    with pytest.raises(InputInvalid):
        clear(city, looker, one, now=now, reason=" 看 ")
    assert not Unmasking.objects.exists()


def test_many_values_are_found_in_one_query_whatever_their_form(city: City) -> None:
    one = put(city, new_id(), phone=("phone", "13812345678"), other=("phone", "13812345678"))
    two = put(city, new_id(), phone=("phone", "13987654321"), spare=("phone", "13812345678"))
    with CaptureQueriesContext(connection) as queries:
        answer = found(city, "phone", "+86 138-1234-5678", "13812345678", "139 8765 4321", "13000000000")
    assert len(queries) == 1
    assert answer == {
        "+86 138-1234-5678": [one, two],
        "13812345678": [one, two],
        "139 8765 4321": [two],
        "13000000000": [],
    }
    assert found(city, "phone") == {}


@pytest.mark.django_db(transaction=True)
def test_two_who_replace_one_field_at_once_both_come_through(city: City, looker: Actor, now: datetime) -> None:
    one, two = new_id(), new_id()
    failed: list[BaseException] = []
    start = threading.Barrier(2)

    def run(value: str, order: tuple[UUID, UUID]) -> None:
        try:
            for _ in range(10):
                start.wait(30)
                replace(city, *(Secret(subject, "name", "name", value) for subject in order))
        except BaseException as error:
            failed.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=("甲某", (one, two))),
        threading.Thread(target=run, args=("乙某", (two, one))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed
    assert clear(city, looker, one, two, now=now) in (
        {one: {"name": name}, two: {"name": name}} for name in ("甲某", "乙某")
    )

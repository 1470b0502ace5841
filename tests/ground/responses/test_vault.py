"""Personal data is unreadable without its key, tied to its record, masked, and seen whole only on the record."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.conftest import OPERATOR, City
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, VaultDamaged, VaultLocked
from wangge.ground.responses import services, vault
from wangge.ground.responses.keys import key_ring
from wangge.ground.responses.models import Unmasking, VaultField
from wangge.ground.responses.vault import Secret

NAME, PHONE, ADDRESS = "欧阳测试甲", "13812345678", "桥东街道东湖花园三号楼五〇二"


def put(response_id: UUID, **values: tuple[str, str]) -> UUID:
    """Store fields of a new subject, each as (kind, value)."""
    subject = new_id()
    with transaction.atomic():
        vault.put_many(
            response_id=response_id, secrets=[Secret(subject, field, *value) for field, value in values.items()]
        )
    return subject


@pytest.fixture
def subject(city: City) -> UUID:
    return put(city.response_id, name=("name", NAME), phone=("phone", PHONE), address=("address", ADDRESS))


@pytest.fixture
def viewer(city: City) -> Callable[..., Actor]:
    """Somebody with the vault's verbs in one area."""

    def made(area: str, *verbs: str) -> Actor:
        return Actor(city.people["alice"], "alice", (Grant(frozenset(verbs), city.area(area), "test"),))

    return made


@pytest.fixture
def desk(viewer: Callable[..., Actor]) -> Actor:
    return viewer("441302001", "vault.view", "vault.unmask")


def masked(city: City, actor: Actor, subject: UUID) -> dict[str, str]:
    return vault.masked(actor=actor, area_id=city.area("441302001001"), subject_ids=[subject])[subject]


def unmask(city: City, actor: Actor, subject: UUID, now: datetime, **changed: Any) -> dict[str, str]:
    arguments = {"area_id": city.area("441302001001"), "fields": ["name", "phone"], "reason": "电话回访核实", **changed}
    return dict(vault.unmask(actor=actor, subject_id=subject, now=now, **arguments))


def test_what_is_stored_is_shown_masked(city: City, subject: UUID, desk: Actor) -> None:
    assert masked(city, desk, subject) == {"name": "欧****", "phone": "138****5678", "address": "桥东街道东湖****"}


def test_empty_values_take_no_row(city: City) -> None:
    assert not VaultField.objects.filter(subject_id=put(city.response_id, name=("name", ""))).exists()


@pytest.mark.parametrize("changed", ["sealed", "subject_id", "field", "kind", "key_version", "short"])
def test_a_field_moved_or_altered_is_refused(city: City, subject: UUID, desk: Actor, changed: str) -> None:
    other = put(city.response_id, name=("name", "李四"), phone=("phone", "13900000000"))
    mine = VaultField.objects.get(subject_id=subject, field="name")
    theirs = VaultField.objects.get(subject_id=other, field="name")
    change: dict[str, Any] = {
        "sealed": {"sealed": theirs.sealed},
        "subject_id": {"subject_id": new_id()},
        "field": {"field": "nickname"},
        "kind": {"kind": "text"},  # a text is shown, a name is not
        "key_version": {"key_version": 2},
        "short": {"sealed": b"\x00"},
    }
    VaultField.objects.filter(id=mine.id).update(**change[changed])
    mine.refresh_from_db()
    with pytest.raises(VaultDamaged):
        masked(city, desk, mine.subject_id)
    assert masked(city, desk, other)["name"] == "李*"


def test_two_fields_of_one_record_do_not_change_places(city: City, subject: UUID, desk: Actor) -> None:
    name = VaultField.objects.get(subject_id=subject, field="name")
    phone = VaultField.objects.get(subject_id=subject, field="phone")
    VaultField.objects.filter(id=name.id).update(sealed=phone.sealed)
    VaultField.objects.filter(id=phone.id).update(sealed=name.sealed)
    with pytest.raises(VaultDamaged):
        masked(city, desk, subject)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "+86 138-1234-5678"),
        ("phone", "".join(chr(ord(digit) + 0xFEE0) for digit in PHONE)),
        ("name", "欧阳 测试甲"),
        ("name", NAME),
    ],
)
def test_equal_values_are_found_in_whatever_form(city: City, subject: UUID, desk: Actor, kind: str, value: str) -> None:
    put(city.response_id, name=("name", "别人"), phone=("phone", "13812345679"))
    found = vault.subjects_with(
        actor=desk, area_id=city.area("441302001001"), response_id=city.response_id, kind=kind, value=value
    )
    assert found == [subject]


def test_addresses_and_texts_have_no_index(city: City, subject: UUID) -> None:
    put(city.response_id, text=("text", "自述发热"))
    indexed = VaultField.objects.filter(index__isnull=False).values_list("kind", flat=True)
    assert set(indexed) <= {"name", "phone", "document"}
    name = VaultField.objects.get(subject_id=subject, field="name")
    assert name.index is not None and len(bytes(name.index)) == 16


def test_an_unmasked_look_is_journalled_with_its_reason_kept(
    city: City, subject: UUID, desk: Actor, now: datetime
) -> None:
    assert unmask(city, desk, subject, now, reason="  电话回访核实 ") == {"name": NAME, "phone": PHONE}
    event = Event.objects.filter(type="vault.unmasked").latest("id")
    assert (event.actor_id, event.subject_id, event.area_id) == (
        city.people["alice"], subject, city.area("441302001001"),
    )  # fmt: skip
    assert (event.response_id, event.data["fields"]) == (city.response_id, ["name", "phone"])
    kept = Unmasking.objects.get(subject_id=subject)
    assert (kept.person_id, kept.role, kept.area_id, kept.fields, kept.at) == (
        city.people["alice"], "test", city.area("441302001001"), ["name", "phone"], now,
    )  # fmt: skip
    assert masked(city, desk, kept.id) == {"reason": "电话回访核实"}
    assert NAME not in json.dumps(event.data, ensure_ascii=False)


@pytest.mark.parametrize("reason", ["", "   ", "看看", " 看 "])
def test_without_a_reason_nothing_is_unmasked(
    city: City, subject: UUID, desk: Actor, now: datetime, reason: str
) -> None:
    with pytest.raises(InputInvalid):
        unmask(city, desk, subject, now, reason=reason)
    assert not Unmasking.objects.exists()


def test_neither_role_nor_area_alone_opens_the_vault(
    city: City, subject: UUID, viewer: Callable[..., Actor], now: datetime
) -> None:
    outsider = viewer("441323001", "vault.view", "vault.unmask")
    looker = viewer("441302001", "vault.view")
    for actor in (outsider, looker, viewer("441302001", "matter.report")):
        with pytest.raises(NotPermitted):
            unmask(city, actor, subject, now)
    with pytest.raises(NotPermitted):
        masked(city, outsider, subject)
    with pytest.raises(NotPermitted):
        vault.subjects_with(
            actor=outsider, area_id=city.area("441302001"), response_id=city.response_id, kind="name", value=NAME
        )
    assert not Unmasking.objects.exists()


def key_file(response_id: UUID) -> Path:
    return Path(settings.KEY_FOLDER) / f"{response_id}.json"


def test_without_its_key_file_the_vault_is_locked_at_once(city: City, subject: UUID, desk: Actor) -> None:
    assert masked(city, desk, subject)
    path, aside = key_file(city.response_id), key_file(city.response_id).with_suffix(".aside")
    path.rename(aside)
    try:
        with pytest.raises(VaultLocked):
            masked(city, desk, subject)
        with pytest.raises(VaultLocked):
            put(city.response_id, name=("name", NAME))
    finally:
        aside.rename(path)
    assert masked(city, desk, subject)["name"] == "欧****"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"current": 2, "keys": {"1": "AA=="}, "index": "AA=="}', "null"])
def test_a_key_file_that_is_none_locks_the_vault(city: City, content: str) -> None:
    stranger = new_id()
    key_file(stranger).write_text(content)
    with pytest.raises(VaultLocked):
        key_ring(stranger)


def opened(city: City, code: str, now: datetime, **changed: Any) -> UUID:
    arguments: dict[str, Any] = {
        "code": code, "name": "演练", "area_id": city.area("4413"), "pack_id": city.response.pack_id,
        "purpose": "演练", "legal_basis": "《突发公共卫生事件应急条例》", "authority": "指挥部",
        "started_at": now, "now": now, "exercise": True, **changed,
    }  # fmt: skip
    return services.response_open(actor=OPERATOR, **arguments).id


def test_two_responses_have_different_keys_readable_by_their_owner_only(
    city: City, subject: UUID, desk: Actor, now: datetime
) -> None:
    other = opened(city, "drill-2020", now)
    keys = [json.loads(key_file(one).read_text()) for one in (city.response_id, other)]
    assert keys[0]["keys"]["1"] != keys[1]["keys"]["1"] and keys[0]["index"] != keys[1]["index"]
    assert [stat.S_IMODE(key_file(one).stat().st_mode) for one in (city.response_id, other)] == [0o600, 0o600]
    assert vault.index_of(city.response_id, "name", NAME) != vault.index_of(other, "name", NAME)
    VaultField.objects.filter(subject_id=subject).update(response_id=other)
    with pytest.raises(VaultDamaged):
        masked(city, desk, subject)


def test_a_response_is_declared_once_with_all_that_founds_it(city: City, now: datetime) -> None:
    opened(city, "drill-2020", now)
    event = Event.objects.filter(type="response.opened").latest("id")
    assert event.exercise and event.data["code"] == "drill-2020"
    for changed in ({}, {"code": " "}, {"code": "x", "purpose": ""}, {"code": "x", "legal_basis": " "}):
        with pytest.raises(InputInvalid):
            opened(city, **{"code": "drill-2020", **changed}, now=now)
    with pytest.raises(NotFound):
        opened(city, "x", now, pack_id=new_id())
    with pytest.raises(NotPermitted):
        services.response_open(
            actor=city.actor("olga"), code="x", name="x", area_id=city.area("4413"), pack_id=city.response.pack_id,
            purpose="x", legal_basis="x", authority="x", started_at=now, now=now + timedelta(0),
        )  # fmt: skip


def test_no_planted_value_stands_anywhere_in_the_database(
    city: City, subject: UUID, desk: Actor, now: datetime
) -> None:
    """Every row of every table, as text; on SQLite its bytes as well, freed pages included."""
    unmask(city, desk, subject, now)
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of the database
            texts.append(repr([[bytes(one) if isinstance(one, memoryview) else one for one in row] for row in cursor]))
    assert str(subject) in "".join(texts) or subject.hex in "".join(texts)
    for planted in (NAME, PHONE, ADDRESS):
        assert not any(planted in text or repr(planted.encode())[2:-1] in text for text in texts)
        if connection.vendor == "sqlite":
            assert planted.encode() not in connection.connection.serialize()

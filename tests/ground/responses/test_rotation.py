"""Changing the keys of a response: nothing is lost or unfindable meanwhile, and the old keys are gone at the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction

from tests.conftest import City
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant, system_actor
from wangge.ground.kernel.problems import KeyRotationRunning, NotPermitted
from wangge.ground.responses import keys, keystores, rotation, vault
from wangge.ground.responses.models import Rotation, VaultField
from wangge.ground.responses.rotation import GRACE, rotation_begin, rotation_step, rotations_due
from wangge.ground.responses.vault import Secret

KEEPER = system_actor("test", "key.rotate", "vault.view")
NAMES = [f"测试{number:04d}" for number in range(1200)]


@pytest.fixture
def people(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UUID]]:
    """1,200 sealed names; the key file is put back as it was, for the tests that share the city."""
    path = Path(settings.KEY_FOLDER) / f"{city.response_id}.json"
    before = path.read_bytes()
    subjects = [new_id() for _ in NAMES]
    put(city, *(Secret(subject, "name", "name", name) for subject, name in zip(subjects, NAMES, strict=True)))
    yield subjects
    path.write_bytes(before)
    keys._ring.cache_clear()


def put(city: City, *secrets: Secret) -> None:
    with transaction.atomic():
        vault.put_many(response_id=city.response_id, secrets=secrets)


def step(city: City, at: datetime) -> int:
    return rotations_due(actor=KEEPER, now=at)


def finish(city: City, at: datetime) -> None:
    while step(city, at):
        pass


def versions(city: City) -> set[int]:
    return set(VaultField.objects.filter(response_id=city.response_id).values_list("key_version", flat=True))


def in_file(city: City) -> list[str]:
    content = json.loads((Path(settings.KEY_FOLDER) / f"{city.response_id}.json").read_text())
    assert content["keys"].keys() == content["index"].keys()
    return sorted(content["keys"])


def all_found(city: City, people: list[UUID]) -> bool:
    found = vault.subjects_with_many(response_id=city.response_id, kind="name", values=NAMES)
    seen = vault.masked(actor=KEEPER, area_id=city.area("4413"), subject_ids=people)
    return found == {name: [one] for name, one in zip(NAMES, people, strict=True)} and len(seen) == len(people)


def test_everything_stays_readable_and_findable_through_the_whole_of_it(
    city: City, people: list[UUID], now: datetime
) -> None:
    before = keys.key_ring(city.response_id)
    rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
    assert versions(city) == {1} and in_file(city) == ["1"]
    while step(city, now):
        assert all_found(city, people) and in_file(city) == ["1", "2"]
    late = vault.sealing(city.response_id)([Secret(new_id(), "name", "name", "新来的人")])
    running = Rotation.objects.get(response_id=city.response_id)
    assert (running.done, running.total, running.finished_at) == (1200, 1200, None) and late[0][4] == 2
    finish(city, now + GRACE)
    assert versions(city) == {2} and in_file(city) == ["2"] and all_found(city, people)
    after = keys.key_ring(city.response_id)
    assert not {*before.fingerprints.values(), *before.index_keys.values()} & {
        *after.fingerprints.values(), *after.index_keys.values(),
    }  # fmt: skip
    told = Event.objects.filter(type="response.keys_rotated").get()
    assert told.data == {"version": 2, "fields": 1200, "damaged": 0} and step(city, now + 2 * GRACE) == 0


def test_what_was_sealed_before_and_written_after_the_change_is_not_lost(
    city: City, people: list[UUID], now: datetime
) -> None:
    late = new_id()
    with transaction.atomic():
        rows = vault.sealing(city.response_id)([Secret(late, "name", "name", "迟到的人")])
        rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
        finish(city, now)
        vault.keep(rows)
    assert versions(city) == {1, 2}
    finish(city, now + GRACE)
    assert versions(city) == {2} and in_file(city) == ["2"]
    assert vault.masked(actor=KEEPER, area_id=city.area("4413"), subject_ids=[late]) == {late: {"name": "迟***"}}


@pytest.mark.parametrize("place", ["keys_add", "seal_anew", "keys_drop_before", "_record"])
def test_a_rotation_that_dies_anywhere_goes_on_where_it_stood(
    city: City, people: list[UUID], now: datetime, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Each step dies right after its deed, with its transaction undone: what is outside the database stays done."""
    rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
    deed: Callable[..., Any] = getattr(rotation, place)
    died: list[int] = []

    def dying(*given: Any, **named: Any) -> Any:
        deed(*given, **named)
        if len(died) < 2:
            died.append(1)
            raise KeyboardInterrupt
        return 0 if place == "seal_anew" else None

    monkeypatch.setattr(rotation, place, dying)
    for at in (now, now + GRACE):
        for _ in range(12):
            try:
                with transaction.atomic():
                    step(city, at)
            except KeyboardInterrupt:
                assert all_found(city, people) or place in {"keys_drop_before", "_record"}
    assert len(died) == 2
    assert Rotation.objects.get(response_id=city.response_id).finished_at == now + GRACE
    assert versions(city) == {2} and in_file(city) == ["2"] and all_found(city, people)
    assert keys.key_ring(city.response_id).current == 2


def test_a_damaged_field_does_not_keep_the_old_keys_alive(city: City, people: list[UUID], now: datetime) -> None:
    VaultField.objects.filter(subject_id=people[3]).update(sealed=b"\0" * 40)
    rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
    finish(city, now)
    finish(city, now + GRACE)
    assert Rotation.objects.get(response_id=city.response_id).damaged == 1 and in_file(city) == ["2"]


def test_who_may_not_rotate_is_refused_and_a_second_rotation_too(city: City, people: list[UUID], now: datetime) -> None:
    outsider = Actor(city.people["olga"], "olga", (Grant(frozenset({"key.rotate"}), city.area("441323"), "test"),))
    for actor in (outsider, city.actor("frank")):
        with pytest.raises(NotPermitted):
            rotation_begin(actor=actor, response_id=city.response_id, now=now)
    with pytest.raises(NotPermitted):
        rotation_step(actor=outsider, rotation_id=new_id(), now=now)
    rotation_begin(actor=city.actor("adam"), response_id=city.response_id, now=now)
    step(city, now), step(city, now)
    with pytest.raises(KeyRotationRunning) as refused:
        rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
    assert refused.value.details == {"done": 500, "total": 1200}


@pytest.mark.django_db(transaction=True)
def test_of_two_rotations_at_once_one_is_refused_and_two_engines_share_it(
    city: City, people: list[UUID], now: datetime
) -> None:
    start, results, failed = threading.Barrier(2), [], []

    def run() -> None:
        try:
            start.wait(30)
            try:
                rotation_begin(actor=KEEPER, response_id=city.response_id, now=now)
                results.append("begun")
            except KeyRotationRunning:
                results.append("refused")
            start.wait(30)
            for at in (now, now + GRACE):
                for _ in range(20):
                    rotations_due(actor=KEEPER, now=at)
                start.wait(60)
        except BaseException as error:
            failed.append(error)
            start.abort()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failed and sorted(results) == ["begun", "refused"]
    finish(city, now + GRACE + timedelta(minutes=1))
    assert versions(city) == {2} and in_file(city) == ["2"] and all_found(city, people)
    assert Event.objects.filter(type="response.keys_rotated").count() == 1


def test_the_old_file_is_overwritten_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    store = keystores.KeyFolder(tmp_path)
    store.create("one", {"secret": "first"})
    with (tmp_path / "one.json").open("rb") as kept:
        store.replace("one", {"secret": "second"})
        assert b"first" not in kept.read()
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"] and store.read("one") == {"secret": "second"}

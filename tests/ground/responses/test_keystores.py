"""Keys in a folder and in a key service: the same contract, and the same honesty about what is destroyed or away."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import City
from tests.ground.responses.keyserver import TOKEN, KvServer, kv_server
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import DataDestroyed, KeyServiceUnavailable, VaultLocked
from wangge.ground.responses import keys, vault
from wangge.ground.responses.keys import key_ring, keys_add, keys_destroy, keys_drop_before, keys_gone, keys_make
from wangge.ground.responses.keystores import KeyFolder, KeyService, KeyStore
from wangge.ground.responses.rotation import GRACE, rotation_begin, rotations_due
from wangge.ground.responses.vault import Secret


@pytest.fixture
def service() -> Iterator[KvServer]:
    with kv_server() as server:
        yield server


@pytest.fixture(params=["folder", "service"])
def store(request: Any, tmp_path: Path, settings: Any, service: KvServer) -> Iterator[KeyStore]:
    """The store that the settings name, in both kinds."""
    keys._ring.cache_clear()
    settings.KEY_FOLDER = tmp_path / "keys"
    if request.param == "service":
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        settings.KEY_SERVICE, settings.KEY_SERVICE_PATH = service.address, "secret/wangge"
        settings.KEY_SERVICE_TOKEN_FILE = str(tmp_path / "token")
        yield KeyService(service.address, "secret/wangge", str(tmp_path / "token"), "", "")
    else:
        yield KeyFolder(tmp_path / "keys")
    keys._ring.cache_clear()


def test_keys_are_made_once_rotated_and_destroyed(store: KeyStore, now: datetime) -> None:
    one = new_id()
    with pytest.raises(VaultLocked):
        key_ring(one)
    keys_make(one)
    with pytest.raises(FileExistsError):
        keys_make(one)
    first = key_ring(one)
    for _ in range(2):
        keys_add(one, 2)
    both = key_ring(one)
    assert (both.current, set(both.ciphers), both.index_keys[1]) == (2, {1, 2}, first.index_keys[1])
    for _ in range(2):
        keys_drop_before(one, 2)
    assert set(key_ring(one).ciphers) == {2} and key_ring(one).fingerprints[2] == both.fingerprints[2]
    assert store.names() == {str(one)} and not keys_gone(one)
    for _ in range(2):
        keys_destroy(one, record="XH-test", at=now)
    assert store.names() == set() and keys_gone(one)
    with pytest.raises(DataDestroyed):
        key_ring(one)


def test_keys_copied_back_after_their_destruction_are_not_used(store: KeyStore, now: datetime) -> None:
    one = new_id()
    keys_make(one)
    copied = store.read(str(one))
    keys_destroy(one, record="XH-test", at=now)
    store.create(str(one), copied)
    with pytest.raises(DataDestroyed):
        key_ring(one)
    keys_destroy(one, record="XH-test", at=now)
    assert keys_gone(one)


def test_a_response_lives_on_either_store(store: KeyStore, city: City, now: datetime) -> None:
    keeper, subject = system_actor("test", "key.rotate", "vault.view"), new_id()
    keys_make(city.response_id)
    vault.put_many(response_id=city.response_id, secrets=[Secret(subject, "name", "name", "欧阳测试")])
    rotation_begin(actor=keeper, response_id=city.response_id, now=now)
    for at in (now, now + timedelta(minutes=1), now + GRACE):
        while rotations_due(actor=keeper, now=at):
            pass
    assert vault.masked(actor=keeper, area_id=city.area("4413"), subject_ids=[subject]) == {subject: {"name": "欧***"}}
    found = vault.subjects_with_many(response_id=city.response_id, kind="name", values=["欧阳测试"])
    assert found["欧阳测试"] == [subject]
    assert key_ring(city.response_id).current == 2 and set(key_ring(city.response_id).ciphers) == {2}


def test_a_service_keeps_no_older_version_of_the_keys(store: KeyStore, service: KvServer, now: datetime) -> None:
    if isinstance(store, KeyFolder):
        pytest.skip("a folder has no versions")
    one = new_id()
    keys_make(one)
    first = json.dumps(service.kept[f"wangge/{one}"][0]["keys"])  # type: ignore[index]
    keys_add(one, 2)
    keys_drop_before(one, 2)
    assert service.kept[f"wangge/{one}"][:2] == [None, None] and first not in json.dumps(service.kept)
    keys_destroy(one, record="XH-test", at=now)
    assert "keys" not in json.dumps(service.kept)


def test_a_process_that_remembers_older_keys_asks_again(store: KeyStore, city: City) -> None:
    """Another process has changed the keys; what it sealed is opened here all the same."""
    one = new_id()
    keys_make(one)
    old = key_ring(one)
    content = dict(store.read(str(one)))
    content = {"current": 2, "keys": {**content["keys"], "2": content["keys"]["1"]},
               "index": {**content["index"], "2": content["index"]["1"]}}  # fmt: skip
    store.replace(str(one), content)
    assert old.current == 1 and key_ring(one, 2).current == 2


@pytest.mark.parametrize("fault", ["sealed", "token", "away", "no token file"])
def test_a_service_that_does_not_answer_is_said_to_be_away_not_the_key(
    service: KvServer, tmp_path: Path, settings: Any, fault: str
) -> None:
    keys._ring.cache_clear()
    (tmp_path / "token").write_text("wrong" if fault == "token" else TOKEN)
    settings.KEY_SERVICE = "http://127.0.0.1:9" if fault == "away" else service.address
    settings.KEY_SERVICE_TOKEN_FILE = str(tmp_path / ("none" if fault == "no token file" else "token"))
    service.sealed = fault == "sealed"
    with pytest.raises(KeyServiceUnavailable):
        key_ring(new_id())


def test_files_and_folder_are_their_owners_only(tmp_path: Path, settings: Any, now: datetime) -> None:
    settings.KEY_FOLDER = tmp_path / "keys"
    one = new_id()
    keys_make(one)
    keys_destroy(one, record="XH-test", at=now)
    for path in (tmp_path / "keys", *(tmp_path / "keys").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0

"""Keys in a folder and in a key service: the same contract, and the same honesty about what is destroyed or away.

The service is a small server that answers as OpenBao does, and where the program is there, OpenBao itself.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import City
from tests.ground.responses.keyserver import TOKEN, KvServer, kv_server
from tests.ground.responses.openbao import INSTALL, Bao, bao_server, program
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


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """A real OpenBao, for all tests that ask for one."""
    if program() is None:
        pytest.skip(INSTALL)
    with bao_server(tmp_path_factory.mktemp("bao")) as running:
        yield running


@pytest.fixture(params=["folder", "service", "openbao"])
def store(request: Any, tmp_path: Path, settings: Any, service: KvServer) -> Iterator[KeyStore]:
    """The store that the settings name, in each kind."""
    keys._ring.cache_clear()
    settings.KEY_FOLDER = tmp_path / "keys"
    if request.param == "folder":
        yield KeyFolder(tmp_path / "keys")
    else:
        real: Bao | None = request.getfixturevalue("bao") if request.param == "openbao" else None
        if real:
            real.empty()
        yield served(tmp_path, settings, *((real.address, real.token) if real else (service.address, TOKEN)))
    keys._ring.cache_clear()


def served(folder: Path, settings: Any, address: str, token: str) -> KeyService:
    """The adapter for a service, as the settings name it."""
    (folder / "token").write_text(f"{token}\n")
    settings.KEY_SERVICE, settings.KEY_SERVICE_PATH = address, "secret/wangge"
    settings.KEY_SERVICE_TOKEN_FILE = str(folder / "token")
    return KeyService(address, "secret/wangge", str(folder / "token"), "", "")


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


def test_a_service_keeps_no_older_version_of_the_keys(
    service: KvServer, tmp_path: Path, settings: Any, now: datetime
) -> None:
    served(tmp_path, settings, service.address, TOKEN)
    one = new_id()
    kept = f"wangge/{one}"
    keys_make(one)
    first = json.dumps(service.kept[kept][0]["keys"])  # type: ignore[index]
    keys_add(one, 2)
    keys_drop_before(one, 2)
    assert service.kept[kept][:2] == [None, None] and first not in json.dumps(service.kept)
    keys_destroy(one, record="XH-test", at=now)
    assert "keys" not in json.dumps(service.kept)


def test_openbao_keeps_no_older_version_of_the_keys(bao: Bao, tmp_path: Path, settings: Any, now: datetime) -> None:
    served(tmp_path, settings, bao.address, bao.token)
    one = new_id()
    place = f"wangge/{one}"
    keys_make(one)
    first = bao.ask("GET", f"secret/data/{place}").json()["data"]["data"]
    keys_add(one, 2)
    keys_drop_before(one, 2)
    for version in (1, 2):
        old = bao.ask("GET", f"secret/data/{place}?version={version}")
        assert old.status_code == 404 and old.json()["data"]["metadata"]["destroyed"]
    assert first["keys"]["1"] not in bao.ask("GET", f"secret/data/{place}").text
    keys_destroy(one, record="XH-test", at=now)
    assert bao.ask("GET", f"secret/metadata/{place}").status_code == 404
    assert "keys" not in bao.ask("GET", f"secret/data/{place}.destroyed").text


def test_the_token_that_the_adapter_asks_for_may_do_no_more(bao: Bao) -> None:
    with httpx.Client(base_url=bao.address, headers={"X-Vault-Token": bao.token}) as adapter:
        assert adapter.get("/v1/secret/data/other/one").status_code == 403
        assert adapter.put("/v1/secret/undelete/wangge/one", json={"versions": [1]}).status_code == 403
        assert adapter.get("/v1/sys/policies/acl/wangge").status_code == 403


def test_a_sealed_openbao_is_said_to_be_away(tmp_path: Path, settings: Any) -> None:
    if program() is None:
        pytest.skip(INSTALL)
    keys._ring.cache_clear()
    with bao_server(tmp_path) as bao:
        served(tmp_path, settings, bao.address, bao.token)
        one = new_id()
        keys_make(one)
        assert bao.ask("PUT", "sys/seal").status_code == 204
        keys._ring.cache_clear()
        with pytest.raises(KeyServiceUnavailable):
            key_ring(one)


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

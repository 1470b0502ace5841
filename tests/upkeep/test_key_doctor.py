"""What the doctor finds wrong with keys, rotations and endings, and that restore refuses keys of an ended response."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import City
from tests.picture.endings.test_endings import ENGINE, ended, own_keys
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import RestoreRefused
from wangge.ground.responses import keys as response_keys
from wangge.ground.responses.rotation import rotation_begin
from wangge.picture.endings.models import Ending
from wangge.picture.endings.services import endings_due
from wangge.upkeep import restore
from wangge.upkeep.findings import Finding
from wangge.upkeep.key_doctor import LATE, endings, keys, rotations

__all__ = ["own_keys"]
LONG = LATE + timedelta(minutes=1)


def wrongs(found: Iterable[Finding]) -> list[str]:
    return [one.zh for one in found if not one.ok]


def test_keys_that_are_well_are_told_so(city: City, now: datetime, own_keys: Path) -> None:
    own_keys.chmod(0o700)
    assert [(one.ok, one.zh) for one in keys(now)] == [(True, "响应 test-2020 的密钥可用。")]


@pytest.mark.parametrize("what", ["folder", "key"])
def test_a_key_that_others_can_read_is_named_with_the_command(
    city: City, now: datetime, own_keys: Path, what: str
) -> None:
    path = own_keys if what == "folder" else own_keys / f"{city.response_id}.json"
    own_keys.chmod(0o700)
    path.chmod(path.stat().st_mode | 0o040)
    assert wrongs(keys(now)) == [f"密钥 {path} 他人可读，请运行 chmod go-rwx {path}。"]


def test_a_key_of_no_response_and_a_response_without_its_key(city: City, now: datetime, own_keys: Path) -> None:
    own_keys.chmod(0o700)
    (own_keys / f"{city.response_id}.json").rename(own_keys / "stray.json")
    response_keys._ring.cache_clear()
    missing, stray = wrongs(keys(now))
    assert "test-2020 的密钥不在" in missing and f"请放回 {city.response_id}" in missing
    assert "密钥 stray 不属于任何响应" in stray


def test_a_rotation_that_stands_still(city: City, now: datetime) -> None:
    rotation_begin(actor=system_actor("test", "key.rotate"), response_id=city.response_id, now=now)
    assert wrongs(rotations(now + LATE)) == []
    [told] = wrongs(rotations(now + LONG))
    assert "停在 0/0" in told and "wangge response rotate test-2020 --go-on" in told


def test_an_ending_that_is_overdue_or_was_cut_off(city: City, now: datetime) -> None:
    ending, due = ended(city, now)
    assert wrongs(endings(due + LATE)) == [] and len(list(endings(due))) == 1
    [told] = wrongs(endings(due + LONG))
    assert "test-2020 应于" in told and "请启动引擎" in told
    Ending.objects.filter(id=ending.id).update(begun_at=due)
    assert len(wrongs(endings(due))) == 1
    Ending.objects.filter(id=ending.id).update(begun_at=None)
    assert endings_due(actor=ENGINE, now=due) == 1 and list(endings(due + LONG)) == []


def test_keys_that_came_back_are_told_and_keep_a_backup_from_being_restored(
    city: City, now: datetime, own_keys: Path
) -> None:
    own_keys.chmod(0o700)
    file = own_keys / f"{city.response_id}.json"
    kept = file.read_bytes()
    _, due = ended(city, now)
    endings_due(actor=ENGINE, now=due)
    restore._check_keys()
    assert wrongs(keys(due)) == []
    file.write_bytes(kept)
    file.chmod(0o600)
    [told] = wrongs(keys(due))
    assert f"请删除 {city.response_id}" in told
    with pytest.raises(RestoreRefused) as refused:
        restore._check_keys()
    assert str(city.response_id) in refused.value.sentence("zh")

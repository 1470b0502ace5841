"""A backup holds everything but the keys, and comes back into either database as it was."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.postgres import running_postgres
from tests.small_city import figures_of, replayed, small_pack, wangge

TOTALS = {
    "entertainment_inspected": 5,
    "lodging_inspected": 4,
    "epidemic_incidents_handled": 3,
    "gatherings_stopped": 2,
    "leaflets_handed_out": 60,
    "people_dispersed": 20,
    "handbooks_printed": 10,
}
CUT_OFF = "2020-02-05T20:00"


@pytest.fixture(scope="module")
def demo(new_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation worth backing up."""
    folder = tmp_path_factory.mktemp("backup")
    shutil.copytree(new_installation, folder / "data")
    done = replayed(folder / "data", small_pack(folder), 8, TOTALS)
    assert done.returncode == 0, done.stderr
    return folder / "data"


@pytest.fixture(scope="module")
def archive(demo: Path) -> Path:
    """Its backup."""
    file = demo.parent / "backup.zip"
    done = wangge(demo, "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert "密钥目录不在其中" in done.stdout
    return file


def altered(archive: Path, to: Path, part: str, change: bytes | None) -> Path:
    """The same archive with one part changed, or left out."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
            elif change is not None:
                new.writestr(name, old.read(name) + change)
    return to


def test_nobody_else_can_read_the_archive_and_no_key_is_in_it(demo: Path, archive: Path) -> None:
    assert archive.stat().st_mode & 0o077 == 0
    [key] = [json.loads(path.read_text())["keys"]["1"] for path in (demo / "keys").glob("*.json")]
    with zipfile.ZipFile(archive) as opened:
        content = b"".join(opened.read(name) for name in opened.namelist())
    assert key.encode() not in content
    assert json.loads(zipfile.ZipFile(archive).read("manifest.json"))["keys_included"] is False


READ = """
import django; django.setup()
from wangge.ground.responses.queries import response_current
from wangge.ground.responses.vault import opened_of_sample
print(*opened_of_sample(response_current().id, 1000))
"""
DESTROY = """
import django; django.setup()
from datetime import UTC, datetime
from pathlib import Path
from wangge.ground.responses.keys import keys_destroy
from django.conf import settings
for key in Path(settings.KEY_FOLDER).glob("*.json"):
    keys_destroy(key.stem, record="XH-demo", at=datetime.now(UTC))
"""


def said(data: Path, script: str) -> str:
    """What a script says on an installation."""
    environment = {**os.environ, "WANGGE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "wangge.settings"}
    environment.pop("DATABASE_URL", None)
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_backup_from_before_the_keys_were_destroyed_cannot_be_read_after_it(
    new_installation: Path, demo: Path, archive: Path, tmp_path: Path
) -> None:
    city = shutil.copytree(new_installation, tmp_path / "city")
    shutil.copytree(demo / "keys", city / "keys")
    assert wangge(city, "restore", str(archive)).returncode == 0
    there, readable = map(int, said(city, READ).split())
    assert there == readable > 0
    ended = shutil.copytree(new_installation, tmp_path / "ended")
    shutil.copytree(demo / "keys", ended / "keys")
    said(ended, DESTROY)
    for key in (demo / "keys").glob("*.json"):
        shutil.copy(key, ended / "keys")  # somebody brings a copy of the keys back
    assert wangge(ended, "restore", str(archive)).returncode == 0
    assert said(ended, READ) == f"{there} 0"


KEEP = """
import django; django.setup()
from django.db import transaction
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import evidence
from wangge.ground.responses.queries import response_current
one = evidence.seal_file(response_id=response_current().id, content=b"%PDF-1.7 notice", name="notice.pdf")
with transaction.atomic():
    print(evidence.keep_files([(one, evidence.Sender(Actor(None, "", ()), None))], now=clock.now())[0])
"""
OPEN = """
import django, sys; django.setup()
from wangge.ground.responses.evidence import opened_whole
print(opened_whole("{}").decode())
"""


def test_sealed_files_come_back_with_the_keys(new_installation: Path, demo: Path, tmp_path: Path) -> None:
    town = tmp_path / "town"
    shutil.copytree(demo, town)
    evidence_id = said(town, KEEP)
    file = tmp_path / "backup.zip"
    assert wangge(town, "backup", str(file)).returncode == 0
    [name] = [one for one in zipfile.ZipFile(file).namelist() if one.startswith("evidence/")]
    assert b"notice" not in zipfile.ZipFile(file).read(name)
    city = shutil.copytree(new_installation, tmp_path / "city")
    shutil.copytree(demo / "keys", city / "keys")
    assert wangge(city, "restore", str(file)).returncode == 0
    assert said(city, OPEN.format(evidence_id)) == "%PDF-1.7 notice"
    assert "附件文件齐全" in wangge(city, "doctor").stdout
    broken = altered(file, tmp_path / "broken.zip", name, b"x")
    refused = wangge(tmp_path / "other", "restore", str(broken))
    assert (refused.returncode, "校验和" in refused.stderr) == (2, True)


def test_a_round_trip_through_postgresql_keeps_figures_journal_and_numbers(
    demo: Path, archive: Path, tmp_path: Path
) -> None:
    before = figures_of(demo)
    with running_postgres() as address:
        city = tmp_path / "city"
        restored = wangge(city, "restore", str(archive), database=address)
        assert restored.returncode == 0, restored.stderr
        assert figures_of(city, database=address) == before
        checked = wangge(city, "journal", "verify", database=address)
        assert checked.returncode == 0, checked.stdout

        for key in (demo / "keys").glob("*.json"):
            (city / "keys").mkdir(mode=0o700, exist_ok=True)
            (city / "keys" / key.name).write_bytes(key.read_bytes())
            (city / "keys" / key.name).chmod(0o600)
        report = ("report", "--area", "441302001001", "--kind", "gathering", "--text", "有人聚餐")
        taken = wangge(city, *report, database=address)
        assert taken.returncode == 0, taken.stderr
        back = wangge(city, "backup", str(tmp_path / "back.zip"), database=address)
        assert back.returncode == 0, back.stderr
    town = tmp_path / "town"
    restored = wangge(town, "restore", str(tmp_path / "back.zip"))
    assert restored.returncode == 0, restored.stderr
    assert figures_of(town) == before
    assert wangge(town, "journal", "verify").returncode == 0
    with sqlite3.connect(town / "wangge.sqlite3") as database:
        rows = database.execute("SELECT tx, id, type FROM journal_event ORDER BY tx, id").fetchall()
    assert [number for _, number, _ in rows] == sorted(number for _, number, _ in rows)
    assert all(tx < 0 for tx, _, _ in rows)
    assert rows[-1][2] == "matter.received"


def test_a_backup_goes_into_an_empty_installation_only(demo: Path, archive: Path) -> None:
    refused = wangge(demo, "restore", str(archive))
    assert refused.returncode == 2
    assert "空的安装" in refused.stderr
    assert figures_of(demo)["leaflets_handed_out"] == 60


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("journal_event.jsonl", b"[]\n"),
        ("matters_matter.jsonl", None),
        ("manifest.json", b"}"),
        ("manifest.json", None),
    ],
)
def test_an_altered_archive_is_refused_before_anything_is_written(
    archive: Path, tmp_path: Path, part: str, change: bytes | None
) -> None:
    broken = altered(archive, tmp_path / "broken.zip", part, change)
    refused = wangge(tmp_path / "data", "restore", str(broken))
    assert refused.returncode == 2
    assert refused.stderr.strip().count("\n") == 0
    assert not (tmp_path / "data" / "wangge.sqlite3").exists()


def test_the_doctor_names_the_missing_key_and_the_idle_engine(archive: Path, data: Path) -> None:
    assert wangge(data, "restore", str(archive)).returncode == 0
    with sqlite3.connect(data / "wangge.sqlite3") as database:
        database.execute("UPDATE journal_cursor SET tx = -9000000, event_id = 0 WHERE reader = 'flows'")
    found = wangge(data, "doctor")
    assert found.returncode == 1
    wrong = [line for line in found.stdout.splitlines() if line.startswith("✗")]
    assert any("huizhou-2020 的密钥不在" in line for line in wrong)
    assert any("wangge engine" in line for line in wrong)
    assert not any("结构更新" in line for line in wrong)


def test_the_doctor_says_what_an_empty_folder_lacks(tmp_path: Path) -> None:
    found = wangge(tmp_path, "doctor", lang="en_US.UTF-8")
    assert found.returncode == 1
    assert "run wangge migrate" in found.stdout

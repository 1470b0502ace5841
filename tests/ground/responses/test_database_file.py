"""A day's reports go in; nothing of the people they tell of can be read from the files on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PLANTED: dict[str, Any] = {
    "reporter_name": "欧阳测试甲",
    "reporter_phone": "13812345678",
    "address": "东湖花园三号楼五〇二房",
    "fields": {"person_name": "上官测试丙", "person_phone": "13711112222", "person_address": "南岸路七号"},
    "text": "租客司马测试乙(电话13987654321)昨晚从武汉返回",
}
# The process ends without closing the database, as a killed one does, so that the write-ahead log stays.
DAY = """
import os, sys, json
import django
django.setup()
from datetime import timedelta
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.conftest import START, build_city
from wangge import engine
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
city = build_city()
planted = json.loads(sys.argv[1])
draft = ReportDraft(kind="arrival", area_id=city.area("441302001001"), source="phone", **planted)
matter_receive(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=START)
engine.settle(START)
engine.settle(START + timedelta(hours=3))
print(draft.kind)
sys.stdout.flush()
os._exit(0)
"""


def forms(value: str) -> list[bytes]:
    """How a value might stand in a file: as text, escaped in JSON, in UTF-16."""
    return [value.encode(), value.encode("unicode_escape"), value.encode("utf-16-le")]


def test_no_planted_value_stands_in_the_files_of_an_installation(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "WANGGE_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "wangge.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "WANGGE_LOG": "DEBUG",
    }
    environment.pop("DATABASE_URL", None)
    arguments = json.dumps(PLANTED)
    done = subprocess.run(
        [sys.executable, "-c", DAY, arguments], env=environment, capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(files["wangge.sqlite3-wal"]) > 100_000
    told = "".join(files[name].decode("utf-8", "replace") for name in files if "sqlite3" in name)
    assert "matter.received" in told and "东湖社区" in told  # the search does find what is there
    private = [
        *PLANTED["fields"].values(),
        *(PLANTED[key] for key in PLANTED if key != "fields"),
        "司马测试乙",
        "13987654321",
    ]
    for name, content in [*files.items(), ("log", (done.stdout + done.stderr).encode())]:
        for value in private:
            assert not any(form in content for form in forms(value)), f"{value} stands in {name}"

"""wangge read: a message on standard input, with an installed city and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import City
from tests.small_city import COMMAND, PACK, ROOT
from wangge.cli import wangge as commands
from wangge.cli.failing import told

MESSAGE = "东湖社区昨天有3个人从武汉回来，电话13800138000"
AT = ("--received-at", "2020-02-05T20:00")


def run(*args: str, typed: str = "") -> Result:
    """One command in this process, on the database of the test."""
    return CliRunner().invoke(commands, ["read", *args], input=typed, standalone_mode=False)


def apart(data: Path, *args: str, typed: str, **env: str) -> subprocess.CompletedProcess[str]:
    """One command on a machine where nothing is installed."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "LC_ALL", "LANG"}}
    own = {"WANGGE_DATA": str(data), "LANG": "zh_CN.UTF-8", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "read", *args],
        cwd=data,
        env={**kept, **own, **env},
        input=typed.encode(),
        capture_output=True,
        timeout=120,
    )  # type: ignore[return-value]


def test_it_reads_by_the_installed_areas_and_the_running_response(city: City) -> None:
    done = run(*AT, "--json", typed=MESSAGE)
    assert done.exception is None, done.exception
    answer = json.loads(done.output)
    assert (answer["kind"], answer["village_code"], answer["origin"]) == ("arrival", "441302001001", "武汉")
    assert (answer["occurred_on"], answer["people_count"], answer["phones"]) == ("2020-02-04", 3, ["13800138000"])
    # 墨园 is no village of the installed city, though it is one of the pack's folder.
    assert json.loads(run(*AT, "--json", typed="墨园村有人打牌").output)["village_code"] is None


def test_without_json_it_says_what_it_read(city: City) -> None:
    said = run(*AT, typed=MESSAGE).output
    assert "441302001001" in said
    assert "东湖社区" in said
    assert "13800138000" in said


def test_lines_in_and_lines_out_and_a_bad_one_sinks_no_other(city: City) -> None:
    lines = [
        json.dumps({"text": MESSAGE, "received_at": "2020-01-30T08:00:00+08:00"}),
        json.dumps(MESSAGE),
        MESSAGE,
        "",
        '{"text": 7}',
        '{"text": "东湖社区", "received_at": "noon"}',
        '{"text": "东湖社区',
    ]
    done = run(*AT, "--lines", "--json", typed="\n".join(lines) + "\n")
    assert isinstance(done.exception, SystemExit)
    assert done.exception.code == 1
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert [answer.get("occurred_on") for answer in answers[:3]] == ["2020-01-29", "2020-02-04", "2020-02-04"]
    assert [answer["line"] for answer in answers if "problem" in answer] == [5, 6]
    assert answers[-1]["village_code"] == "441302001001"  # no JSON, so the words themselves
    assert len(answers) == 6


def test_without_an_installed_city_it_reads_by_the_pack_that_is_there(tmp_path: Path) -> None:
    done = apart(tmp_path, *AT, "--json", typed="横沥镇墨园村昨天有3个人从武汉回来")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["village_code"] == "441302110205"
    assert "huizhou-2020" in done.stderr.decode()


def test_with_neither_city_nor_pack_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = apart(tmp_path, "--json", typed="x", WANGGE_PACKS=str(tmp_path))
    assert done.returncode == 2
    said = done.stderr.decode()
    assert "wangge demo" in said
    assert "--pack" in said
    assert "Traceback" not in said


def test_a_pack_can_be_named(city: City) -> None:
    named = run(*AT, "--json", "--pack", str(PACK), typed="横沥镇墨园村有人打牌")
    assert json.loads(named.output)["village_code"] == "441302110205"
    lost = run("--pack", "nowhere", typed="x")
    assert lost.exception is not None
    assert "nowhere" in told(lost.exception)[0]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\xb2", b"", "东湖社区".encode("gb18030"), b"\xef\xbb\xbf\xe4\xb8\x9c"])
def test_bytes_that_are_no_text_are_answered(city: City, data: bytes) -> None:
    done = CliRunner().invoke(commands, ["read", "--json"], input=data, standalone_mode=False)
    assert done.exception is None, done.exception
    assert json.loads(done.output)["phones"] == []

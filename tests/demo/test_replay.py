"""A replay from the command line: the bulletin shows the totals, and what was entered stays."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.small_city import figures_of, number_in, replayed, small_pack, wangge

USUAL = {
    "entertainment_inspected": 17, "lodging_inspected": 23, "epidemic_incidents_handled": 2, "gatherings_stopped": 1,
    "leaflets_handed_out": 1234, "people_dispersed": 3, "handbooks_printed": 1,
}  # fmt: skip
ODD: list[tuple[int, dict[str, int]]] = [
    (2, {
        "entertainment_inspected": 0, "lodging_inspected": 0, "epidemic_incidents_handled": 0, "gatherings_stopped": 0,
        "leaflets_handed_out": 0, "people_dispersed": 0, "handbooks_printed": 0,
    }),
    (3, {
        "entertainment_inspected": 1, "lodging_inspected": 400, "epidemic_incidents_handled": 2,
        "gatherings_stopped": 0,
        "leaflets_handed_out": 987_654, "people_dispersed": 500, "handbooks_printed": 35_000, "cases_handed_over": 2,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("seed", "totals"), ODD)
def test_the_bulletin_shows_the_totals_because_the_records_add_up(
    data: Path, tmp_path: Path, seed: int, totals: dict[str, int]
) -> None:
    done = replayed(data, small_pack(tmp_path), seed, totals)
    assert done.returncode == 0, done.stderr
    assert_adds_up(data, totals)


def assert_adds_up(data: Path, totals: dict[str, int]) -> None:
    shown = figures_of(data)
    assert {code: shown[code] for code in totals} == totals
    if totals["lodging_inspected"]:
        assert (shown["lodging_registered_rate"], shown["lodging_uploaded_rate"]) == (100, 100)
    checked = wangge(data, "journal", "verify")
    assert checked.returncode == 0, checked.stdout


def test_the_first_replay_is_kept_refused_to_others_and_redone_when_cut_off(tmp_path: Path) -> None:
    data, pack = tmp_path / "data", small_pack(tmp_path)
    done = replayed(data, pack, 4, USUAL)
    assert done.returncode == 0, done.stderr
    assert_adds_up(data, USUAL)
    assert "驻村(居)警力疫情防控战报" in done.stdout.replace("（", "(").replace("）", ")")
    for role in ("village_officer", "duty_desk", "city_desk", "command"):
        assert role in done.stdout
    entered = wangge(
        data, "report", "--area", "441302001001", "--kind", "gathering", "--text", "有人聚餐", "--source", "phone"
    )
    assert entered.returncode == 0, entered.stderr
    number = number_in(entered.stdout)
    assert "-20200205-" in number

    again = wangge(data, "demo", "--pack", str(pack), "--no-serve")
    assert again.returncode == 0, again.stderr
    assert "接着上次继续" in again.stdout
    with sqlite3.connect(data / "wangge.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM matters_matter WHERE number = ?", [number]).fetchone() == (1,)

    other = wangge(data, "demo", "--seed", "5", "--pack", str(pack), "--no-serve")
    assert (other.returncode, other.stdout) == (2, "")
    assert other.stderr.strip().count("\n") == 0

    marker = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    (data / "demo.json").write_text(json.dumps({**marker, "ready": False, "founded": None}), encoding="utf-8")
    redone = replayed(data, pack, 6, {**USUAL, "leaflets_handed_out": 11})
    assert redone.returncode == 0, redone.stderr
    assert "上次回放中断" in redone.stdout
    assert figures_of(data)["leaflets_handed_out"] == 11
    with sqlite3.connect(data / "wangge.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM responses_response").fetchone() == (1,)
        kept = {kind for (kind,) in database.execute("SELECT DISTINCT type FROM journal_event")}
    assert {"matter.closed", "duty.logged", "roster.published"} <= kept


def test_a_real_installation_is_never_replayed_into(data: Path, tmp_path: Path) -> None:
    pack = small_pack(tmp_path)
    added = wangge(data, "user", "add", "alice", "--name", "Alice", "--no-password")
    assert added.returncode == 0, added.stderr
    refused = wangge(data, "demo", "--pack", str(pack), "--no-serve", lang="en_GB.UTF-8")
    assert refused.returncode == 2
    assert "real installation" in refused.stderr
    with sqlite3.connect(data / "wangge.sqlite3") as database:
        assert database.execute("SELECT username FROM accounts_person").fetchall() == [("alice",)]

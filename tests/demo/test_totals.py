"""Totals of a replay: by code, by name, or as a bulletin prints them; what cannot be met is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import huizhou_pack
from wangge.demo.totals import Totals, read_totals
from wangge.ground.kernel.problems import DemoTotalsInvalid

HUIZHOU = huizhou_pack()


def read(folder: Path, content: Any) -> Totals:
    file = folder / "totals.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_totals(file, HUIZHOU)


def test_without_a_file_the_totals_are_those_of_the_pack() -> None:
    assert HUIZHOU.demo is not None
    assert read_totals(None, HUIZHOU).values == HUIZHOU.demo.totals


def test_a_file_replaces_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    totals = read(tmp_path, {"entertainment_inspected": 12, "发放传单、宣传手册": 7})
    assert totals.values["entertainment_inspected"] == 12
    assert totals.values["leaflets_handed_out"] == 7
    assert totals.values["lodging_inspected"] == 1555


def test_what_a_bulletin_prints_is_taken_and_what_follows_from_it_is_named(tmp_path: Path) -> None:
    rows = [
        {"code": "gatherings_stopped", "name": "劝散聚集活动", "total": 5, "new": 1},
        {"code": "lodging_uploaded_rate", "total": 98},
        {"code": "matters_received", "total": 77},
        {"code": "push_first_moment", "total": 91.5},
    ]
    totals = read(tmp_path, {"scope": "惠州市", "figures": rows})
    assert totals.values["gatherings_stopped"] == 5
    assert totals.rates == {"lodging_uploaded_rate": 98}
    assert totals.left_out == ("matters_received", "push_first_moment")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"no_such_figure": 1}, "no_such_figure"),
        ({"leaflets_handed_out": -1}, "leaflets_handed_out"),
        ({"leaflets_handed_out": 1.5}, "leaflets_handed_out"),
        ({"leaflets_handed_out": True}, "leaflets_handed_out"),
        ({"leaflets_handed_out": "7"}, "leaflets_handed_out"),
        ({"leaflets_handed_out": 10**9}, "leaflets_handed_out"),
        ({"matters_received": 5}, "matters_received"),
        ([1, 2], "code"),
        ("{", "JSON"),
        ("7", "totals.json"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_its_name(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(DemoTotalsInvalid) as refused:
        read(tmp_path, content)
    assert said in refused.value.sentence("zh")
    assert said in refused.value.sentence("en")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DemoTotalsInvalid, match=r"nothing\.json"):
        read_totals(tmp_path / "nothing.json", HUIZHOU)

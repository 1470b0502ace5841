"""A sound pack loads whole, survives the database, and answers for a day, a kind and a gap."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.packs.samples import EVENT_TYPES, TINY
from wangge.ground.responses.packs.gaps import fill, gaps, stray_brace
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.pieces import ALLOWANCE, Allowance
from wangge.ground.responses.packs.schema import Clocks, MatterKind, Pack

UNITS = ("minutes", "hours", "days", "working_hours", "working_days")


def shuffled_like_jsonb(content: Any) -> Any:
    """What PostgreSQL gives back: the same content, the order of keys lost."""
    return json.loads(json.dumps(content, sort_keys=True))


def test_a_pack_for_another_disease_needs_no_code() -> None:
    pack = load_pack(TINY, event_types=EVENT_TYPES)
    assert (pack.disease, list(pack.kinds), list(pack.log_kinds)) == (
        "麻疹",
        ["rash_fever", "unvaccinated"],
        ["vaccination"],
    )
    assert list(pack.figures) == ["cases_confirmed", "doses_given"]
    assert pack.log_kinds["vaccination"].main.code == "doses"
    assert pack.demo is None


def test_a_pack_comes_back_from_the_database_equal_and_in_order() -> None:
    pack = load_pack(TINY)
    back = Pack.from_json(shuffled_like_jsonb(pack.as_json()))
    assert back == pack
    assert back.content_hash == pack.content_hash
    for table in ("agencies", "roles", "kinds", "figures", "tasks"):
        assert list(getattr(back, table)) == list(getattr(pack, table))


def test_a_kind_alone_comes_back_equal_for_a_policy_snapshot() -> None:
    kind = load_pack(TINY).kinds["unvaccinated"]
    assert MatterKind.model_validate(shuffled_like_jsonb(kind.model_dump(mode="json"))) == kind


def test_the_hash_follows_the_content_and_nothing_else(pack_folder: Path) -> None:
    before = load_pack(pack_folder).content_hash
    agencies = pack_folder / "agencies.yaml"
    agencies.write_text("# a comment\n" + agencies.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load_pack(pack_folder).content_hash == before
    figures = pack_folder / "figures.yaml"
    figures.write_text(figures.read_text(encoding="utf-8").replace("unit: 例", "unit: 人"), encoding="utf-8")
    assert load_pack(pack_folder).content_hash != before


def test_content_altered_in_the_database_is_refused() -> None:
    content = load_pack(TINY).as_json()
    content["kinds"].append(content["kinds"][0])
    with pytest.raises(ValidationError, match="twice"):
        Pack.from_json(content)


def test_a_pack_cannot_be_changed_in_memory() -> None:
    pack = load_pack(TINY)
    with pytest.raises(ValidationError):
        pack.name = "another"  # type: ignore[misc]


@given(amount=st.integers(1, 99_999), unit=st.sampled_from(UNITS))
def test_an_allowance_is_read_back_as_it_was_written(amount: int, unit: Any) -> None:
    allowance = Allowance(amount=amount, unit=unit)
    assert Allowance.model_validate(str(allowance)) == allowance


@given(text=st.text(max_size=20) | st.from_regex(ALLOWANCE, fullmatch=True))
def test_a_text_is_an_allowance_or_refused_but_never_guessed(text: str) -> None:
    if ALLOWANCE.match(text.strip()):
        assert Allowance.model_validate(text).amount == int(text.split()[0])
    else:
        with pytest.raises(ValidationError):
            Allowance.model_validate(text)


def test_clocks_answer_by_stage() -> None:
    clocks = load_pack(TINY).kinds["rash_fever"].clocks
    assert [str(clocks.of(stage)) for stage in Clocks.model_fields] == ["10 min", "1 h", "4 working hours", "2 days"]
    with pytest.raises(KeyError):
        clocks.of("closed")


def test_the_protocol_is_that_of_the_day() -> None:
    pack = load_pack(TINY)
    assert pack.protocol_on(date(2023, 12, 31)) is None
    first = pack.protocol_on(date(2024, 1, 1))
    assert first is not None and first.observation_days == 21


def test_gaps_are_filled_and_a_missing_value_is_never_left_blank() -> None:
    text = "{scope}共{doses}剂,新增{doses.new}剂"
    assert gaps(text) == [("scope", None), ("doses", None), ("doses", "new")]
    values = {"scope": "示例市", "doses.total": "12", "doses.new": "3"}
    assert fill(text, values) == "示例市共12剂,新增3剂"
    with pytest.raises(KeyError):
        fill(text, {"scope": "示例市"})


@pytest.mark.parametrize("text", ["{", "}", "{Doses}", "{doses.}", "{doses.new", "{{doses}}"])
def test_a_brace_that_opens_no_gap_is_found(text: str) -> None:
    assert stray_brace(text) is not None

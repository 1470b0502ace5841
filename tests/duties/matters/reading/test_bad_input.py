"""Whatever is pasted, the reader answers; what it marks stands in the text; what it does not know it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.duties.matters.reading.conftest import EVENING
from tests.duties.matters.reading.scoring import messages
from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.duties.matters.reading.folding import fold
from wangge.duties.matters.reading.reader import Reading, read

Read = Callable[..., Reading]
KEYS = ("kind", "origin", "occurred_on", "people_count", "phones", "document_numbers", "invalid_document_numbers")
KEYS += ("plates", "temperatures", "venue", "names")
PIECES = [piece for message in messages("tuning")[:60] for piece in (message["text"][:8], message["text"][8:])]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12), st.characters()), max_size=12).map("".join)


def test_the_answer_has_these_keys_and_one_for_the_place(reading: Read) -> None:
    for text, place in (("墨园村", "village_code"), ("横沥镇", "town_code"), ("水口村", "village_candidates")):
        assert sorted(reading(text).as_json()) == sorted([*KEYS, place])
    empty = reading("").as_json()
    assert sorted(empty) == sorted([*KEYS, "village_code"])
    assert not any(empty.values())


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0 横沥镇墨园村 3人打牌",
        "<b>横沥镇墨园村</b><script>alert(1)</script>3人打牌",
        "😷横沥镇墨园村🙏3人😡打牌",
        "横沥镇墨园村\x00\x07\x1b 3人打牌\u202e",
        "横沥镇墨园村\r\n\r\n3人打牌",
        "横沥镇墨园村3人打牌" + "。" * 9_980,
        "。" * 9_980 + "横沥镇墨园村3人打牌",
        "'; DROP TABLE matters; -- 横沥镇墨园村 3人打牌",
        "{{7*7}} %s {0} 横沥镇墨园村 3人打牌",
    ],
)
def test_what_stands_around_it_hides_nothing(reading: Read, text: str) -> None:
    found = reading(text)
    assert (found.place.village, found.people_count, found.kind) == ("441302110205", 3, "gathering")


@pytest.mark.parametrize(
    "piece", ["1", "水", "a ", "1 ", "一", "3人", "38.5、", "从武汉回来", "张某", "😷", "\x00", "没有发烧、"]
)
def test_ten_thousand_characters_of_one_thing_are_answered(reading: Read, piece: str) -> None:
    text = (piece * 10_000)[:10_000]
    found = reading(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found.found)
    assert json.dumps(found.as_json(), ensure_ascii=False)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_any_text_is_answered_and_every_span_stands_in_it(dictionaries: Dictionaries, text: str) -> None:
    found = read(text, EVENING, dictionaries)
    for one in found.found:
        assert 0 <= one.start < one.end <= len(text)
    assert json.loads(json.dumps(found.as_json())) == found.as_json()


def test_a_word_cut_off_by_the_end_of_the_text_is_no_word(reading: Read) -> None:
    text = "口罩高价卖"
    assert all(one.end <= len(text) for one in reading(text).found)


@given(text=st.text())
def test_folding_keeps_every_character_at_its_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_values_of_a_field_never_share_characters(dictionaries: Dictionaries) -> None:
    for message in messages("tuning"):
        spans: dict[str, list[tuple[int, int]]] = {}
        for one in read(message["text"], EVENING, dictionaries).found:
            for start, end in spans.get(one.field, []):
                assert one.end <= start or end <= one.start, message["text"]
            spans.setdefault(one.field, []).append((one.start, one.end))

"""The reader on messages as people write them: those it was tuned on, and those it was not."""

from __future__ import annotations

from tests.duties.matters.reading.scoring import FIELDS, messages, score
from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.ground.kernel.clock import parse_instant


def test_there_are_enough_messages_each_with_an_answer_that_can_be_given(dictionaries: Dictionaries) -> None:
    kinds, places = dictionaries.kinds.kinds, dictionaries.gazetteer.places
    everything = [*messages("tuning"), *messages("held_out")]
    assert len(everything) >= 150
    assert len({message["text"] for message in everything}) == len(everything)
    for message in everything:
        answer = message["answer"]
        assert parse_instant(message["received_at"])
        assert answer.get("kind") is None or answer["kind"] in kinds
        codes = [answer.get("village_code"), answer.get("town_code"), *answer.get("village_candidates", [])]
        assert all(code in places for code in codes if code), message["text"]


def test_messages_it_was_not_tuned_on_are_read_nearly_as_well(dictionaries: Dictionaries) -> None:
    held_out = score("held_out", dictionaries)
    assert held_out.precision() >= 0.95, "\n".join(held_out.lines())
    assert held_out.recall() >= 0.95, "\n".join(held_out.lines())


def test_no_field_is_bought_with_another(dictionaries: Dictionaries) -> None:
    tuning = score("tuning", dictionaries)
    for one in FIELDS:
        assert min(tuning.precision(one), tuning.recall(one)) >= 0.95, "\n".join(tuning.lines())

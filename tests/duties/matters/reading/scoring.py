"""How well the reader does on the messages beside this file, whose right answers stand with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.duties.matters.reading.reader import read
from wangge.ground.kernel.clock import parse_instant

FOLDER = Path(__file__).parent / "messages"
PLACE = ("village_code", "town_code", "village_candidates")
FIELDS = (
    "kind",
    "place",
    "origin",
    "occurred_on",
    "people_count",
    "phones",
    "document_numbers",
    "invalid_document_numbers",
    "plates",
    "temperatures",
    "venue",
    "names",
)


@dataclass
class Score:
    """Values read right, read but wrong, and not read."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def precision(self, *fields: str) -> float:
        """The share of what was read that is right."""
        return self._share(self.wrong, fields)

    def recall(self, *fields: str) -> float:
        """The share of what is there that was read."""
        return self._share(self.missed, fields)

    def _share(self, others: Counter[str], fields: tuple[str, ...]) -> float:
        chosen = fields or FIELDS
        right = sum(self.right[one] for one in chosen)
        return right / ((right + sum(others[one] for one in chosen)) or 1)

    def lines(self) -> Iterator[str]:
        """A table of both, a field a line."""
        yield f"{'field':<26}{'precision':>10}{'recall':>10}{'values':>8}"
        for one in (*FIELDS, ""):
            chosen = (one,) if one else ()
            values = sum(self.right[each] + self.missed[each] for each in chosen or FIELDS)
            yield f"{one or 'all':<26}{self.precision(*chosen):>10.3f}{self.recall(*chosen):>10.3f}{values:>8}"


def messages(name: str) -> list[dict[str, Any]]:
    """The messages of one set, `tuning` or `held_out`, with text, received_at and answer."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def score(name: str, dictionaries: Dictionaries) -> Score:
    """Read every message of a set and hold what was read against the answers."""
    total = Score()
    for message in messages(name):
        given = read(message["text"], parse_instant(message["received_at"]), dictionaries).as_json()
        for one in FIELDS:
            found, wanted = _values(given, one), _values(message["answer"], one)
            total.right[one] += len(found & wanted)
            total.wrong[one] += len(found - wanted)
            total.missed[one] += len(wanted - found)
    return total


def _values(answer: dict[str, Any], one: str) -> set[Any]:
    """The values of a field; the place is one value, whichever key it stands under."""
    if one == "place":
        places = {key: answer.get(key) for key in PLACE}
        return {(key, *value) if isinstance(value, list) else (key, value) for key, value in places.items() if value}
    value = answer.get(one)
    return set(value) if isinstance(value, list) else {value} - {None}

"""What handlers of filled-in forms share: the answers by name, the quantities among them, when it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from wangge.ground.responses.packs.schema import Quantity
from wangge.spine.forms.queries.submissions import Filled


def flat(answers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The answers by name, those in groups too; repeats are left out."""
    for name, value in answers.items():
        if isinstance(value, dict) and not {"lat", "lon"} <= value.keys():
            yield from flat(value)
        elif not isinstance(value, list) or not any(isinstance(one, dict) for one in value):
            yield name, value


def files(answers: Any) -> Iterator[UUID]:
    """The files that came with the answers, those in groups and repeats too."""
    if isinstance(answers, UUID):
        yield answers
    elif isinstance(answers, Mapping | list):
        for value in answers.values() if isinstance(answers, Mapping) else answers:
            yield from files(value)


def counted(told: Mapping[str, Any], quantities: Iterable[Quantity]) -> dict[str, Any]:
    """The quantities that answers of the same name tell; what a form works out comes as text, as XForms have it."""
    return {one.code: _number(told[one.code]) for one in quantities if told.get(one.code) not in (None, "")}


def _number(value: Any) -> Any:
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        return value
    return int(number) if number is not None and number.is_integer() else value


def seen_at(row: Filled) -> datetime:
    """When it was seen: the answer `observed_at`, or the end of the filling; a phone's clock that is ahead is not."""
    for name in ("observed_at", "end", "start"):
        told = row.answers.get(name)
        if isinstance(told, datetime):
            return min(told, row.received_at)
    return row.received_at

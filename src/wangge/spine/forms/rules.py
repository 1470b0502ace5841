"""What a form asks and what is answered: pure.

The questions of a version are a list of nodes as JSON: `name`, `label` by language ("zh", "en"), `type` as XForms name
it ("string", "int", "binary", …, "group" for what only holds others), `asked` false for what the form fills in itself,
`many` where several choices may be taken, `repeat` where the node may stand any number of times, `choices` by value,
`personal` as the vault names kinds ("" for what is not personal), `children`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from wangge.ground.kernel.clock import LOCAL

Question = Mapping[str, Any]
Path = tuple[str, ...]
PERSONAL = ("none", "name", "phone", "document", "address", "location", "text")
WHOLE, DECIMAL = {"int", "integer", "long"}, {"decimal", "double", "float"}
# Types of questions that are a text which somebody wrote, and may so name anybody.
WORDS = {"string", "barcode"}
# What forms fill in themselves has no label of its own.
FILLED_IN = {
    "start": {"zh": "开始填写", "en": "Begun"},
    "end": {"zh": "填写完成", "en": "Finished"},
    "today": {"zh": "填写日期", "en": "Day"},
}


def leaves(questions: Sequence[Question], above: Path = ()) -> Iterator[tuple[Path, Question]]:
    """Every question with its path, those inside repeats too, in the order of the form."""
    for question in questions:
        path = (*above, question["name"])
        if question["type"] == "group":
            yield from leaves(question["children"], path)
        else:
            yield path, question


def repeats(questions: Sequence[Question], above: Path = ()) -> Iterator[tuple[Path, Question]]:
    """Every group that may stand several times, the outer ones first."""
    for question in questions:
        path = (*above, question["name"])
        if question.get("repeat"):
            yield path, question
        yield from repeats(question.get("children", ()), path)


def typed(question: Question, text: str) -> Any:
    """An answer as its question's type; None where nothing was answered, the text where it is not of that type.

    A number is an int or a float, a day a date, an instant has its zone, a place is {"lat", "lon", "accuracy"}, of
    several choices a list. Clients check types; what slips through is for the handler to refuse.
    """
    text = text.strip()
    if not text:
        return [] if question.get("many") else None
    if question.get("many"):
        return text.split()
    try:
        return _typed(question["type"], text)
    except (ValueError, IndexError):
        return text


def _typed(kind: str, text: str) -> Any:
    if kind in WHOLE:
        return int(text)
    if kind in DECIMAL:
        return float(text)
    if kind == "boolean":
        return text in {"true", "1"}
    if kind == "date":
        return date.fromisoformat(text[:10])
    if kind == "time":
        return time.fromisoformat(text)
    if kind == "dateTime":
        instant = datetime.fromisoformat(text)
        return instant if instant.tzinfo else instant.replace(tzinfo=LOCAL)
    if kind == "geopoint":
        parts = [float(part) for part in text.split()]
        return {"lat": parts[0], "lon": parts[1], "accuracy": parts[3] if len(parts) > 3 else None}
    return text


def label(question: Question, language: str = "zh") -> str:
    """How a question is called, by its name where nothing else is said."""
    labels = question.get("label") or FILLED_IN.get(question["name"], {})
    return str(labels.get(language) or labels.get("zh") or question["name"])


def worded(question: Question, value: Any, language: str = "zh") -> str:
    """A typed answer in words: choices by their labels."""
    choices = question.get("choices") or {}
    if isinstance(value, list):
        return "、".join(_choice(choices, str(one), language) for one in value)
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"{value['lat']:.5f}, {value['lon']:.5f}"
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
    return _choice(choices, str(value), language)


def _choice(choices: Mapping[str, Mapping[str, str]], value: str, language: str) -> str:
    labels = choices.get(value) or {}
    return labels.get(language) or labels.get("zh") or value

"""The columns of a form's answers in a table, and how what was answered is put into their cells.

The columns are the questions of every version, the newest first. What may stand several times has a column with its
number, and of each question inside it a column in which the answers stand one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from wangge.ground.responses.rules import mask
from wangge.spine.forms.models import FormVersion
from wangge.spine.forms.rules import DECIMAL, WHOLE, Question, label, typed, worded

Cell = Callable[[Any], Any]
BETWEEN = "；"
NOTHING = "—"


class AnswerColumn(NamedTuple):
    """A column of answers: its place, its heading, what stands in it (as columns of tables have it).

    `cell` makes a cell of what `flat` read, masked where it is personal, `clear` the same whole. `several` is "count"
    for the number of a group that may be repeated, "answers" for a question inside one, "" otherwise.
    """

    place: str
    heading: str
    holds: str
    cell: Cell
    clear: Cell
    several: str = ""


def answer_columns(response_id: UUID, code: str) -> list[AnswerColumn]:
    """The columns of a form's answers."""
    found: dict[str, AnswerColumn] = {}
    versions = FormVersion.objects.filter(form__response_id=response_id, form__code=code)
    for questions in versions.order_by("-published_at", "-id").values_list("questions", flat=True):
        for column in _columns(questions):
            before = found.setdefault(column.place, column)
            if column.several == "answers" and not before.several:
                found[column.place] = column  # asked once now, several times in an older version
    return list(found.values())


def _columns(
    questions: Sequence[Question], place: str = "", heading: str = "", repeated: bool = False
) -> Iterator[AnswerColumn]:
    for question in questions:
        here, called = place + question["name"], heading + label(question)
        if question["type"] == "group":
            again = bool(question.get("repeat"))
            if again:
                yield AnswerColumn(here, f"{called}（份数）", "number", int, int, "count")
            yield from _columns(question["children"], f"{here}/", f"{called} · ", repeated or again)
        elif repeated:
            shown, clear = _several(_words(question, masked=True)), _several(_words(question, masked=False))
            yield AnswerColumn(here, called, "text", shown, clear, "answers")
        elif question.get("personal"):
            yield AnswerColumn(here, called, "text", _words(question, masked=True), _words(question, masked=False))
        else:
            holds, cell = _typed(question)
            yield AnswerColumn(here, called, holds, cell, cell)


def _typed(question: Question) -> tuple[str, Cell]:
    """What stands in a column, and how a cell is made of the text of an answer that is not personal."""
    kind = question["type"]
    if not question.get("many") and not question.get("choices"):
        if kind in WHOLE:
            return "number", lambda text: int(text) if text.isdecimal() else typed(question, text)
        if kind in DECIMAL:
            return "number", lambda text: typed(question, text)
        if kind in ("date", "dateTime"):
            return "day" if kind == "date" else "instant", lambda text: typed(question, text)
    return "text", _words(question, masked=True)


def _words(question: Question, *, masked: bool) -> Cell:
    """How the text of an answer is said in words: choices by their labels, what is personal masked."""
    personal, choices = question.get("personal"), question.get("choices") or {}
    named = {value: labels.get("zh", value) for value, labels in choices.items()}
    if personal and masked:
        return lambda text: mask(personal, text)
    if question["type"] == "binary":
        return lambda text: "有" if text else ""
    if question.get("many"):
        return lambda text: "、".join(named.get(one, one) for one in text.split())
    if named:
        return lambda text: named.get(text, text)
    if question["type"] in ("date", "dateTime"):
        return lambda text: worded(question, typed(question, text))
    return str


def _several(words: Cell) -> Cell:
    """The answers of a repeated question one after the other, each where its group stands; "" where none was given."""
    return lambda texts: BETWEEN.join(words(text) if text else NOTHING for text in texts) if any(texts) else ""

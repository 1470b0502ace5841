"""Submissions of a form as rows of a table, masked as pages show them, however many: walked batch by batch.

The columns are the questions of every version, the newest first; of what may stand several times the number is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from xml.etree.ElementTree import Element, fromstring

from wangge.ground.accounts.queries import person_names
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault
from wangge.ground.responses.rules import mask
from wangge.spine.forms.models import FormVersion
from wangge.spine.forms.queries.submissions import form_ids, visible
from wangge.spine.forms.rules import DECIMAL, WHOLE, Question, label, typed

BATCH = 1000
FIELDS = ("id", "received_at", "version_id", "state", "area_id", "person_id", "instance_id")
Cell = Callable[[str], Any]


class AnswerColumn(NamedTuple):
    """A column of answers: its heading, what stands in it (as columns of tables have it), and how a cell is made."""

    place: str
    heading: str
    holds: str
    cell: Cell


class FormRow(NamedTuple):
    """One submission: what is known of it, and its answers in the order of the columns."""

    received_at: datetime
    version: str
    state: str
    area_id: UUID
    person: str
    instance_id: str
    answers: Sequence[Any]


def answer_columns(response_id: UUID, code: str) -> list[AnswerColumn]:
    """The columns of a form's answers."""
    found: dict[str, AnswerColumn] = {}
    versions = FormVersion.objects.filter(form__response_id=response_id, form__code=code)
    for questions in versions.order_by("-published_at", "-id").values_list("questions", flat=True):
        for column in _columns(questions, "", ""):
            found.setdefault(column.place, column)
    return list(found.values())


def _columns(questions: Sequence[Question], place: str, heading: str) -> Iterator[AnswerColumn]:
    for question in questions:
        here, called = place + question["name"], heading + label(question)
        if question.get("repeat"):
            yield AnswerColumn(here, f"{called}（份数）", "number", int)
        elif question["type"] == "group":
            yield from _columns(question["children"], f"{here}/", f"{called} · ")
        else:
            yield AnswerColumn(here, called, *_cell(question))


def _cell(question: Question) -> tuple[str, Cell]:
    """What stands in a column, and how a cell is made of the text of an answer."""
    kind, personal, choices = question["type"], question.get("personal"), question.get("choices")
    if personal:
        return "text", lambda text: mask(personal, text)
    if question.get("many"):
        words = {value: labels.get("zh", value) for value, labels in (choices or {}).items()}
        return "text", lambda text: "、".join(words.get(one, one) for one in text.split())
    if choices:
        named = {value: labels.get("zh", value) for value, labels in choices.items()}
        return "text", lambda text: named.get(text, text)
    if kind == "binary":
        return "text", lambda text: "有" if text else ""
    if kind in WHOLE or kind in DECIMAL:
        return "number", lambda text: typed(question, text)
    holds = {"date": "day", "dateTime": "instant"}.get(kind, "text")
    return holds, (lambda text: typed(question, text)) if holds != "text" else str


def form_rows(
    *, actor: Actor, response_id: UUID, code: str, columns: Sequence[AnswerColumn], state: str = ""
) -> Iterator[FormRow]:
    """The submissions of a form that the actor may see, the oldest first."""
    places = {column.place: number for number, column in enumerate(columns)}
    cells = [column.cell for column in columns]
    rows = visible(actor).filter(form_id__in=form_ids(response_id, code)).select_related(None)
    if state:
        rows = rows.filter(state=state)
    versions = dict(FormVersion.objects.filter(form__response_id=response_id).values_list("id", "version"))
    names: dict[UUID, str] = {}
    after = UUID(int=0)
    while True:
        batch = list(rows.filter(id__gt=after).order_by("id").values_list(*FIELDS)[:BATCH])
        if not batch:
            return
        after = batch[-1][0]
        people: set[UUID] = {row[5] for row in batch}
        names |= person_names(people - names.keys())
        held = vault.carried_fields(
            response_id=response_id, subject_ids=[row[0] for row in batch], fields=("xml", "repairs")
        )
        for submission_id, received_at, version_id, kept_state, area_id, person_id, instance_id in batch:
            texts = _texts(held.get(submission_id, {}), places)
            answers = [cell(text) if text else None for cell, text in zip(cells, texts, strict=True)]
            yield FormRow(
                received_at, versions[version_id], kept_state, area_id, names.get(person_id, ""), instance_id, answers
            )


def _texts(held: Mapping[str, str], places: Mapping[str, int]) -> list[str]:
    """The texts of the answers in the order of the columns, corrections in their place."""
    found = [""] * len(places)
    counts: dict[int, int] = {}
    if "xml" in held:
        _gather(fromstring(held["xml"]), "", places, found, counts)  # noqa: S314 - see the import
    for number, count in counts.items():
        found[number] = str(count)
    if "repairs" in held:
        for place, text in json.loads(held["repairs"]).items():
            if place in places:
                found[places[place]] = text
    return found


def _gather(node: Element, above: str, places: Mapping[str, int], found: list[str], counts: dict[int, int]) -> None:
    for child in node:
        tag = child.tag
        place = above + (tag.rpartition("}")[2] if tag[0] == "{" else tag)
        number = places.get(place)
        if len(child):
            if number is not None:  # may stand several times
                counts[number] = counts.get(number, 0) + 1
            else:
                _gather(child, place + "/", places, found, counts)
        elif number is not None and child.text:
            found[number] = child.text.strip()

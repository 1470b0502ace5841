"""What was sent: lists, one submission, and its answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import DataDestroyed, NotFound, NotPermitted, VaultDamaged, VaultLocked
from wangge.ground.responses import vault
from wangge.ground.responses.rules import mask
from wangge.spine.forms.filled import texts, values
from wangge.spine.forms.models import Form, Submission, SubmissionFile
from wangge.spine.forms.rules import Question
from wangge.spine.forms.xml import parsed

__all__ = [
    "Filled",
    "Shown",
    "SubmissionPage",
    "answers",
    "edit_of",
    "edited_by",
    "filled",
    "submission_shown",
    "submissions",
    "titles_of",
]

PAGE = 50
WAITING = ("refused", "incomplete", "received")


@dataclass(frozen=True)
class Filled:
    """A submission as its handler reads it: who sent what, with the answers by name (see `filled.values`)."""

    id: UUID
    response_id: UUID
    code: str
    version: str
    questions: Sequence[Question]
    instance_id: str
    deprecated_id: str
    person_id: UUID | None
    area_id: UUID
    received_at: datetime
    state: str
    subject_id: UUID | None
    exercise: bool
    answers: Mapping[str, Any]


class Answer(NamedTuple):
    """One answer as a page shows it."""

    place: str
    question: Question
    text: str
    evidence_id: UUID | None


@dataclass(frozen=True)
class Shown:
    """A submission with its answers as somebody may see them, and what was said against it."""

    row: Submission
    answers: list[Answer]
    said: Mapping[str, str]
    repaired: frozenset[str]


class SubmissionPage(NamedTuple):
    """Submissions, the newest first, and the id after which the next page begins."""

    rows: list[Submission]
    following: UUID | None


def answers(submission_id: UUID) -> dict[str, Any]:
    """The answers of a submission as nested typed values; files as the ids of their evidence, None for missing ones."""
    return dict(filled(submission_id).answers)


def filled(submission_id: UUID) -> Filled:
    """A submission with its answers, for the service that makes a record of it. Raises NotFound."""
    row = Submission.objects.select_related("version__form").filter(id=submission_id).first()
    if row is None:
        raise NotFound(what="填报")
    return Filled(
        id=row.id,
        response_id=row.response_id,
        code=row.version.form.code,
        version=row.version.version,
        questions=row.version.questions,
        instance_id=row.instance_id,
        deprecated_id=row.deprecated_id,
        person_id=row.person_id,
        area_id=row.area_id,
        received_at=row.received_at,
        state=row.state,
        subject_id=row.subject_id,
        exercise=row.exercise,
        answers=_answers(row),
    )


def _answers(row: Submission) -> dict[str, Any]:
    held = _held(row)
    return values(parsed(held["xml"].encode()), row.version.questions, _files(row), _repairs(held))


def _held(row: Submission) -> dict[str, str]:
    secrets = vault.carried(response_id=row.response_id, subject_ids=[row.id]).get(row.id, [])
    held = {secret.field: secret.value for secret in secrets}
    if "xml" not in held:
        raise VaultDamaged()
    return held


def _repairs(held: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = json.loads(held.get("repairs", "{}"))
    return found


def _files(row: Submission) -> dict[str, UUID]:
    rows = SubmissionFile.objects.filter(submission_id=row.id, evidence__isnull=False)
    return dict(rows.values_list("place", "evidence_id"))


# -- for people --------------------------------------------------------------------------------------


def visible(actor: Actor) -> QuerySet[Submission]:
    """The submissions that the actor may see: those of the areas they may look at, and their own."""
    rows = Submission.objects.select_related("version__form", "person")
    if any("form.view" in grant.verbs for grant in actor.grants):
        return rows.filter(within_reach(actor, "form.view"))
    if actor.person_id is None:
        raise NotPermitted(verb="form.view")
    return rows.filter(person_id=actor.person_id)


def form_ids(response_id: UUID, code: str) -> list[UUID]:
    """The id of a response's form, as a list of one or none; submissions are found by it without a join."""
    return list(Form.objects.filter(response_id=response_id, code=code).values_list("id", flat=True))


def submissions(
    *,
    actor: Actor,
    response_id: UUID,
    code: str = "",
    state: str = "",
    area_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> SubmissionPage:
    """Submissions that the actor may see, the newest first; one query, and one for the form."""
    rows = visible(actor).filter(response_id=response_id)
    if code:
        rows = rows.filter(form_id__in=form_ids(response_id, code))
    if state:
        rows = rows.filter(state=state)
    if area_id is not None:
        rows = rows.filter(area_id__in=covered(area_id))
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.defer("version__xform", "version__source", "version__questions").order_by("-id")[: limit + 1])
    return SubmissionPage(found[:limit], found[limit - 1].id if len(found) > limit else None)


def submission_shown(*, actor: Actor, submission_id: UUID, whole: bool = False) -> Shown:
    """One submission with its answers masked; `whole` is for whoever has kept the look. Raises NotFound."""
    row = visible(actor).filter(id=submission_id).first()
    if row is None:
        raise NotFound(what="填报")
    require_seeing(actor, row)
    try:
        held = _held(row)
    except (DataDestroyed, VaultLocked):
        return Shown(row, [], {}, frozenset())
    files, repairs = _files(row), _repairs(held)
    said = json.loads(held.get("problem", "{}"))
    found = [
        Answer(place, question, _shown(question, repairs.get(place, text), whole), files.get(place))
        for place, question, text in texts(parsed(held["xml"].encode()), row.version.questions)
    ]
    return Shown(row, found, said, frozenset(repairs))


def titles_of(submission_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Of which form each of these is, by its title; what is no submission is left out. One query."""
    rows = Submission.objects.filter(id__in=set(submission_ids))
    return dict(rows.values_list("id", "version__form__title"))


def require_seeing(actor: Actor, row: Submission) -> None:
    """Raise NotPermitted for whoever may see neither the area's nor their own."""
    if row.person_id is None or row.person_id != actor.person_id or not may(actor, "form.submit", row.area_id):
        require(actor, "form.view", row.area_id)


def _shown(question: Question, text: str, whole: bool) -> str:
    return mask(question["personal"], text) if question.get("personal") and not whole else text


def edit_of(row: Filled) -> UUID | None:
    """The submission that edits this one, if one has come."""
    rows = Submission.objects.filter(response_id=row.response_id, deprecated_id=row.instance_id)
    return rows.values_list("id", flat=True).first()


def edited_by(row: Filled) -> Filled | None:
    """The submission that this one edits, if it has come."""
    if not row.deprecated_id:
        return None
    rows = Submission.objects.filter(response_id=row.response_id, instance_id=row.deprecated_id)
    found = rows.values_list("id", flat=True).first()
    return filled(found) if found else None

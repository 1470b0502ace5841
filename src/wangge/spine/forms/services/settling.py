"""What becomes of a submission: taken as a record, refused and repaired, discarded, replaced by an edit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import InputInvalid, NotFound, Problem, SubmissionSettled
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret
from wangge.spine.forms import events
from wangge.spine.forms.filled import texts
from wangge.spine.forms.models import Submission
from wangge.spine.forms.queries.submissions import visible
from wangge.spine.forms.xml import parsed

# A submission may be repaired or discarded while it is not in the books: refused, or incomplete with nothing to come.
OPEN = ("refused", "incomplete")
LONGEST_ANSWER = 4000


def submission_settle(
    *, actor: Actor, submission_id: UUID, make: Callable[[], UUID | None], now: datetime
) -> Problem | None:
    """Make the record that a received submission is for, once: the problem that kept it out, if there was one.

    `make` is called inside the transaction that takes the submission and gives the record's id; what it raises as a
    Problem is kept with the submission, which is then refused and nothing of the record is left.
    """
    row = _row(submission_id)
    require(actor, "form.settle", row.area_id)
    try:
        with transaction.atomic():
            # The state is the lock: of two that follow up at once, one makes the record.
            if not change_rows(Submission, {"id": submission_id, "state": "received"}, {"state": "taken"}):
                return None
            record_id = make()
            change_rows(Submission, {"id": submission_id}, {"subject_id": record_id, "problem": ""})
            record = str(record_id) if record_id else ""
            _record(events.TAKEN, row, actor, now, form=row.version.form.code, record=record)
    except Problem as problem:
        _refuse(row, problem, actor, now)
        return problem
    return None


@transaction.atomic
def _refuse(row: Submission, problem: Problem, actor: Actor, now: datetime) -> None:
    if not change_rows(Submission, {"id": row.id, "state": "received"}, {"state": "refused", "problem": problem.code}):
        return
    # What was said may quote an answer, so the sentence is in the vault and the journal hears the code.
    said = {"zh": problem.sentence("zh"), "en": problem.sentence("en"), "field": str(problem.details.get("field", ""))}
    vault.replace(response_id=row.response_id, secrets=[Secret(row.id, "problem", "sealed", json.dumps(said))])
    _record(events.REFUSED, row, actor, now, form=row.version.form.code, problem=problem.code)


@transaction.atomic
def submission_replace(
    *, actor: Actor, submission_id: UUID, by_id: UUID, undo: Callable[[UUID], None], now: datetime
) -> None:
    """Let an edit stand for a submission: its record is undone, whatever had become of it; done again, nothing more."""
    row = _row(submission_id)
    require(actor, "form.settle", row.area_id)
    if row.state == "replaced":
        return
    _move(row, {"state": "replaced"})
    if row.state == "taken" and row.subject_id is not None:
        undo(row.subject_id)
    _record(events.REPLACED, row, actor, now, form=row.version.form.code, by=str(by_id))


# -- people at the desk -------------------------------------------------------------------------------


@transaction.atomic
def submission_repair(*, actor: Actor, submission_id: UUID, answers: Mapping[str, str], now: datetime) -> None:
    """Correct answers of a submission that was refused, by their places, and let it be tried again.

    What was sent stays as it is; the corrections lie beside it. Without any it is only tried again.
    """
    row = _open(actor, submission_id)
    held = {one.field: one.value for one in vault.carried(response_id=row.response_id, subject_ids=[row.id])[row.id]}
    places = {
        place: question["type"] for place, question, _ in texts(parsed(held["xml"].encode()), row.version.questions)
    }
    for place, text in answers.items():
        if places.get(place, "binary") == "binary" or len(text) > LONGEST_ANSWER:
            raise InputInvalid(field=place, why_zh="这一项不能修改。", why_en="This cannot be changed.")
    repairs = {**json.loads(held.get("repairs", "{}")), **answers}
    if answers:
        kept = Secret(row.id, "repairs", "sealed", json.dumps(repairs, ensure_ascii=False))
        vault.replace(response_id=row.response_id, secrets=[kept])
    _move(row, {"state": "received", "problem": ""})
    if answers:
        _record(events.REPAIRED, row, actor, now, form=row.version.form.code, fields=len(answers))
    else:
        _record(events.RETRIED, row, actor, now, form=row.version.form.code)


@transaction.atomic
def submission_discard(*, actor: Actor, submission_id: UUID, reason: str, now: datetime) -> None:
    """Put a refused submission aside for good, with a reason; it stays to be seen."""
    row = _open(actor, submission_id)
    if len(reason.strip()) < 2:
        raise InputInvalid(field="reason", why_zh="请写明作废原因。", why_en="Say why it is discarded.")
    vault.replace(response_id=row.response_id, secrets=[Secret(row.id, "reason", "text", reason.strip()[:500])])
    _move(row, {"state": "discarded"})
    _record(events.DISCARDED, row, actor, now, form=row.version.form.code, reason_given=True)


def _open(actor: Actor, submission_id: UUID) -> Submission:
    """A submission that the actor may put right. Raises NotFound, NotPermitted, SubmissionSettled."""
    row = visible(actor).filter(id=submission_id).first()
    if row is None:
        raise NotFound(what="填报")
    if actor.person_id is None or actor.person_id != row.person_id:
        require(actor, "form.repair", row.area_id)
    if row.state not in OPEN:
        raise SubmissionSettled()
    return row


def _move(row: Submission, changes: Mapping[str, Any]) -> None:
    if not change_rows(Submission, {"id": row.id, "state": row.state}, changes):
        raise SubmissionSettled()


def _row(submission_id: UUID) -> Submission:
    row = Submission.objects.select_related("version__form").filter(id=submission_id).first()
    if row is None:
        raise NotFound(what="填报")
    return row


def _record(event: str, row: Submission, actor: Actor, now: datetime, **data: Any) -> None:
    journal.record(
        event,
        at=now,
        actor_id=actor.person_id,
        area_id=row.area_id,
        subject_id=row.id,
        response_id=row.response_id,
        exercise=row.exercise,
        **data,
    )

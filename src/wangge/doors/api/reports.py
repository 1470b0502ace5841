"""Taking reports at the door: what is sent, read and checked, and one transaction for all that wait.

`reports_take` is what every way in leads to: one report, a batch, and the waiting requests of a
worker together. It runs in a thread that may use the database.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError, connection
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from wangge.doors.api.problems import problem_of_database, problem_of_input
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import Received, matters_receive_many
from wangge.ground.accounts.answered import Answer, Call, answered_many, call_of
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, IdempotencyKeyMissing, Problem, Unexpected
from wangge.ground.responses.queries import response_by_code, response_current

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 1.0
_responses: dict[str, tuple[UUID, float]] = {}

Result = Answer | Problem


class ReportIn(BaseModel):
    """A report 上报. `area` is the code of a village, community or grid; coordinates are WGS84 degrees."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: str = Field(max_length=40, description="code of a kind of matter in the pack")
    area: str = Field(max_length=20, description="area code")
    source: str = Field(default="system", max_length=12)
    text: str = Field(default="", max_length=10_000)
    observed_at: AwareDatetime | None = Field(default=None, description="when it happened; now if left out")
    reporter_name: str = Field(default="", max_length=200)
    reporter_phone: str = Field(default="", max_length=60)
    address: str = Field(default="", max_length=400)
    lon: float | None = None
    lat: float | None = None
    fields: dict[str, Any] = Field(default_factory=dict, description="the kind's own fields")
    exercise: bool = False
    response: str = Field(default="", max_length=40, description="code of the response; the running one if left out")


class ReportLine(ReportIn):
    """A line of a batch: a report and its idempotency key."""

    key: str = Field(default="", max_length=80)


class ReportTaken(BaseModel):
    """A report that was taken: the number people use, and when its push is due."""

    number: str
    matter_id: UUID
    report_id: UUID
    due_at: datetime


class Sent(NamedTuple):
    """A report at the door: who sends it, its idempotency call, and the report."""

    actor: Actor
    call: Call
    report: ReportIn


def sent_one(actor: Actor, key: str, body: bytes) -> Sent:
    """The report in the body of a request. Raises IdempotencyKeyMissing, InputInvalid."""
    if not key:
        raise IdempotencyKeyMissing()
    try:
        report = ReportIn.model_validate_json(body)
    except ValidationError as error:
        raise problem_of_input(error) from None
    return Sent(actor, call_of(actor, key, canonical(report)), report)


def sent_line(actor: Actor, line: bytes) -> Sent | Problem:
    """The report in a line of a batch, or what is wrong with the line."""
    try:
        report = ReportLine.model_validate_json(line)
        if not report.key:
            raise IdempotencyKeyMissing()
        return Sent(actor, call_of(actor, report.key, canonical(report)), report)
    except ValidationError as error:
        return problem_of_input(error)
    except Problem as problem:
        return problem


def canonical(report: ReportIn) -> bytes:
    """The form by which two sendings of a report are held against each other; its key is no part of it."""
    return report.model_dump_json(exclude={"key"}, exclude_defaults=True).encode()


def reports_take(sent: Sequence[Sent], now: datetime) -> list[Result]:
    """Take reports in one transaction: a result for each, in order. Never raises.

    Where that transaction fails on something unforeseen, each report is tried alone, so that one
    cannot sink its neighbours; a database that cannot be used is said to all of them.
    """
    try:
        return answered_many(
            calls=[item.call for item in sent],
            now=now,
            work=lambda places: _receive([sent[place] for place in places], now),
        )
    except Problem as problem:
        return _one_by_one(sent, now) if len(sent) > 1 else [problem]
    except (DatabaseError, InterfaceError) as error:
        if not isinstance(error, DataError | IntegrityError | ProgrammingError):
            log.warning("reports wait for the database: %s", str(error).strip().partition("\n")[0])
            connection.close()  # the next batch begins with a fresh one
            return [problem_of_database(error)] * len(sent)
        return _one_by_one(sent, now)
    except Exception:
        return _one_by_one(sent, now)


def _one_by_one(sent: Sequence[Sent], now: datetime) -> list[Result]:
    if len(sent) > 1:
        return [reports_take([item], now)[0] for item in sent]
    log.exception("a report could not be taken")
    return [Unexpected()]


def _receive(sent: Sequence[Sent], now: datetime) -> list[Result]:
    results: dict[int, Result] = {}
    by_response: dict[str, list[tuple[int, ReportDraft]]] = {}
    for place, item in enumerate(sent):
        node = tree().by_code(item.report.area)
        if node is None:
            results[place] = AreaUnknown(area=item.report.area)
        else:
            draft = _draft(item, node.id)
            by_response.setdefault(item.report.response, []).append((place, draft))
    for code, drafts in by_response.items():
        try:
            response_id = responses_remembered(code)
        except Problem as problem:
            results.update((place, problem) for place, _ in drafts)
            continue
        received = matters_receive_many(
            response_id=response_id, sent=[(sent[place].actor, draft) for place, draft in drafts], now=now
        )
        results.update((place, _answer(one)) for (place, _), one in zip(drafts, received, strict=True))
    return [results[place] for place in range(len(sent))]


def responses_remembered(code: str) -> UUID:
    """The response with a code, or the running one, looked up once a second. Raises NotFound."""
    response_id, asked_at = _responses.get(code, (None, 0.0))
    if response_id is None or time.monotonic() - asked_at > LOOK_AGAIN_SECONDS:
        response_id = (response_by_code(code) if code else response_current()).id
        _responses[code] = response_id, time.monotonic()
    return response_id


def forget() -> None:
    """Drop what is remembered of responses."""
    _responses.clear()


def _draft(item: Sent, area_id: UUID) -> ReportDraft:
    report = item.report
    return ReportDraft(
        kind=report.kind,
        area_id=area_id,
        source=report.source,
        text=report.text,
        observed_at=report.observed_at,
        reporter_id=item.actor.person_id,
        reporter_name=report.reporter_name,
        reporter_phone=report.reporter_phone,
        address=report.address,
        lon=report.lon,
        lat=report.lat,
        fields=report.fields,
        exercise=report.exercise,
    )


def _answer(received: Received | Problem) -> Result:
    if isinstance(received, Problem):
        return received
    return 201, {
        "number": received.number,
        "matter_id": str(received.matter_id),
        "report_id": str(received.report_id),
        "due_at": received.due_at.isoformat(),
    }

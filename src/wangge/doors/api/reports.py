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
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from wangge.doors.api.problems import problem_of_database, problem_of_input
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import (
    Prepared,
    Received,
    Turn,
    matters_prepare,
    matters_write,
    no_wait,
)
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


# At the model, the same takes twice as long.
_dumped = TypeAdapter(ReportIn).dump_json


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
    return _dumped(report, exclude_defaults=True)


class Ready(NamedTuple):
    """Reports that need only be written: by place what keeps one out, and what was prepared for each response."""

    problems: dict[int, Problem]
    prepared: list[tuple[list[int], Prepared]]


class Part(NamedTuple):
    """Lines of a batch, read at an instant; `ready` is None where making them ready failed: the writing tells why."""

    read: list[Sent | Problem]
    ready: Ready | None
    at: datetime


def part_read(actor: Actor, lines: Sequence[bytes], now: datetime) -> Part:
    """Read lines and make their reports ready, while others are being written. Never raises."""
    read = [sent_line(actor, line) for line in lines]
    try:
        return Part(read, reports_prepare([item for item in read if isinstance(item, Sent)], now), now)
    except (DatabaseError, InterfaceError):
        connection.close()
    except Exception:
        log.debug("a part of a batch is prepared again when it is written", exc_info=True)
    return Part(read, None, now)


def part_take(part: Part, turn: Turn = no_wait) -> list[Result]:
    """Write the reports of a part: a result for each line, in order. Never raises."""
    taken = iter(reports_take([item for item in part.read if isinstance(item, Sent)], part.at, part.ready, turn))
    return [next(taken) if isinstance(item, Sent) else item for item in part.read]


def reports_take(sent: Sequence[Sent], now: datetime, ready: Ready | None = None, turn: Turn = no_wait) -> list[Result]:
    """Take reports in one transaction: a result for each, in order. Never raises.

    Where that transaction fails on something unforeseen, each report is tried alone, so that one
    cannot sink its neighbours; a database that cannot be used is said to all of them.
    """
    try:
        made = ready or reports_prepare(sent, now)
        return answered_many(
            calls=[item.call for item in sent], now=now, work=lambda places: _written(made, places, now, turn)
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


def reports_prepare(sent: Sequence[Sent], now: datetime) -> Ready:
    """Check and seal reports, each for the response it names; nothing of them is written yet."""
    problems: dict[int, Problem] = {}
    by_response: dict[str, list[tuple[int, ReportDraft]]] = {}
    for place, item in enumerate(sent):
        node = tree().by_code(item.report.area)
        if node is None:
            problems[place] = AreaUnknown(area=item.report.area)
        else:
            draft = _draft(item, node.id)
            by_response.setdefault(item.report.response, []).append((place, draft))
    prepared = []
    for code, drafts in by_response.items():
        try:
            response_id = responses_remembered(code)
        except Problem as problem:
            problems.update((place, problem) for place, _ in drafts)
            continue
        with_actors = [(sent[place].actor, draft) for place, draft in drafts]
        made = matters_prepare(response_id=response_id, sent=with_actors, now=now)
        prepared.append(([place for place, _ in drafts], made))
    return Ready(problems, prepared)


def _written(ready: Ready, places: Sequence[int], now: datetime, turn: Turn) -> list[Result]:
    wanted = set(places)
    results: dict[int, Result] = {place: problem for place, problem in ready.problems.items() if place in wanted}
    for stands_for, prepared in ready.prepared:
        chosen = [(place, number) for number, place in enumerate(stands_for) if place in wanted]
        received = matters_write(prepared, [number for _, number in chosen], now=now, turn=turn)
        results.update((place, _answer(one)) for (place, _), one in zip(chosen, received, strict=True))
    return [results[place] for place in places]


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

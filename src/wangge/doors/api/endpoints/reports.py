"""Reports and the duty log, one by one and in batches.

On the ASGI server the two addresses of reports are answered by `intake` before Django sees them;
these here are the same for any other server, and what the OpenAPI document is made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, ValidationError

from wangge.doors.api.calls import actor_of_call, area_named, key_of, once, response_named
from wangge.doors.api.intake import NDJSON, batch_lines, result_lines
from wangge.doors.api.problems import language_of, problem_of_input
from wangge.doors.api.reports import (
    ReportIn,
    ReportLine,
    ReportTaken,
    Result,
    part_read,
    part_take,
    reports_take,
    sent_one,
)
from wangge.doors.api.schemas import EntryIn, EntryLine, EntryOut
from wangge.doors.api.writer import PART
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entries_log, entry_log
from wangge.ground.accounts.answered import Call, answered_many, call_of
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import IdempotencyKeyMissing, Problem

router = Router()


class LineOut(BaseModel):
    """The result of a line: a status with the answer, or a problem."""

    line: int
    status: int | None = None
    problem: dict[str, Any] | None = None


def ndjson_extra(line: type[BaseModel]) -> dict[str, Any]:
    """How OpenAPI describes a batch: lines of JSON in, a result line for each out."""
    schema = line.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}, "x-line": schema}}},
        "responses": {
            200: {
                "description": "a result line for each line, in order",
                "content": {NDJSON: {"schema": {"type": "string"}, "x-line": LineOut.model_json_schema()}},
            }
        },
    }


@router.post("/reports", response={201: ReportTaken}, tags=["reports"], summary="上报 · one report")
def report(request: HttpRequest, payload: ReportIn) -> Status[dict[str, Any]]:
    """Take a report; 201 means that it is on disk. The header Idempotency-Key is required."""
    sent = sent_one(actor_of_call(request), key_of(request), payload.model_dump_json().encode())
    [result] = reports_take([sent], clock.now())
    if isinstance(result, Problem):
        raise result
    return Status(*result)


@router.post(
    "/reports/batch", tags=["reports"], summary="批量上报 · a batch of reports", openapi_extra=ndjson_extra(ReportLine)
)
def report_batch(request: HttpRequest) -> HttpResponse:
    """Take up to 10,000 reports as NDJSON, each with its `key`; a bad line never sinks the others."""
    actor, lines = actor_of_call(request), batch_lines(request.body)
    results: list[Result] = []
    for start in range(0, len(lines), PART):
        results += part_take(part_read(actor, lines[start : start + PART], clock.now()))
    return _ndjson(request, results)


def _ndjson(request: HttpRequest, results: list[Result]) -> HttpResponse:
    language = language_of(request.headers.get("Accept-Language", ""))
    return HttpResponse(b"".join(result_lines(1, results, language)), content_type=NDJSON)


@router.post("/log", response={201: EntryOut}, tags=["duty log"], summary="台账 · one entry")
def entry(request: HttpRequest, payload: EntryIn) -> Status[dict[str, Any]]:
    """Log an entry. The header Idempotency-Key is required."""

    def work(actor: Actor, now: datetime) -> EntryOut:
        logged = entry_log(
            actor=actor, response_id=response_named(payload.response), draft=_entry_draft(payload), now=now
        )
        return EntryOut(entry_id=logged.entry_id, received_at=logged.received_at)

    return once(request, payload, 201, work)


def _entry_draft(payload: EntryIn) -> EntryDraft:
    return EntryDraft(
        kind=payload.kind,
        area_id=area_named(payload.area).id,
        place_kind=payload.place_kind,
        quantities=payload.quantities,
        observed_at=payload.observed_at,
        note=payload.note,
        exercise=payload.exercise,
    )


@router.post(
    "/log/batch", tags=["duty log"], summary="批量台账 · a batch of entries", openapi_extra=ndjson_extra(EntryLine)
)
def entry_batch(request: HttpRequest) -> HttpResponse:
    """Log up to 10,000 entries as NDJSON, each with its `key`; a bad line never sinks the others."""
    actor, lines = actor_of_call(request), batch_lines(request.body)
    results: list[Result] = []
    for start in range(0, len(lines), PART):
        results += _entries_taken(actor, lines[start : start + PART], clock.now())
    return _ndjson(request, results)


def _entries_taken(actor: Actor, lines: Sequence[bytes], now: datetime) -> list[Result]:
    results: list[Result | None] = [None] * len(lines)
    sent: list[tuple[int, Call, EntryIn]] = []
    for place, line in enumerate(lines):
        try:
            sent.append((place, *_entry_sent(actor, line)))
        except Problem as problem:
            results[place] = problem

    def work(places: list[int]) -> list[Result]:
        return _entries_logged(actor, [sent[place][2] for place in places], now)

    answers = answered_many(calls=[call for _, call, _ in sent], now=now, work=work) if sent else []
    for (place, _, _), answer in zip(sent, answers, strict=True):
        results[place] = answer
    return [result for result in results if result is not None]


def _entry_sent(actor: Actor, line: bytes) -> tuple[Call, EntryIn]:
    try:
        entry = EntryLine.model_validate_json(line)
    except ValidationError as error:
        raise problem_of_input(error) from None
    if not entry.key:
        raise IdempotencyKeyMissing()
    return call_of(actor, entry.key, b"log\n" + entry.model_dump_json(exclude={"key"}).encode()), entry


def _entries_logged(actor: Actor, entries: Sequence[EntryIn], now: datetime) -> list[Result]:
    results: dict[int, Result] = {}
    by_response: dict[str, list[tuple[int, EntryDraft]]] = {}
    for place, entry in enumerate(entries):
        try:
            by_response.setdefault(entry.response, []).append((place, _entry_draft(entry)))
        except Problem as problem:
            results[place] = problem
    for code, drafts in by_response.items():
        logged = entries_log(
            actor=actor, response_id=response_named(code), drafts=[draft for _, draft in drafts], now=now
        )
        for (place, _), one in zip(drafts, logged, strict=True):
            if isinstance(one, Problem):
                results[place] = one
            else:
                results[place] = 201, {"entry_id": str(one.entry_id), "received_at": one.received_at.isoformat()}
    return [results[place] for place in range(len(entries))]

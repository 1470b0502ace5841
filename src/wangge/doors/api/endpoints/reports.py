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

from wangge.doors.api.batches import batch_answered, ndjson_answer, ndjson_extra
from wangge.doors.api.calls import actor_of_call, area_named, key_of, once, response_named
from wangge.doors.api.intake import batch_lines
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
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import Problem

router = Router()


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
    return ndjson_answer(request, results)


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
    return batch_answered(request, EntryLine, "log", _entries_logged)


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

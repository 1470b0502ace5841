"""The day's counts of lodging places, from their own systems: counts only; a place is named by its number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, ConfigDict, Field

from wangge.doors.api.batches import batch_answered, ndjson_extra
from wangge.doors.api.calls import once
from wangge.doors.api.reports import Result
from wangge.duties.venues import rules
from wangge.duties.venues.queries.register import numbered
from wangge.duties.venues.services.lodging import CountDraft, lodging_reports
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, Problem
from wangge.ground.responses.queries import response_current

router = Router(tags=["lodging"])


class CountIn(BaseModel):
    """A day's counts 旅业日报; `day` today where nothing is said. Sent again, the later one counts."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=40, description="the number of the place on the register")
    day: date | None = None
    guests: int = Field(ge=0, le=rules.MOST, strict=True, description="guests in house")
    registered: int = Field(ge=0, le=rules.MOST, strict=True, description="of these registered")
    uploaded: int = Field(ge=0, le=rules.MOST, strict=True, description="of these uploaded")


class CountLine(CountIn):
    """Counts in a batch, with an idempotency key of their own."""

    key: str = Field(default="", max_length=80)


class CountOut(BaseModel):
    """Counts that were taken, and the day that they are for."""

    number: str
    day: date


@router.post("/counts", response={201: CountOut}, summary="旅业日报 · a day's counts")
def count(request: HttpRequest, payload: CountIn) -> Status[dict[str, Any]]:
    """Report a day of one place. The header Idempotency-Key is required."""

    def work(actor: Actor, now: datetime) -> CountOut:
        [result] = _taken(actor, [payload], now)
        if isinstance(result, Problem):
            raise result
        return CountOut.model_validate(result[1])

    return once(request, payload, 201, work)


@router.post("/counts/batch", summary="批量旅业日报 · a batch of counts", openapi_extra=ndjson_extra(CountLine))
def count_batch(request: HttpRequest) -> HttpResponse:
    """Report up to 10,000 days as NDJSON, each with its `key`; a bad line never sinks the others."""
    return batch_answered(request, CountLine, "lodging", _taken)


def _taken(actor: Actor, sent: Sequence[CountIn], now: datetime) -> list[Result]:
    """The results in their order; a place where the actor may not report is not found."""
    known = {
        number: venue
        for number, venue in numbered({one.number.upper() for one in sent}).items()
        if may(actor, "lodging.report", venue.area_id)
    }
    drafts = [
        CountDraft(known[one.number.upper()].id, one.guests, one.registered, one.uploaded, one.day)
        for one in sent
        if one.number.upper() in known
    ]
    taken = iter(
        lodging_reports(actor=actor, response_id=response_current().id, drafts=drafts, now=now, source="api")
        if drafts
        else ()
    )
    results: list[Result] = []
    for one in sent:
        result = next(taken) if one.number.upper() in known else NotFound(what=f"场所 {one.number}")
        if isinstance(result, Problem):
            results.append(result)
        else:
            results.append((201, {"number": one.number.upper(), "day": result.day.isoformat()}))
    return results

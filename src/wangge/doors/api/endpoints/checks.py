"""Checks of people under observation, one by one and in batches; a person is named by the number of the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.responses import Status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from wangge.doors.api.batches import batch_answered, ndjson_extra
from wangge.doors.api.calls import once
from wangge.doors.api.reports import Result
from wangge.duties.observation import rules
from wangge.duties.observation.queries.plans import people_numbered
from wangge.duties.observation.services.checks import CheckDraft, checks_make_many
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, Problem

router = Router(tags=["people"])


class CheckIn(BaseModel):
    """A check 监测. Without `day` and `slot` it counts for the check that is open when it was measured."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    temperature: float | None = Field(
        default=None,
        ge=rules.LOWEST_TENTHS / 10,
        le=rules.HIGHEST_TENTHS / 10,
        description="degrees Celsius, counted to a tenth",
    )
    symptoms: list[str] = Field(default_factory=list, max_length=30, description="codes of the pack")
    observed_at: AwareDatetime | None = Field(default=None, description="when it was measured; now if left out")
    note: str = Field(default="", max_length=500)
    day: date | None = None
    slot: int | None = Field(default=None, ge=0, le=23, description="which of the day's checks, from 0")

    def draft(self) -> CheckDraft:
        """The check as the service takes it."""
        tenths = None if self.temperature is None else round(self.temperature * 10)
        return CheckDraft(tenths, self.symptoms, self.observed_at, self.note, self.day, self.slot)


class CheckLine(CheckIn):
    """A check in a batch, with the person's record and an idempotency key of its own."""

    number: str = Field(max_length=40, description="the number of the record")
    key: str = Field(default="", max_length=80)


class CheckOut(BaseModel):
    """A check that was taken: which one it counts for, and whether it found a fever or a symptom."""

    check_id: UUID
    day: date
    slot: int
    fever: bool
    symptomatic: bool


@router.post("/{number}/checks", response={201: CheckOut}, summary="监测 · one check")
def check(request: HttpRequest, number: str, payload: CheckIn) -> Status[dict[str, Any]]:
    """Enter a check of a person. The header Idempotency-Key is required."""

    def work(actor: Actor, now: datetime) -> CheckOut:
        [result] = _entered(actor, [(number, payload)], now)
        if isinstance(result, Problem):
            raise result
        return CheckOut.model_validate(result[1])

    return once(request, payload, 201, work)


@router.post("/checks/batch", summary="批量监测 · a batch of checks", openapi_extra=ndjson_extra(CheckLine))
def check_batch(request: HttpRequest) -> HttpResponse:
    """Enter up to 10,000 checks as NDJSON, each with its `key`; a bad line never sinks the others."""
    return batch_answered(
        request,
        CheckLine,
        "check",
        lambda actor, lines, now: _entered(actor, [(line.number, line) for line in lines], now),
    )


def _entered(actor: Actor, sent: Sequence[tuple[str, CheckIn]], now: datetime) -> list[Result]:
    """The results of checks in their order; a record that the actor may not see is not found."""
    known = people_numbered([number for number, _ in sent], actor=actor)
    drafts = [(known[number], one.draft()) for number, one in sent if number in known]
    made = iter(checks_make_many(actor=actor, drafts=drafts, now=now, source="batch"))
    results: list[Result] = []
    for number, _ in sent:
        result = next(made) if number in known else NotFound(what=f"人员档案 {number}")
        if isinstance(result, Problem):
            results.append(result)
            continue
        fever = rules.is_fever(result.temperature_tenths, result.plan.fever_tenths)
        results.append(
            (
                201,
                {
                    "check_id": str(result.id),
                    "day": result.day.isoformat(),
                    "slot": result.slot,
                    "fever": fever,
                    "symptomatic": bool(result.symptoms),
                },
            )
        )
    return results

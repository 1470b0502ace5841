"""From venues to matters: one that is closed by order was found open, or a day's counts did not come by the hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matters_receive
from wangge.duties.venues.queries.lodging import Missing, missing_waiting
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.queries.visits import Finding, findings
from wangge.duties.venues.services.lodging import gaps_linked
from wangge.duties.venues.services.visits import visit_linked
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import Problem

INSPECTING = system_actor("inspecting", "matter.report", "exercise.run")
NAMED = "venue_name"  # the field of a kind of matter that says which venue it is


def open_breaches(happened: list[Event], now: datetime) -> None:
    """Each venue that was found open against its order becomes a matter; done again, nothing more."""
    found = findings(event.subject_id for event in happened if event.subject_id)
    for response_id, group in _by_response(found):
        drafts = [_breach(one) for one in group]
        for one, matter_id in zip(group, _received(response_id, drafts, now), strict=True):
            visit_linked(visit_id=one.visit_id, matter_id=matter_id)


def open_missing(happened: list[Event], now: datetime) -> None:
    """Each day that a lodging place had not reported by the hour becomes a matter; done again, nothing more."""
    found = missing_waiting(UUID(event.data["gap"]) for event in happened)
    for response_id, group in _by_response(found):
        drafts = [_missing(one) for one in group]
        matters = _received(response_id, drafts, now)
        gaps_linked(zip((one.gap_id for one in group), matters, strict=True))


def _by_response(found: Sequence[Any]) -> Iterable[tuple[UUID, list[Any]]]:
    groups: dict[UUID, list[Any]] = {}
    for one in found:
        groups.setdefault(one.response_id, []).append(one)
    return groups.items()


def _received(response_id: UUID, drafts: Sequence[ReportDraft], now: datetime) -> list[UUID]:
    matters = []
    for received in matters_receive(actor=INSPECTING, response_id=response_id, drafts=drafts, now=now):
        if isinstance(received, Problem):
            raise received
        matters.append(received.matter_id)
    return matters


def _breach(one: Finding) -> ReportDraft:
    _, plan = pack_for(one.response_id)
    text = f"场所 {one.number} 已责令停业，检查时仍在营业，请依法处理。"
    return _draft(one, plan.orders.breach, text, one.observed_at)


def _missing(one: Missing) -> ReportDraft:
    _, plan = pack_for(one.response_id)
    assert plan.lodging is not None
    until = f"{plan.lodging.report_by:%H:%M}"
    text = f"场所 {one.number} {one.day.month}月{one.day.day}日 {until} 前未报旅业日报，请核实登记上传情况。"
    return _draft(one, plan.lodging.missing, text, one.found_at)


def _draft(one: Any, kind: str, text: str, observed_at: datetime) -> ReportDraft:
    pack, _ = pack_for(one.response_id)
    fields = {NAMED: f"{one.number} {one.name}"} if any(item.code == NAMED for item in pack.kinds[kind].fields) else {}
    return ReportDraft(
        kind=kind,
        area_id=one.area_id,
        source="system",
        text=text,
        observed_at=observed_at,
        fields=fields,
        exercise=one.exercise,
    )

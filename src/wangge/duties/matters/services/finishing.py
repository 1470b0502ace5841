"""Verify 核查, close 结案, reopen: the result is confirmed by somebody else, and the reporter is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from wangge.duties.matters import events
from wangge.duties.matters.models import Action, Involvement, Matter, Report
from wangge.duties.matters.rules import HANDLING
from wangge.duties.matters.services.moves import (
    act,
    agency_kind,
    check,
    enter,
    find,
    ladder,
    matter_at,
    move,
    policy_of,
    repeated,
    rest,
    stage_done,
    tell,
)
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import InputInvalid, NotTheHandler, WrongStage
from wangge.ground.responses.queries import response_running

METHODS = {"spot": ("现场核查", "On the spot"), "call": ("电话回访", "By call-back")}
TOLD = {
    "system": ("系统内告知", "In the system"),
    "call": ("电话告知", "By phone"),
    "visit": ("上门告知", "In person"),
    "anonymous": ("匿名，无法告知", "Anonymous"),
}


def handled(matter: Matter, person_id: UUID | None) -> bool:
    """Whether a person took part in handling: accepted, arrived or worked on it since it was received."""
    if person_id is None:
        return False
    return bool(_acted(matter.id, person_id) or _accepted(matter.id, person_id))


@prepared
def _acted(matter_id: UUID, person_id: UUID) -> QuerySet[Action, UUID]:
    acted = Action.objects.filter(matter_id=matter_id, person_id=person_id, what__in=HANDLING)
    return acted.values_list("id", flat=True)[:1]


@prepared
def _accepted(matter_id: UUID, person_id: UUID) -> QuerySet[Involvement, UUID]:
    return Involvement.objects.filter(matter_id=matter_id, accepted_by_id=person_id).values_list("id", flat=True)[:1]


@transaction.atomic
def matter_verify(
    *, actor: Actor, matter_id: UUID, version: int, passed: bool, method: str, text: str, now: datetime
) -> Matter:
    """Verify 核查 on the spot or by call-back, by somebody other than the handler.

    A failed verification reopens the work, and the ladder then starts one level higher.
    """
    matter = find(matter_id, actor=actor, verb="matter.verify")
    if repeated(matter, actor, "verify", version):
        return matter
    check(matter, "verify", version)
    if handled(matter, actor.person_id):
        raise NotTheHandler()
    if method not in METHODS:
        raise InputInvalid(field="method", why_zh="请选择核查方式。", why_en="Choose how it was verified.")
    if len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明核查结果。", why_en="Say what was found.")
    done = stage_done(matter, actor=actor, now=now) | {"agency": agency_kind(matter)}
    if passed:
        move(matter, actor, "verify", **rest("close", now=now))
        act(matter, "verified", actor=actor, now=now, text=text, method=method)
        tell(matter, events.VERIFIED, actor=actor, now=now, **done, method=method)
        return matter
    _raise_ladder(matter)
    Involvement.objects.filter(matter=matter, ended_at__isnull=True).update(worked_at=None)
    move(matter, actor, "verify", base_level=matter.base_level, **enter(matter, "coordinate", now=now))
    act(matter, "failed", actor=actor, now=now, text=text, method=method)
    tell(matter, events.VERIFICATION_FAILED, actor=actor, now=now, **done, method=method)
    return matter


def _raise_ladder(matter: Matter) -> None:
    matter.base_level = min(matter.base_level + 1, max(len(ladder(matter)) - 1, 0))


@transaction.atomic
def matter_close(
    *, actor: Actor, matter_id: UUID, version: int, outcome: str, told: str, now: datetime, text: str = ""
) -> Matter:
    """Close 结案 with an outcome of the policy, and how the reporter was told."""
    matter = find(matter_id, actor=actor, verb="matter.close")
    if repeated(matter, actor, "close", version):
        return matter
    check(matter, "close", version)
    if policy_of(matter).kind.outcome(outcome) is None:
        raise InputInvalid(
            field="outcome", why_zh="请选择此类事项允许的结果。", why_en="Choose an outcome of this kind."
        )
    if told not in TOLD:
        raise InputInvalid(field="told", why_zh="请选择如何告知报告人。", why_en="Say how the reporter was told.")
    move(
        matter,
        actor,
        "close",
        **rest("closed", now=now),
        ending="settled",
        outcome=outcome,
        closed_at=now,
    )
    act(matter, "closed", actor=actor, now=now, text=text)
    tell(
        matter,
        events.CLOSED,
        actor=actor,
        now=now,
        severity=matter.severity,
        agency=agency_kind(matter),
        outcome=outcome,
        told=told,
    )
    return matter


@transaction.atomic
def matter_reopen(*, actor: Actor, matter_id: UUID, version: int, text: str, now: datetime) -> Matter:
    """Reopen 重新打开 what was closed, by its reporter or a desk; it goes back to triage, one level higher."""
    matter = matter_at(matter_id)
    if actor.person_id is None or not Report.objects.filter(matter=matter, reporter_id=actor.person_id).exists():
        require(actor, "matter.reopen", matter.area_id)
    if repeated(matter, actor, "reopen", version):
        return matter
    check(matter, "reopen", version)
    if matter.ending == "merged":
        raise WrongStage(stage="并案", action="reopen")
    if len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明重新打开的理由。", why_en="Say why it is reopened.")
    response_running(matter.response_id)
    before, agency = (matter.outcome if matter.ending == "settled" else matter.ending), agency_kind(matter)
    _raise_ladder(matter)
    changes = enter(matter, "triage", now=now) | {
        "ending": "",
        "outcome": "",
        "closed_at": None,
        "base_level": matter.base_level,
    }
    move(matter, actor, "reopen", **changes)
    act(matter, "reopened", actor=actor, now=now, text=text)
    tell(
        matter,
        events.REOPENED,
        actor=actor,
        now=now,
        severity=matter.severity,
        agency=agency,
        outcome=before,
        cause="reporter",
        level=matter.base_level,
    )
    return matter

"""Acting on a matter: one address for each action of the four firsts 四个一.

Every action carries an idempotency key, and where it depends on what the caller saw, the version of
the matter that was looked at; somebody else's step in between is a conflict, never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel

from wangge.doors.api import schemas
from wangge.doors.api.calls import once
from wangge.doors.api.endpoints.matters import matters_out
from wangge.doors.api.schemas import MatterOut
from wangge.duties.matters.queries import matter_by_id, matter_by_number
from wangge.duties.matters.services import finishing, handling, merging, pausing, triage
from wangge.ground.kernel.permission import Actor

router = Router(tags=["actions"])
Act = Callable[..., object]


def _act(request: HttpRequest, number: str, payload: BaseModel, act: Act, **fields: Any) -> Status[dict[str, Any]]:
    """Do an action once on the matter with this number; the matter as it then stands."""
    given = payload.model_dump() | fields

    def work(actor: Actor, now: datetime) -> MatterOut:
        matter = matter_by_number(number, actor=actor)
        act(actor=actor, matter_id=matter.id, now=now, **given)
        return matters_out([matter_by_id(matter.id, actor=actor)])[0]

    return once(request, payload, 200, work)


@router.post("/{number}/acknowledge", response=MatterOut, summary="推送确认 · acknowledge")
def acknowledge(request: HttpRequest, number: str, payload: schemas.Versioned) -> Status[dict[str, Any]]:
    """The responsible post, a deputy or a desk for them has the matter."""
    return _act(request, number, payload, triage.matter_acknowledge)


@router.post("/{number}/triage", response=MatterOut, summary="分流 · triage")
def decide(request: HttpRequest, number: str, payload: schemas.TriageIn) -> Status[dict[str, Any]]:
    """Set kind, severity, lead and joint agencies."""
    return _act(request, number, payload, triage.matter_triage)


@router.post("/{number}/dismiss", response=MatterOut, summary="不予受理 · dismiss")
def dismiss(request: HttpRequest, number: str, payload: schemas.DismissIn) -> Status[dict[str, Any]]:
    """Not take it up, or return it for completion, with a reason."""
    return _act(request, number, payload, triage.matter_dismiss)


@router.post("/{number}/accept", response=MatterOut, summary="接单 · accept")
def accept(request: HttpRequest, number: str, payload: schemas.AcceptIn) -> Status[dict[str, Any]]:
    """Accept for an agency that leads or joins."""
    return _act(request, number, payload, handling.matter_accept)


@router.post("/{number}/work", response=MatterOut, summary="现场处置 · report work")
def work_done(request: HttpRequest, number: str, payload: schemas.WorkIn) -> Status[dict[str, Any]]:
    """Report arrival or what was done."""
    return _act(request, number, payload, handling.matter_work)


@router.post("/{number}/hand-back", response=MatterOut, summary="退回 · hand back")
def hand_back(request: HttpRequest, number: str, payload: schemas.HandBackIn) -> Status[dict[str, Any]]:
    """Hand back what is not the agency's; the second time the common superior decides."""
    return _act(request, number, payload, handling.matter_hand_back)


@router.post("/{number}/verify", response=MatterOut, summary="核查 · verify")
def verify(request: HttpRequest, number: str, payload: schemas.VerifyIn) -> Status[dict[str, Any]]:
    """Confirm the result, or not, by somebody other than the handler."""
    return _act(request, number, payload, finishing.matter_verify)


@router.post("/{number}/close", response=MatterOut, summary="结案 · close")
def close(request: HttpRequest, number: str, payload: schemas.CloseIn) -> Status[dict[str, Any]]:
    """Close with an outcome, and how the reporter was told."""
    return _act(request, number, payload, finishing.matter_close)


@router.post("/{number}/reopen", response=MatterOut, summary="重新打开 · reopen")
def reopen(request: HttpRequest, number: str, payload: schemas.ReopenIn) -> Status[dict[str, Any]]:
    """Open again what was closed, by its reporter or a desk."""
    return _act(request, number, payload, finishing.matter_reopen)


@router.post("/{number}/hold", response=MatterOut, summary="申请挂起 · ask for a hold")
def hold(request: HttpRequest, number: str, payload: schemas.HoldIn) -> Status[dict[str, Any]]:
    """Ask for the clock to be stopped until an instant; it runs on until somebody else approves."""
    return _act(request, number, payload, pausing.matter_ask_hold)


@router.post("/{number}/hold-decision", response=MatterOut, summary="审批挂起 · decide on a hold")
def hold_decision(request: HttpRequest, number: str, payload: schemas.HoldDecisionIn) -> Status[dict[str, Any]]:
    """Approve or refuse the hold asked for."""
    return _act(request, number, payload, pausing.matter_decide_hold)


@router.post("/{number}/resume", response=MatterOut, summary="恢复计时 · resume")
def resume(request: HttpRequest, number: str, payload: schemas.Versioned) -> Status[dict[str, Any]]:
    """Let the clock run again before the pause ends by itself."""
    return _act(request, number, payload, pausing.matter_resume)


@router.post("/{number}/park", response=MatterOut, summary="挂账 · park")
def park(request: HttpRequest, number: str, payload: schemas.ParkIn) -> Status[dict[str, Any]]:
    """Park in the open, with a reason, an owner and a review date."""

    def parked(*, actor: Actor, owner_id: UUID | None, **fields: Any) -> object:
        owner = owner_id or actor.person_id
        assert owner is not None  # a token always stands for a person
        return pausing.matter_park(actor=actor, owner_id=owner, **fields)

    return _act(request, number, payload, parked)


@router.post("/{number}/merge", response=MatterOut, summary="并案 · merge")
def merge(request: HttpRequest, number: str, payload: schemas.MergeIn) -> Status[dict[str, Any]]:
    """Merge this matter into another."""

    def merged(*, actor: Actor, into: str, **fields: Any) -> object:
        return merging.matter_merge(actor=actor, into_id=matter_by_number(into, actor=actor).id, **fields)

    return _act(request, number, payload, merged)


@router.post("/{number}/merge-undo", response=MatterOut, summary="撤销并案 · undo a merge")
def merge_undo(request: HttpRequest, number: str, payload: schemas.Versioned) -> Status[dict[str, Any]]:
    """Put a merged matter back where it stood."""
    return _act(request, number, payload, merging.merge_undo)

"""Coordinate 协调: agencies accept, arrive, work and report, or hand back what is not theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from wangge.duties.matters import events, rules
from wangge.duties.matters.models import Involvement, Matter
from wangge.duties.matters.services.moves import (
    STAGE_NAMES,
    act,
    agency_kind,
    check,
    enter,
    find,
    ladder,
    move,
    stage_done,
    tell,
)
from wangge.ground.accounts.queries import agency_kinds
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows, prepared
from wangge.ground.kernel.problems import (
    AlreadyInvolved,
    InputInvalid,
    MatterPaused,
    NotInvolved,
    NotPermitted,
    WrongStage,
)

HAND_BACKS = {
    "not_mine": ("不属本单位职责", "Not our duty"),
    "not_here": ("不在本单位辖区", "Not in our area"),
    "no_means": ("无相应手段", "No means"),
}


def _ready(matter: Matter, action: str) -> None:
    if not rules.may_do(action, matter.stage):
        raise WrongStage(stage=STAGE_NAMES[matter.stage], action=action)
    if matter.pause:
        raise MatterPaused()


def _involvement(matter: Matter, actor: Actor, agency_id: UUID) -> Involvement:
    """The agency's open part in the matter; the actor must belong to it or run a desk over the area."""
    if agency_id not in actor.agency_ids and not may(actor, "matter.triage", matter.area_id):
        raise NotPermitted(verb="matter.accept")
    part = next((part for part in parts_open(matter.id) if part.agency_id == agency_id), None)
    if part is None:
        raise NotInvolved()
    return part


@prepared
def parts_open(matter_id: UUID) -> QuerySet[Involvement]:
    """The parts that agencies have in a matter now."""
    return Involvement.objects.filter(matter_id=matter_id, ended_at__isnull=True)


@transaction.atomic
def matter_accept(*, actor: Actor, matter_id: UUID, agency_id: UUID, now: datetime) -> Matter:
    """Accept 接单 for an agency. Accepting twice changes nothing."""
    matter = find(matter_id, actor=actor, verb="matter.accept")
    part = _involvement(matter, actor, agency_id)
    if part.accepted_at is not None:
        return matter
    _ready(matter, "accept")
    untaken = {"id": part.id, "accepted_at": None, "ended_at": None}
    if not change_rows(Involvement, untaken, {"accepted_at": now, "accepted_by_id": actor.person_id}):
        return matter
    move(matter, actor, "accept")
    kind = agency_kinds([agency_id])[agency_id]
    tell(matter, events.ACCEPTED, actor=actor, now=now, agency=kind, role=part.role)
    return _finish_if_coordinated(matter, actor, now)


@transaction.atomic
def matter_work(*, actor: Actor, matter_id: UUID, agency_id: UUID, what: str, text: str, now: datetime) -> Matter:
    """Report work on the ground 现场处置: `what` is "arrived" or "worked"; the words go to the vault."""
    matter = find(matter_id, actor=actor, verb="matter.work")
    part = _involvement(matter, actor, agency_id)
    _ready(matter, "work")
    if part.accepted_at is None:
        raise InputInvalid(field="agency", why_zh="请先接单。", why_en="Accept first.")
    if what not in {"arrived", "worked"}:
        raise InputInvalid(field="what", why_zh="请选择到达或处置。", why_en="Choose arrived or worked.")
    if what == "worked" and len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明处置情况。", why_en="Say what was done.")
    if what == "arrived":
        if part.arrived_at is not None:
            raise AlreadyInvolved(what="报告到达")
        change_rows(Involvement, {"id": part.id, "arrived_at": None}, {"arrived_at": now})
    else:
        change_rows(Involvement, {"id": part.id}, {"worked_at": now})
    move(matter, actor, "work")
    act(matter, what, actor=actor, now=now, text=text, agency_id=agency_id)
    kind = agency_kinds([agency_id])[agency_id]
    tell(matter, events.WORKED, actor=actor, now=now, agency=kind, what=what)
    return _finish_if_coordinated(matter, actor, now)


def _finish_if_coordinated(matter: Matter, actor: Actor, now: datetime) -> Matter:
    parts = parts_open(matter.id)
    rows = [(part.role, part.accepted_at is not None, part.worked_at is not None) for part in parts]
    if not rules.coordinated(rows):
        return matter
    done = stage_done(matter, actor=actor, now=now)
    move(matter, actor, "work", **enter(matter, "verify", now=now))
    tell(matter, events.COORDINATED, actor=actor, now=now, **done, agency=agency_kind(matter))
    return matter


@transaction.atomic
def matter_hand_back(
    *, actor: Actor, matter_id: UUID, agency_id: UUID, version: int, reason: str, text: str, now: datetime
) -> Matter:
    """Hand back 退回 what is not the agency's, with a reason.

    The first time the matter goes back to triage; the second time the desk of the common superior
    decides. A lead that was decided there cannot hand back.
    """
    matter = find(matter_id, actor=actor, verb="matter.return")
    part = _involvement(matter, actor, agency_id)
    check(matter, "hand_back", version)
    if reason not in HAND_BACKS:
        raise InputInvalid(field="reason", why_zh="请选择退回理由。", why_en="Choose a reason.")
    if len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明退回理由。", why_en="Say why.")
    if matter.handed_back >= 2:
        raise InputInvalid(
            field="agency",
            why_zh="本事项已由上级裁定牵头单位，不能再退回。",
            why_en="The superior has decided; it stays.",
        )
    stage_done(matter, actor=actor, now=now)
    Involvement.objects.filter(id=part.id).update(ended_at=now)
    times = matter.handed_back + 1
    arbiter = _common_superior(matter) if times == 2 else None
    move(matter, actor, "hand_back", **enter(matter, "triage", now=now), handed_back=times, arbiter_id=arbiter)
    act(matter, "handed_back", actor=actor, now=now, text=text, agency_id=agency_id)
    tell(
        matter,
        events.HANDED_BACK,
        actor=actor,
        now=now,
        agency=agency_kinds([agency_id])[agency_id],
        reason=reason,
        times=times,
        to_area=str(arbiter) if arbiter else "",
    )
    return matter


def _common_superior(matter: Matter) -> UUID:
    """The lowest area over the matter that also covers every agency asked so far, one rung up at least."""
    areas, rungs = tree(), ladder(matter) or [matter.area_id]
    asked = set(Involvement.objects.filter(matter=matter).values_list("agency__area_id", flat=True))
    for rung in rungs[1:] or rungs:
        if all(areas.covers(rung, place) for place in asked):
            return rung
    return rungs[-1]

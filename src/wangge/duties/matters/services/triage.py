"""Push and triage 推送、分流: acknowledging, deciding who leads and joins, or not taking a matter up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.matters import events
from wangge.duties.matters.models import Involvement, Matter
from wangge.duties.matters.policies import Snapshot, snapshot_of, snapshots_keep
from wangge.duties.matters.services.moves import act, check, enter, find, move, policy_of, repeated, stage_done, tell
from wangge.ground.accounts.queries import agencies_for, agency_kinds
from wangge.ground.areas.permission import require
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import InputInvalid, NoAgency
from wangge.ground.responses.queries import pack_by_id

DISMISSALS = {
    "no_matter": ("不属实", "Not so"),
    "not_ours": ("不属受理范围", "Outside our scope"),
    "settled": ("已自行解决", "Settled already"),
    "incomplete": ("情况不全，退回补充", "Incomplete, returned"),
}


@transaction.atomic
def matter_acknowledge(*, actor: Actor, matter_id: UUID, version: int, now: datetime) -> Matter:
    """Acknowledge 确认: the responsible post, a deputy or a desk for them has the matter."""
    matter = find(matter_id, actor=actor, verb="matter.acknowledge")
    if repeated(matter, actor, "acknowledge", version):
        return matter
    check(matter, "acknowledge", version)
    done = stage_done(matter, actor=actor, now=now)
    move(matter, actor, "acknowledge", **enter(matter, "triage", now=now))
    tell(matter, events.ACKNOWLEDGED, actor=actor, now=now, **done)
    return matter


@transaction.atomic
def matter_triage(
    *,
    actor: Actor,
    matter_id: UUID,
    version: int,
    now: datetime,
    kind: str | None = None,
    severity: int | None = None,
    lead: str | None = None,
    joint: Sequence[str] | None = None,
    rule: str = "",
    text: str = "",
) -> Matter:
    """Triage 分流: set kind, severity, lead and joint agencies (by agency kind; the policy's where not given).

    `rule` names the rule of the pack that suggested the decision. A matter handed back twice is
    decided by the common superior's desk only, and the lead it names cannot hand it back again.
    """
    matter = find(matter_id, actor=actor, verb="matter.triage")
    if repeated(matter, actor, "triage", version):
        return matter
    if matter.arbiter_id is not None:
        require(actor, "matter.arbitrate", matter.arbiter_id)
    check(matter, "triage", version)
    snapshot = _snapshot(matter, kind)
    agencies = _agencies(matter, snapshot, lead, joint)
    if severity is not None and severity not in range(1, 5):
        raise InputInvalid(field="severity", why_zh="等级须为 1 至 4。", why_en="Severity is 1 to 4.")
    done = stage_done(matter, actor=actor, now=now)
    from_kind, arbitrated = matter.kind, matter.arbiter_id is not None
    matter.policy_id, matter.kind = snapshot.hash, snapshot.kind.code
    changes = enter(matter, "coordinate", now=now) | {
        "policy_id": snapshot.hash,
        "kind": snapshot.kind.code,
        "severity": severity or snapshot.kind.severity,
        "lead_id": agencies[0],
        "arbiter_id": None,
    }
    move(matter, actor, "triage", **changes)
    _ask(matter, agencies, now)
    if text.strip():
        act(matter, "triaged", actor=actor, now=now, text=text)
    done["severity"] = matter.severity
    kinds = agency_kinds(agencies)
    tell(
        matter,
        events.TRIAGED,
        actor=actor,
        now=now,
        **done,
        agency=kinds[agencies[0]],
        lead=str(agencies[0]),
        joint=[str(agency) for agency in agencies[1:]],
        rule=rule,
        from_kind=from_kind,
        arbitrated=arbitrated,
    )
    return matter


def _snapshot(matter: Matter, kind: str | None) -> Snapshot:
    """The policy for the kind decided on, as it stood when the matter was received."""
    kept = policy_of(matter)
    if kind is None or kind == matter.kind:
        return kept
    if kind not in pack_by_id(kept.pack_id).kinds:
        raise InputInvalid(field="kind", why_zh="没有这一事项类别。", why_en="There is no such kind of matter.")
    snapshot = snapshot_of(kept.pack_id, kind, kept.factor)
    snapshots_keep({snapshot})
    return snapshot


def _agencies(matter: Matter, snapshot: Snapshot, lead: str | None, joint: Sequence[str] | None) -> list[UUID]:
    """The lead agency first, then the joint ones; a named kind without an agency here is an error."""
    found: list[UUID] = []
    wanted = [lead or snapshot.kind.lead, *(snapshot.kind.joint if joint is None else joint)]
    for place, kind in enumerate(dict.fromkeys(wanted)):
        agency = agencies_for(kind, [matter.area_id]).get(matter.area_id)
        if agency is None:
            # A joint agency that only the policy names may be missing in a small place; a lead may not.
            if place == 0 or joint is not None:
                raise NoAgency(kind=kind)
            continue
        found.append(agency)
    return found


def _ask(matter: Matter, agencies: Sequence[UUID], now: datetime) -> None:
    change_rows(Involvement, {"matter": matter.id, "ended_at": None}, {"ended_at": now})
    asked = [(new_id(), matter.id, agency, "joint" if place else "lead", now) for place, agency in enumerate(agencies)]
    insert_rows(Involvement, ("id", "matter", "agency", "role", "asked_at"), asked)


@transaction.atomic
def matter_dismiss(*, actor: Actor, matter_id: UUID, version: int, reason: str, text: str, now: datetime) -> Matter:
    """Not take a matter up 不予受理, or return it for completion, with a reason; its reporter is told."""
    matter = find(matter_id, actor=actor, verb="matter.triage")
    if repeated(matter, actor, "dismiss", version):
        return matter
    check(matter, "dismiss", version)
    if reason not in DISMISSALS:
        raise InputInvalid(field="reason", why_zh="请选择理由。", why_en="Choose a reason.")
    if len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明理由。", why_en="Say why.")
    done = stage_done(matter, actor=actor, now=now)
    ending = "returned" if reason == "incomplete" else "dismissed"
    move(
        matter,
        actor,
        "dismiss",
        stage="closed",
        stage_since=now,
        ending=ending,
        due_at=None,
        queue_at=now,
        closed_at=now,
    )
    act(matter, "dismissed", actor=actor, now=now, text=text)
    tell(matter, events.DISMISSED, actor=actor, now=now, **done, reason=reason, ending=ending)
    return matter

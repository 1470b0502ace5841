"""Hold 挂起 and park 挂账: a clock that stands still in the open, with a reason, and not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.matters import events
from wangge.duties.matters.models import Hold, Matter
from wangge.duties.matters.services.moves import act, calendar_of, check, find, move, repeated, tell
from wangge.ground.accounts.queries import person_names
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import HoldPending, InputInvalid, NotFound, NotYourOwnApproval
from wangge.spine.clocks import services as clocks

LONGEST_HOLD = timedelta(days=30)
LONGEST_PARKING = timedelta(days=366)
HOLD_REASONS = {
    "awaiting_result": ("等待检测或鉴定结果", "Awaiting a result"),
    "cannot_reach": ("当事人暂时联系不上", "Cannot be reached"),
    "awaiting_other": ("等待外单位答复", "Awaiting another body"),
}
PARK_REASONS = {
    "no_basis": ("暂无政策依据", "No rule for it yet"),
    "no_condition": ("暂不具备解决条件", "Conditions are missing"),
    "long_term": ("需长期跟踪", "Needs long follow-up"),
}


def _stated(
    reason: str, reasons: dict[str, Any], text: str, until: datetime, now: datetime, longest: timedelta
) -> None:
    if reason not in reasons:
        raise InputInvalid(field="reason", why_zh="请选择理由。", why_en="Choose a reason.")
    if len(text.strip()) < 2:
        raise InputInvalid(field="text", why_zh="请写明理由。", why_en="Say why.")
    if not now < until <= now + longest:
        raise InputInvalid(
            field="until",
            why_zh=f"截止时间须在现在之后、{longest.days} 天之内。",
            why_en=f"The end must lie ahead, within {longest.days} days.",
        )


@transaction.atomic
def matter_ask_hold(
    *, actor: Actor, matter_id: UUID, version: int, reason: str, text: str, until: datetime, now: datetime
) -> Hold:
    """Ask for a hold 申请挂起; the clock runs on until somebody else approves it."""
    matter = find(matter_id, actor=actor, verb="matter.hold")
    check(matter, "ask_hold", version)
    _stated(reason, HOLD_REASONS, text, until, now, LONGEST_HOLD)
    try:
        with transaction.atomic():
            hold = Hold.objects.create(
                matter=matter, reason=reason, asked_by_id=actor.person_id, asked_at=now, until=until
            )
    except IntegrityError:
        raise HoldPending() from None
    move(matter, actor, "ask_hold")
    act(matter, "hold", actor=actor, now=now, text=text)
    tell(matter, events.HOLD_ASKED, actor=actor, now=now, reason=reason, until=until.isoformat())
    return hold


@transaction.atomic
def matter_decide_hold(*, actor: Actor, matter_id: UUID, version: int, approve: bool, now: datetime) -> Matter:
    """Approve or refuse the hold that is asked for; the one who asks cannot decide."""
    matter = find(matter_id, actor=actor, verb="matter.approve_hold")
    if repeated(matter, actor, "decide_hold", version):
        return matter
    hold = Hold.objects.filter(matter=matter, approved__isnull=True).first()
    if hold is None:
        raise NotFound(what="待批的挂起申请")
    if hold.asked_by_id == actor.person_id:
        raise NotYourOwnApproval()
    check(matter, "decide_hold", version)
    approve = approve and hold.until > now
    Hold.objects.filter(id=hold.id, approved__isnull=True).update(
        approved=approve, decided_by_id=actor.person_id, decided_at=now
    )
    if not approve:
        move(matter, actor, "decide_hold")
        tell(matter, events.HOLD_REFUSED, actor=actor, now=now)
        return matter
    clocks.pause(matter.id, f"matter.{matter.stage}", until=hold.until, now=now)
    move(matter, actor, "decide_hold", pause="held", due_at=None, queue_at=hold.until)
    tell(matter, events.HELD, actor=actor, now=now, stage=matter.stage, until=hold.until.isoformat())
    return matter


@transaction.atomic
def matter_park(
    *,
    actor: Actor,
    matter_id: UUID,
    version: int,
    reason: str,
    text: str,
    owner_id: UUID,
    review_at: datetime,
    now: datetime,
) -> Matter:
    """Park 挂账 what cannot be solved now: in the open, with a reason, an owner and a review date."""
    matter = find(matter_id, actor=actor, verb="matter.park")
    if repeated(matter, actor, "park", version):
        return matter
    check(matter, "park", version)
    _stated(reason, PARK_REASONS, text, review_at, now, LONGEST_PARKING)
    if not person_names([owner_id]):
        raise InputInvalid(field="owner", why_zh="请从列表中选择责任人。", why_en="Choose the owner from the list.")
    clocks.pause(matter.id, f"matter.{matter.stage}", until=review_at, now=now)
    move(matter, actor, "park", pause="parked", due_at=None, queue_at=review_at)
    act(matter, "parked", actor=actor, now=now, text=text)
    tell(
        matter,
        events.PARKED,
        actor=actor,
        now=now,
        stage=matter.stage,
        reason=reason,
        owner=str(owner_id),
        review_on=review_at.date().isoformat(),
    )
    return matter


@transaction.atomic
def matter_resume(*, actor: Actor, matter_id: UUID, version: int, now: datetime) -> Matter:
    """Let the clock run again before the pause ends by itself."""
    matter = find(matter_id, actor=actor, verb="matter.hold")
    if repeated(matter, actor, "resume", version):
        return matter
    check(matter, "resume", version, while_paused=True)
    return _run_on(matter, actor, cause="hand", now=now) if matter.pause else matter


def _run_on(matter: Matter, actor: Actor, *, cause: str, now: datetime) -> Matter:
    due_at = clocks.resume(matter.id, f"matter.{matter.stage}", now=now, calendar=calendar_of(matter))
    move(matter, actor, "resume", pause="", due_at=due_at, queue_at=due_at or now)
    tell(matter, events.RESUMED, actor=actor, now=now, stage=matter.stage, cause=cause)
    return matter


@transaction.atomic
def pause_over(*, actor: Actor, matter_id: UUID, now: datetime) -> bool:
    """End a pause whose time has come: the hold ended, or the parked matter is due for review."""
    matter = find(matter_id, actor=actor, verb="matter.escalate")
    if not matter.pause or matter.queue_at > now or matter.stage == "closed":
        return False
    _run_on(matter, actor, cause="review" if matter.pause == "parked" else "over", now=now)
    return True

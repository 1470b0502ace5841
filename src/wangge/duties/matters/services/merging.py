"""Merge 并案 several reports of one event into one matter, and undo it.

Reports never move: the merged matter points at the one it went into, so every reporter still hears
back, the old number still resolves, and undoing puts everything where it was.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.matters import events
from wangge.duties.matters.models import Matter, Merge
from wangge.duties.matters.services.moves import calendar_of, check, find, move, repeated, tell
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import MergeImpossible
from wangge.spine.clocks import services as clocks


@transaction.atomic
def matter_merge(*, actor: Actor, matter_id: UUID, version: int, into_id: UUID, now: datetime) -> Matter:
    """Merge a matter into another of the same response; its clock stands still until it may be undone."""
    matter = find(matter_id, actor=actor, verb="matter.merge")
    into = find(into_id, actor=actor, verb="matter.merge")
    if repeated(matter, actor, "merge", version):
        return matter
    check(matter, "merge", version, while_paused=True)
    _mergeable(matter, into)
    Merge.objects.create(
        matter=matter, into=into, stage=matter.stage, pause=matter.pause, merged_by_id=actor.person_id, merged_at=now
    )
    clocks.pause(matter.id, f"matter.{matter.stage}", until=None, now=now)
    move(
        matter,
        actor,
        "merge",
        stage="closed",
        stage_since=now,
        ending="merged",
        pause="",
        merged_into_id=into.id,
        due_at=None,
        queue_at=now,
        closed_at=now,
    )
    tell(
        matter,
        events.MERGED,
        actor=actor,
        now=now,
        severity=matter.severity,
        into=str(into.id),
        into_number=into.number,
    )
    tell(into, events.MERGE_TAKEN, actor=actor, now=now, **{"from": str(matter.id), "from_number": matter.number})
    return matter


def _mergeable(matter: Matter, into: Matter) -> None:
    if matter.id == into.id:
        raise MergeImpossible(why_zh="不能并入自身。", why_en="a matter cannot go into itself.")
    if into.ending == "merged":
        raise MergeImpossible(why_zh="目标事项本身已并入他案。", why_en="the other was itself merged.")
    if into.stage == "closed":
        raise MergeImpossible(why_zh="目标事项已结案。", why_en="the other is closed.")
    if into.response_id != matter.response_id or into.exercise != matter.exercise:
        raise MergeImpossible(why_zh="两者不属同一响应，或一为演练。", why_en="they are not of one response.")
    if Matter.objects.filter(merged_into=matter).exists():
        raise MergeImpossible(
            why_zh="已有事项并入本事项，请反向并案。", why_en="others went into this one; merge the other way round."
        )


@transaction.atomic
def merge_undo(*, actor: Actor, matter_id: UUID, version: int, now: datetime) -> Matter:
    """Undo a merge: the matter stands at its old stage again, and its clock goes on from where it stood."""
    matter = find(matter_id, actor=actor, verb="matter.merge")
    if repeated(matter, actor, "undo_merge", version):
        return matter
    merge = Merge.objects.filter(matter=matter, undone_at__isnull=True).first()
    if merge is None or matter.ending != "merged":
        raise MergeImpossible(why_zh="本事项没有可撤销的并案。", why_en="there is no merge to undo.")
    check(matter, "reopen", version)
    Merge.objects.filter(id=merge.id, undone_at__isnull=True).update(undone_at=now)
    due_at = clocks.resume(matter.id, f"matter.{merge.stage}", now=now, calendar=calendar_of(matter))
    move(
        matter,
        actor,
        "undo_merge",
        stage=merge.stage,
        stage_since=now,
        ending="",
        merged_into_id=None,
        due_at=due_at,
        queue_at=due_at or now,
        closed_at=None,
    )
    tell(matter, events.MERGE_UNDONE, actor=actor, now=now, severity=matter.severity, into=str(merge.into_id))
    return matter

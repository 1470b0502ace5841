"""Escalation 升级: what happens when a clock comes to a step. Called by the engine, like anyone else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from wangge.duties.matters import events, rules
from wangge.duties.matters.models import Matter
from wangge.duties.matters.services.moves import agency_kind, calendar_of, find, ladder, tell
from wangge.ground.accounts.queries import Standing, standings
from wangge.ground.kernel.permission import Actor
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.services import Due


@transaction.atomic
def matter_escalate(*, actor: Actor, due: Due, now: datetime) -> bool:
    """Take one step of a matter's clock: a reminder at half time, then one rung up the ladder at a time.

    The step is claimed in the same transaction as everything it does, so that it happens exactly
    once, whoever crashes; False where another engine was first.
    """
    matter = find(due.subject_id, actor=actor, verb="matter.escalate")
    if not clocks.claim(due, now=now, calendar=calendar_of(matter)):
        return False
    stage = due.what.removeprefix("matter.")
    if matter.stage != stage or matter.pause:
        return False
    if due.step == 0:
        tell(matter, events.REMINDED, actor=actor, now=now, stage=stage, step=due.step)
        return True
    if due.step == 1:
        tell(
            matter,
            events.OVERDUE,
            actor=actor,
            now=now,
            stage=stage,
            severity=matter.severity,
            agency=agency_kind(matter),
        )
    _climb(matter, stage, due.step, actor=actor, now=now)
    return True


def _climb(matter: Matter, stage: str, step: int, *, actor: Actor, now: datetime) -> None:
    """Go up to the next rung that has somebody on duty; every rung without is skipped at once and said."""
    rungs = ladder(matter)
    desks = standings(rungs, "desk", now)
    level = max(matter.level, matter.base_level)
    while level < len(rungs):
        level = rules.ladder_level(level, matter.base_level, len(rungs))
        to_area = rungs[level - 1]
        where = {"stage": stage, "step": step, "level": level, "to_area": str(to_area)}
        if _somebody(desks.get(to_area, [])):
            # `level` is not part of what people compare and set on: an escalation must not make a desk's form stale.
            Matter.objects.filter(id=matter.id).update(level=level)
            tell(matter, events.ESCALATED, actor=actor, now=now, **where)
            return
        tell(matter, events.ESCALATION_SKIPPED, actor=actor, now=now, **where)
    Matter.objects.filter(id=matter.id).update(level=level)


def _somebody(desk: list[Standing]) -> bool:
    return any(standing.people for standing in desk)

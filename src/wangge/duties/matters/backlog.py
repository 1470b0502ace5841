"""The backlog 积压: open matters that have run over their time, counted by area, stage and what they wait for."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, CharField, Count, Exists, Min, OuterRef, Q, Value, When

from wangge.duties.matters.models import Involvement, Matter
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor

# What an overdue matter waits for, in the order in which it is asked.
WAITS_FOR = {
    "acknowledgement": ("责任岗位未确认", "not acknowledged by the responsible post"),
    "triage": ("值班台未分流", "not triaged by the desk"),
    "triage_again": ("退回后未重新分流", "handed back, not triaged again"),
    "lead": ("牵头单位未接单", "not accepted by the lead agency"),
    "joint": ("协同单位未接单", "not accepted by a joint agency"),
    "work": ("已接单，未报处置结果", "accepted, no work reported"),
    "verification": ("未核查", "not verified"),
}


class Overdue(NamedTuple):
    """Overdue matters of one area itself at one stage for one reason, `since` when the first of them fell due."""

    area_id: UUID
    stage: str
    why: str
    matters: int
    escalated: int
    since: datetime


def overdue_by_area(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> list[Overdue]:
    """What is overdue in an area and all it covers; one query. Exercises never count.

    A matter whose clock stands still (挂起、挂账) is not overdue. Counts only, so that whoever sees figures may ask.
    """
    require(actor, "figure.view", area_id)
    rows = Matter.objects.exclude(stage="closed").filter(
        response_id=response_id, exercise=False, pause="", queue_at__lte=now, due_at__lte=now
    )
    if area_id != tree().root().id:
        rows = rows.filter(area_id__in=covered(area_id))
    counted = rows.order_by().annotate(why=_why()).values("area_id", "stage", "why")
    counted = counted.annotate(count=Count("id"), up=Count("id", filter=Q(level__gt=0)), since=Min("due_at"))
    return [Overdue(*row) for row in counted.values_list("area_id", "stage", "why", "count", "up", "since")]


def _why() -> Case:
    living = Involvement.objects.filter(matter=OuterRef("pk"), ended_at__isnull=True)
    waiting = living.filter(accepted_at__isnull=True)
    return Case(
        When(stage="push", then=Value("acknowledgement")),
        When(stage="triage", handed_back__gt=0, then=Value("triage_again")),
        When(stage="triage", then=Value("triage")),
        When(Q(Exists(waiting.filter(role="lead")), stage="coordinate"), then=Value("lead")),
        When(Q(Exists(waiting), stage="coordinate"), then=Value("joint")),
        When(stage="coordinate", then=Value("work")),
        default=Value("verification"),
        output_field=CharField(),
    )

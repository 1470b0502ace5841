"""Where open matters lie: counted by area and stage, and one by one as points for a map."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from wangge.duties.matters.models import Matter, Report
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor

MOST_POINTS = 20_000


class OpenCount(NamedTuple):
    """How many open matters of one area itself stand at a stage, and how many of them have run over their time."""

    area_id: UUID
    stage: str
    open: int
    overdue: int


class KindCount(NamedTuple):
    """How many matters of one kind are open in an area, and how many of them have run over their time."""

    kind: str
    open: int
    overdue: int


class OpenPoint(NamedTuple):
    """One open matter and where its first report with a place saw it (WGS84 degrees); None where none says."""

    number: str
    kind: str
    severity: int
    area_id: UUID
    overdue: bool
    lon: float | None
    lat: float | None


def _open(response_id: UUID, area_id: UUID) -> QuerySet[Matter]:
    rows = Matter.objects.exclude(stage="closed").filter(response_id=response_id, exercise=False)
    return rows if area_id == tree().root().id else rows.filter(area_id__in=covered(area_id))


def open_counts(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> list[OpenCount]:
    """The open matters of every area that an area covers, by stage; one query. Exercises never count.

    A matter whose clock stands still (挂起、挂账) is open, but not overdue.
    """
    require(actor, "matter.view", area_id)
    overdue = Count("id", filter=Q(pause="", due_at__lte=now))
    rows = _open(response_id, area_id).order_by().values("area_id", "stage").annotate(open=Count("id"), over=overdue)
    return [OpenCount(*row) for row in rows.values_list("area_id", "stage", "open", "over")]


def open_by_kind(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> list[KindCount]:
    """The open matters of an area and all it covers, by kind; one query. Exercises never count."""
    require(actor, "matter.view", area_id)
    overdue = Count("id", filter=Q(pause="", due_at__lte=now))
    rows = _open(response_id, area_id).order_by().values("kind").annotate(open=Count("id"), over=overdue)
    return [KindCount(*row) for row in rows.values_list("kind", "open", "over")]


def open_points(
    *, actor: Actor, response_id: UUID, area_id: UUID, now: datetime, limit: int = MOST_POINTS
) -> tuple[list[OpenPoint], bool]:
    """The open matters of an area one by one, the most urgent first, and whether there are more; two queries."""
    require(actor, "matter.view", area_id)
    rows = _open(response_id, area_id).order_by("queue_at", "id")
    fields = ("id", "number", "kind", "severity", "area_id", "pause", "due_at")
    found = list(rows.values_list(*fields)[: limit + 1])
    seen = Report.objects.filter(lon__isnull=False, matter_id__in=rows.values("id")[:limit])
    placed: dict[UUID, tuple[float | None, float | None]] = {}
    for matter_id, lon, lat in seen.order_by("received_at", "id").values_list("matter_id", "lon", "lat"):
        placed.setdefault(matter_id, (lon, lat))
    points = [
        OpenPoint(number, kind, severity, area, not pause and due_at is not None and due_at <= now, *placed.get(id, NO))
        for id, number, kind, severity, area, pause, due_at in found[:limit]
    ]
    return points, len(found) > limit


NO = (None, None)

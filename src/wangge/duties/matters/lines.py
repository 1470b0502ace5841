"""Open matters as a queue shows them: what a row says and no more, and how many wait at each stage.

Every page of a queue asks this, and the stream of changes for all of them again and again, so that each question is
written once for each way of narrowing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from wangge.duties.matters.models import Matter
from wangge.duties.matters.queries import Mark
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered, reach, within
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared


class Line(NamedTuple):
    """What a queue says of a matter; `lead` is the name of the agency, None before triage."""

    id: UUID
    number: str
    kind: str
    severity: int
    exercise: bool
    area_id: UUID
    stage: str
    level: int
    lead: str | None
    pause: str
    queue_at: datetime
    due_at: datetime | None
    stage_since: datetime
    closed_at: datetime | None


COLUMNS = [name if name != "lead" else "lead__name" for name in Line._fields]


class Narrowed(NamedTuple):
    """How a queue is narrowed: to so many areas of posts (None: not at all), and by what else a value is given."""

    posts: int | None
    stage: bool
    kind: bool
    area: bool
    after: bool


def queue_lines(
    *,
    actor: Actor,
    stage: str = "",
    kind: str = "",
    area_id: UUID | None = None,
    after: Mark | None = None,
    limit: int,
) -> list[Line]:
    """At most `limit` open matters, the most urgent first."""
    if area_id is not None:
        require(actor, "matter.view", area_id)
    posts = reach(actor, "matter.view")
    if posts == []:
        return []
    narrowed = Narrowed(None if posts is None else len(posts), bool(stage), bool(kind), bool(area_id), bool(after))
    given = [*(posts or ()), *(one for one in (stage, kind, area_id) if one), *(after or ())]
    return [Line._make(row) for row in _asked(narrowed, limit)(*given)]


def lines_of(matter_ids: Collection[UUID]) -> list[Line]:
    """Some matters as they stand, closed ones too; for the stream of changes, which asks nobody's permission."""
    return [Line._make(row) for row in _named(matter_ids)]


@prepared
def _named(matter_ids: Collection[UUID]) -> QuerySet[Matter, tuple[Any, ...]]:
    return Matter.objects.filter(id__among=matter_ids).values_list(*COLUMNS)


class Standing(NamedTuple):
    """How many open matters of one kind wait at one stage in one area itself."""

    area_id: UUID
    stage: str
    kind: str
    matters: int


def standing(area_ids: Collection[UUID] | None) -> list[Standing]:
    """How many open matters wait in some areas themselves (None: in all); for the stream of changes."""
    rows = Matter.objects.exclude(stage="closed").order_by().values("area_id", "stage", "kind")
    if area_ids is not None:
        rows = rows.filter(area_id__in=area_ids)
    return [Standing(**row) for row in rows.annotate(matters=Count("id"))]


def line_of(matter: Matter) -> Line:
    """The line of a matter that has been read whole, with its lead."""
    lead = matter.lead.name if matter.lead else None
    return Line._make(lead if name == "lead" else getattr(matter, name) for name in Line._fields)


@lru_cache(maxsize=256)
def _asked(narrowed: Narrowed, limit: int) -> Callable[..., list[tuple[Any, ...]]]:
    @prepared
    def page(*given: Any) -> QuerySet[Matter, tuple[Any, ...]]:
        return waiting(narrowed, iter(given)).order_by("queue_at", "id").values_list(*COLUMNS)[:limit]

    return page


def waiting(narrowed: Narrowed, given: Iterator[Any]) -> QuerySet[Matter]:
    """The open matters of a queue, `given` being what it is narrowed to in the order of the fields of `narrowed`."""
    rows = Matter.objects.exclude(stage="closed")
    if narrowed.posts is not None:
        rows = rows.filter(within([next(given) for _ in range(narrowed.posts)]))
    if narrowed.stage:
        rows = rows.filter(stage=next(given))
    if narrowed.kind:
        rows = rows.filter(kind=next(given))
    if narrowed.area:
        rows = rows.filter(area_id__in=covered(next(given)))
    if narrowed.after:
        queue_at, matter_id = next(given), next(given)
        rows = rows.filter(Q(queue_at__gt=queue_at) | Q(queue_at=queue_at, id__gt=matter_id))
    return rows

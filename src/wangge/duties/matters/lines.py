"""Open matters as a queue shows them: what a row says and no more, and how many wait at each stage.

Every page of a queue asks this, and the stream of changes for all of them again and again, so that each question is
written once for each way of narrowing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from wangge.duties.matters.models import Matter
from wangge.duties.matters.queries import PAGE, Mark
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
    *, actor: Actor, stage: str = "", kind: str = "", area_id: UUID | None = None, after: Mark | None = None
) -> tuple[list[Line], Mark | None]:
    """A page of open matters, the most urgent first, and where the next one begins, None at the end."""
    if area_id is not None:
        require(actor, "matter.view", area_id)
    posts = reach(actor, "matter.view")
    if posts == []:
        return [], None
    narrowed = Narrowed(None if posts is None else len(posts), bool(stage), bool(kind), bool(area_id), bool(after))
    given = [*(posts or ()), *(one for one in (stage, kind, area_id) if one), *(after or ())]
    found = [Line._make(row) for row in _asked(narrowed)(*given)]
    following = Mark(found[PAGE - 1].queue_at, found[PAGE - 1].id) if len(found) > PAGE else None
    return found[:PAGE], following


def line_of(matter: Matter) -> Line:
    """The line of a matter that has been read whole, with its lead."""
    lead = matter.lead.name if matter.lead else None
    return Line._make(lead if name == "lead" else getattr(matter, name) for name in Line._fields)


@lru_cache(maxsize=256)
def _asked(narrowed: Narrowed) -> Callable[..., list[tuple[Any, ...]]]:
    @prepared
    def page(*given: Any) -> QuerySet[Matter, tuple[Any, ...]]:
        return waiting(narrowed, iter(given)).order_by("queue_at", "id").values_list(*COLUMNS)[: PAGE + 1]

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

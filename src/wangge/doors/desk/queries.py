"""What only the desk asks: how many matters wait at each stage, counted no further than shown."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection

from wangge.duties.matters.lines import Narrowed, waiting
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas.queries import reach
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import Gap, filled

COUNTED_TO = 1000


def stage_counts(*, actor: Actor, kind: str = "", area_id: UUID | None = None) -> dict[str, int]:
    """How many open matters the actor sees at each stage, at most COUNTED_TO each; one query.

    Each count stops at its limit inside the partial index of its stage, so that a queue of a
    hundred thousand costs no more than one of a thousand.
    """
    posts = reach(actor, "matter.view")
    if posts == []:
        return dict.fromkeys(OPEN_STAGES, 0)
    narrowed = Narrowed(None if posts is None else len(posts), True, bool(kind), area_id is not None, False)
    sql, values = _counting(narrowed, COUNTED_TO)
    narrow = [one for one in (kind, area_id) if one]
    given = [value for stage in OPEN_STAGES for value in filled(values, [*(posts or ()), stage, *narrow])]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return dict(zip(OPEN_STAGES, cursor.fetchone(), strict=True))


@lru_cache(maxsize=256)
def _counting(narrowed: Narrowed, limit: int) -> tuple[str, tuple[Any, ...]]:
    """One statement for the counts of all stages, and the values and gaps of each."""
    rows = waiting(narrowed, map(Gap, count())).order_by().values("stage")[:limit]
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    counts = ", ".join([f"(SELECT COUNT(*) FROM ({sql}) AS waiting)"] * len(OPEN_STAGES))  # noqa: S608 - Django's own
    return f"SELECT {counts}", tuple(values)

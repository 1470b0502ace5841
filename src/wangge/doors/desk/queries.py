"""What only the desk asks: how many matters wait at each stage, counted no further than shown."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from wangge.duties.matters.queries import visible
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas.queries import covered
from wangge.ground.kernel.permission import Actor

COUNTED_TO = 1000
STAGE_HERE = "stage?"


def stage_counts(*, actor: Actor, kind: str = "", area_id: UUID | None = None) -> dict[str, int]:
    """How many open matters the actor sees at each stage, at most COUNTED_TO each; one query.

    Each count stops at its limit inside the partial index of its stage, so that a queue of a
    hundred thousand costs no more than one of a thousand.
    """
    rows = visible(actor).filter(stage=STAGE_HERE).exclude(stage="closed")
    if kind:
        rows = rows.filter(kind=kind)
    if area_id is not None:
        rows = rows.filter(area_id__in=covered(area_id))
    # Django writes the count of one stage, which takes it longer than the database; the others differ in a value.
    try:
        sql, params = rows.order_by().values("stage")[:COUNTED_TO].query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        # Of somebody who sees matters nowhere there is nothing to ask.
        return dict.fromkeys(OPEN_STAGES, 0)
    counts = ", ".join([f"(SELECT COUNT(*) FROM ({sql}) AS waiting)"] * len(OPEN_STAGES))  # noqa: S608 - Django's own
    values = [stage if value == STAGE_HERE else value for stage in OPEN_STAGES for value in params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", values)
        return dict(zip(OPEN_STAGES, cursor.fetchone(), strict=True))

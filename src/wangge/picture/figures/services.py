"""Making the figures of a response again from the journal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.journal.readers import START, Position, events_after, position_of
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import response_by_id
from wangge.picture.figures import events
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.rollups import FIGURES_READER, added_by, follow_areas, write_added

BATCH = 5000


@transaction.atomic
def figures_rebuild(*, actor: Actor, response_id: UUID, now: datetime) -> int:
    """Add up a response's figures anew by the pack it follows now; the number of its events read.

    Needed after a response has changed to a pack with other figures. The reader waits meanwhile, and
    whoever looks sees the figures as they were until all is done.
    """
    require(actor, "pack.load", None)
    response = response_by_id(response_id)
    end = _held_cursor()
    follow_areas()
    Rollup.objects.filter(response_id=response_id).delete()
    read, position = 0, START
    while position < end:
        batch = events_after(position, BATCH)
        if not batch:
            break
        position = batch[-1].position
        mine = [event for event in batch if event.response_id == response_id and event.position <= end]
        write_added(added_by(mine))
        read += len(mine)
    journal.record(
        events.REBUILT,
        at=now,
        actor_id=actor.person_id,
        area_id=response.area_id,
        subject_id=response_id,
        response_id=response_id,
        exercise=response.exercise,
        events=read,
    )
    return read


def _held_cursor() -> Position:
    """How far the reader has come, its cursor held until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM journal_cursor WHERE reader = %s FOR UPDATE", [FIGURES_READER.name])
    return position_of(FIGURES_READER.name)

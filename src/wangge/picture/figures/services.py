"""Making the figures of a response again from the journal."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.journal.readers import START, Event, Position, Span, position_of, span_after
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import response_by_id
from wangge.picture.figures import events
from wangge.picture.figures.climbs import follow_areas
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.rollups import FIGURES_READER
from wangge.picture.figures.summing import add_events, chosen_span


@transaction.atomic
def figures_rebuild(*, actor: Actor, response_id: UUID, now: datetime) -> int:
    """Add up a response's figures anew by the pack it follows now; the number of its events read.

    Needed after a response has changed to a pack with other figures. The reader waits meanwhile, and
    whoever looks sees the figures as they were until all is done.
    """
    require(actor, "pack.load", None)
    response = response_by_id(response_id)
    end = _held_cursor()
    follow_areas(end)
    Rollup.objects.filter(response_id=response_id).delete()
    span = _span(START, end)
    while span is not None:
        add_events(chosen_span(span), response_id=response_id)
        span = _span(span.until, end)
    read = Event.objects.filter(response_id=response_id).extra(where=["(tx, id) <= (%s, %s)"], params=list(end)).count()
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


def _span(after: Position, end: Position) -> Span | None:
    """The next stretch of the journal after a position and not beyond the end."""
    span = span_after(after, FIGURES_READER.batch) if after < end else None
    if span is None or span.until <= end:
        return span
    return span._replace(until=end)

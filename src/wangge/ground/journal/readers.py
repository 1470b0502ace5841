"""Reading the journal: a named cursor each, every event at least once, none skipped.

On PostgreSQL ids are taken before commit, so a higher id can become visible first. Events carry
the number of their writing transaction; a reader looks only below the oldest transaction still
running, in the order (tx, id). Nothing can appear later at or before a place already read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from wangge.ground.journal.models import Cursor, Event
from wangge.ground.kernel.bulk import select_rows

__all__ = ["START", "Event", "Position", "Reader", "advance", "events_after", "head", "position_of"]

Position = tuple[int, int]
START: Position = (-(2**62), 0)
STANDS_AT = "COALESCE((SELECT {} FROM journal_cursor WHERE reader = %s), %s)"
BELOW_RUNNING = "tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Reader:
    """A named reader: `handle` gets events in order, inside the transaction that moves the cursor."""

    name: str
    handle: Callable[[list[Event], datetime], None]
    batch: int = 1000


def events_after(position: Position, limit: int) -> list[Event]:
    """The next settled events after a position, in reading order."""
    events = Event.objects.extra(where=["(tx, id) > (%s, %s)"], params=list(position)).order_by("tx", "id")
    if connection.vendor == "postgresql":
        events = events.extra(where=[BELOW_RUNNING])  # noqa: S610 - a constant
    return list(events[:limit])


def head() -> Position:
    """The position of the newest settled event, or START where there is none."""
    events = Event.objects.order_by("-tx", "-id")
    if connection.vendor == "postgresql":
        events = events.extra(where=[BELOW_RUNNING])  # noqa: S610 - a constant
    row = events.values_list("tx", "id").first()
    return row if row is not None else START


def position_of(reader: str) -> Position:
    """How far a reader has come; START for one that has not begun."""
    row = Cursor.objects.filter(reader=reader).values_list("tx", "event_id").first()
    return row if row is not None else START


def _behind(reader: str) -> bool:
    """Whether there is anything for a reader to read; asked ten times a second, so it is one plain statement."""
    where, values = f"(tx, id) > ({STANDS_AT.format('tx')}, {STANDS_AT.format('event_id')})", []
    for least in START:
        values += [reader, least]
    if connection.vendor == "postgresql":
        where += f" AND {BELOW_RUNNING}"
    return bool(select_rows(Event, ("id",), f"{where} LIMIT 1", values))


def advance(reader: Reader, *, now: datetime) -> int:
    """Let a reader handle its next batch; the number of events handled.

    The cursor's row is the lock: of two engines one reads, the other gets 0 and goes on. What the
    reader writes and where it stands are one transaction, so a crash repeats or keeps both.
    """
    # A look without a lock first: an idle reader must not queue behind writers on SQLite.
    if not _behind(reader.name):
        return 0
    with transaction.atomic():
        cursors = Cursor.objects.select_for_update(skip_locked=True).filter(reader=reader.name)
        row = cursors.first()
        if row is None:
            # Either its first reading, or another engine holds it; only one of the two can be made.
            Cursor.objects.bulk_create([Cursor(reader=reader.name)], ignore_conflicts=True)
            row = cursors.first()
            if row is None:
                return 0
        events = events_after((row.tx, row.event_id), reader.batch)
        if events:
            reader.handle(events, now)
            tx, event_id = events[-1].position
            Cursor.objects.filter(reader=reader.name).update(tx=tx, event_id=event_id)
    return len(events)

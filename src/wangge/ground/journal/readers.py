"""Reading the journal: a named cursor each, every event at least once, none skipped.

On PostgreSQL ids are taken before commit, so a higher id can become visible first. Events carry
the number of their writing transaction; a reader looks only below the oldest transaction still
running, in the order (tx, id). Nothing can appear later at or before a place already read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import QuerySet

from wangge.ground.journal.models import Cursor, Event
from wangge.ground.kernel.bulk import select_rows
from wangge.ground.kernel.prepared import change_rows, prepared

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
    if connection.vendor == "postgresql":
        return _events(beyond("%s", "%s"), limit)(*position)
    # Two searches of the index: for both in one SQLite would sort all that is left to read. What it writes itself
    # has 0 as transaction; only what came from elsewhere lies before that.
    tx, _ = position
    same = _events("tx = %s AND id > %s", limit)(*position)
    later = _events("tx > %s", limit)(tx) if tx < 0 and len(same) < limit else []
    return [*same, *later][:limit]


def beyond(tx: str, event_id: str) -> str:
    """The condition that an event stands after a place in the journal; SQLite has two gaps for `tx`, the second last.

    SQLite does not search its index for pairs of which the row's own number is one.
    """
    if connection.vendor == "postgresql":
        return f"(tx, id) > ({tx}, {event_id})"
    return f"(tx = {tx} AND id > {event_id} OR tx > {tx})"


@lru_cache(maxsize=256)
def _events(where: str, limit: int) -> Callable[..., list[Event]]:
    @prepared
    def events(*place: int) -> QuerySet[Event]:
        return _settled().extra(where=[where], params=place).order_by("tx", "id")[:limit]  # noqa: S610 - see above

    return events


def _settled() -> QuerySet[Event]:
    events = Event.objects.all()
    if connection.vendor == "postgresql":
        events = events.extra(where=[BELOW_RUNNING])  # noqa: S610 - a constant
    return events


def head() -> Position:
    """The position of the newest settled event, or START where there is none."""
    row = _settled().order_by("-tx", "-id").values_list("tx", "id").first()
    return row if row is not None else START


def position_of(reader: str) -> Position:
    """How far a reader has come; START for one that has not begun."""
    row = Cursor.objects.filter(reader=reader).values_list("tx", "event_id").first()
    return row if row is not None else START


def _behind(reader: str) -> bool:
    """Whether there is anything for a reader to read; asked ten times a second, so it is one plain statement."""
    where, (least_tx, least_id) = beyond(STANDS_AT.format("tx"), STANDS_AT.format("event_id")), START
    values = [reader, least_tx, reader, least_id]
    if connection.vendor == "postgresql":
        where += f" AND {BELOW_RUNNING}"
    else:
        values += [reader, least_tx]
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
        held = _cursor_held(reader.name)
        if not held:
            # Either its first reading, or another engine holds it; only one of the two can be made.
            Cursor.objects.bulk_create([Cursor(reader=reader.name)], ignore_conflicts=True)
            held = _cursor_held(reader.name)
            if not held:
                return 0
        [row] = held
        events = events_after((row.tx, row.event_id), reader.batch)
        if events:
            reader.handle(events, now)
            tx, event_id = events[-1].position
            change_rows(Cursor, {"reader": reader.name}, {"tx": tx, "event_id": event_id})
    return len(events)


@prepared
def _cursor_held(reader: str) -> QuerySet[Cursor]:
    return Cursor.objects.select_for_update(skip_locked=True).filter(reader=reader)

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
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from wangge.ground.journal.models import Cursor, Event
from wangge.ground.kernel.prepared import change_rows, prepared

__all__ = [
    "START",
    "Event",
    "Position",
    "Reader",
    "Span",
    "SpanReader",
    "advance",
    "events_after",
    "head",
    "position_of",
    "span_after",
]

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


class Span(NamedTuple):
    """A stretch of the journal: the settled events after one position, up to another and with it, and their number."""

    after: Position
    until: Position
    events: int

    def condition(self) -> tuple[str, list[int]]:
        """The condition that an event stands in this stretch, and what fills its gaps."""
        if connection.vendor == "postgresql":
            return "(tx, id) > (%s, %s) AND (tx, id) <= (%s, %s)", [*self.after, *self.until]
        return "tx = %s AND id > %s AND id <= %s", [self.until[0], self.after[1], self.until[1]]


@dataclass(frozen=True)
class SpanReader:
    """A reader whose `handle` gets only the stretch of its next batch, for one that asks the database itself."""

    name: str
    handle: Callable[[Span, datetime], None]
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


def span_after(position: Position, limit: int) -> Span | None:
    """The stretch of the next settled events after a position, so many at most; None where there are none.

    On SQLite it never goes over the end of a transaction's number; what it writes itself has but one.
    """
    if connection.vendor == "postgresql":
        return _span(position, f"{beyond('%s', '%s')} AND {BELOW_RUNNING}", limit)
    found = _span(position, "tx = %s AND id > %s", limit)
    if found is None:
        following = Event.objects.filter(tx__gt=position[0]).order_by("tx").values_list("tx", flat=True).first()
        if following is not None:
            found = _span((following, 0), "tx = %s AND id > %s", limit)
    return found


def _span(after: Position, where: str, limit: int) -> Span | None:
    numbered = (
        "SELECT tx, id, ROW_NUMBER() OVER (ORDER BY tx, id) AS number FROM journal_event "  # noqa: S608 - see above
        f"WHERE {where} ORDER BY tx, id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tx, id, number FROM ({numbered}) n ORDER BY number DESC LIMIT 1", [*after, limit])  # noqa: S608
        row = cursor.fetchone()
    return Span(after, (row[0], row[1]), row[2]) if row else None


def head() -> Position:
    """The position of the newest settled event, or START where there is none."""
    row = _settled().order_by("-tx", "-id").values_list("tx", "id").first()
    return row if row is not None else START


def position_of(reader: str) -> Position:
    """How far a reader has come; START for one that has not begun."""
    row = Cursor.objects.filter(reader=reader).values_list("tx", "event_id").first()
    return row if row is not None else START


@prepared
def _unread(reader: str) -> QuerySet[Event, int]:
    """The first event that a reader has not read; asked ten times a second."""
    where, (least_tx, least_id) = beyond(STANDS_AT.format("tx"), STANDS_AT.format("event_id")), START
    values = [reader, least_tx, reader, least_id]
    if connection.vendor != "postgresql":
        values += [reader, least_tx]
    return _settled().extra(where=[where], params=values).values_list("id", flat=True)[:1]  # noqa: S610 - see above


def advance(reader: Reader | SpanReader, *, now: datetime) -> int:
    """Let a reader handle its next batch; the number of events handled.

    The cursor's row is the lock: of two engines one reads, the other gets 0 and goes on. What the
    reader writes and where it stands are one transaction, so a crash repeats or keeps both.
    """
    # A look without a lock first: an idle reader must not queue behind writers on SQLite.
    if not _unread(reader.name):
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
        handled = _handle_next(reader, (row.tx, row.event_id), now)
        if handled is not None:
            tx, event_id = handled.until
            change_rows(Cursor, {"reader": reader.name}, {"tx": tx, "event_id": event_id})
    return handled.events if handled else 0


def _handle_next(reader: Reader | SpanReader, position: Position, now: datetime) -> Span | None:
    if isinstance(reader, SpanReader):
        span = span_after(position, reader.batch)
        if span is not None:
            reader.handle(span, now)
        return span
    events = events_after(position, reader.batch)
    if not events:
        return None
    reader.handle(events, now)
    return Span(position, events[-1].position, len(events))


@prepared
def _cursor_held(reader: str) -> QuerySet[Cursor]:
    return Cursor.objects.select_for_update(skip_locked=True).filter(reader=reader)

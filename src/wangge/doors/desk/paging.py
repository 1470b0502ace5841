"""Marks of keyset pages, as they travel in addresses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from wangge.duties.matters.queries import Mark
from wangge.ground.responses.accesses import LookMark
from wangge.picture.figures.rows import RowMark

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def mark_text(mark: Mark | None) -> str:
    """A mark for an address, exact to the microsecond; "" at the end of a list."""
    return f"{(mark.queue_at - EPOCH) // MICROSECOND}_{mark.matter_id}" if mark else ""


def read_mark(text: str) -> Mark | None:
    """The mark an address carries; one that cannot be read means the beginning."""
    since, _, matter_id = text.partition("_")
    try:
        return Mark(EPOCH + int(since) * MICROSECOND, UUID(matter_id))
    except (ValueError, OverflowError):
        return None


def look_mark_text(mark: LookMark) -> str:
    """A mark of the access record, for an address."""
    return f"{(mark.at - EPOCH) // MICROSECOND}_{mark.look_id}"


def look_mark(text: str) -> LookMark | None:
    """The mark an address carries; one that cannot be read means the beginning."""
    at, _, look_id = text.partition("_")
    try:
        return LookMark(EPOCH + int(at) * MICROSECOND, UUID(look_id))
    except (ValueError, OverflowError):
        return None


def figure_mark_text(mark: RowMark) -> str:
    """A mark of the rows behind a figure, for an address."""
    return f"{(mark.at - EPOCH) // MICROSECOND}_{mark.tx}_{mark.event_id}"


def figure_mark(text: str) -> RowMark | None:
    """The mark an address carries; one that cannot be read means the beginning."""
    try:
        at, tx, event_id = (int(part) for part in text.split("_"))
        return RowMark(EPOCH + at * MICROSECOND, tx, event_id)
    except (ValueError, OverflowError):
        return None

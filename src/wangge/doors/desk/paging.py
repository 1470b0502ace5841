"""Marks of keyset pages, as they travel in addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from wangge.picture.figures.rows import RowMark

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Kind = TypeVar("Kind")


def mark_text(mark: tuple[datetime, UUID] | None) -> str:
    """A mark of an instant and an id for an address, exact to the microsecond; "" at the end of a list."""
    return f"{(mark[0] - EPOCH) // MICROSECOND}_{mark[1]}" if mark else ""


def read_mark(text: str, kind: Callable[[datetime, UUID], Kind]) -> Kind | None:
    """The mark an address carries, of a kind; one that cannot be read means the beginning."""
    at, _, row_id = text.partition("_")
    try:
        return kind(EPOCH + int(at) * MICROSECOND, UUID(row_id))
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

"""Writing to the journal: always inside the transaction that changes the state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from wangge.ground.journal.events import CATALOGUE
from wangge.ground.journal.models import Event
from wangge.ground.kernel.bulk import insert_rows


class Draft(NamedTuple):
    """An event not yet written, in the order of its columns."""

    type: str
    at: datetime
    observed_at: datetime | None
    actor_id: UUID | None
    area_id: UUID | None
    subject_id: UUID | None
    response_id: UUID | None
    exercise: bool
    data: dict[str, Any]


def draft(
    type: str,
    *,
    at: datetime,
    actor_id: UUID | None = None,
    area_id: UUID | None = None,
    subject_id: UUID | None = None,
    response_id: UUID | None = None,
    exercise: bool = False,
    observed_at: datetime | None = None,
    **data: Any,
) -> Draft:
    """An event not yet written; an undeclared type or data key is a programming error."""
    refused = CATALOGUE[type].refused(data)
    if refused:
        raise ValueError(f"event {type} may not carry {refused}")
    return Draft(type, at, observed_at, actor_id, area_id, subject_id, response_id, exercise, data)


def record(type: str, **fields: Any) -> None:
    """Write one event; the arguments are those of `draft`."""
    record_many([draft(type, **fields)])


def record_many(events: Iterable[Draft]) -> None:
    """Write events in their order. Outside a transaction this is refused: state and journal go together."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of the change it tells of")
    insert_rows(Event, Draft._fields, events)

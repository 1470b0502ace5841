"""Writing to the journal: always inside the transaction that changes the state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.ground.journal.events import CATALOGUE
from wangge.ground.journal.models import Event


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
) -> Event:
    """An event not yet written; an undeclared type or data key is a programming error."""
    refused = CATALOGUE[type].refused(data)
    if refused:
        raise ValueError(f"event {type} may not carry {refused}")
    return Event(
        type=type,
        at=at,
        actor_id=actor_id,
        area_id=area_id,
        subject_id=subject_id,
        response_id=response_id,
        exercise=exercise,
        observed_at=observed_at,
        data=data,
    )


def record(type: str, **fields: Any) -> None:
    """Write one event; the arguments are those of `draft`."""
    record_many([draft(type, **fields)])


def record_many(events: Iterable[Event]) -> None:
    """Write events in their order. Outside a transaction this is refused: state and journal go together."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of the change it tells of")
    Event.objects.bulk_create(events)

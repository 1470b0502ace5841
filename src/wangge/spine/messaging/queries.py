"""Reading deliveries."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery

from wangge.ground.accounts.queries import people
from wangge.ground.kernel.prepared import prepared
from wangge.spine.messaging.models import Delivery

# As many unread messages as a page shows.
MOST_UNREAD = 99


def inbox(person_id: UUID, *, before: UUID | None = None, limit: int = 30) -> list[Delivery]:
    """A person's in-app messages, the newest first, paged by key."""
    rows = Delivery.objects.filter(person_id=person_id, channel="inapp").exclude(state="pending").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def message_of(person_id: UUID, delivery_id: UUID) -> Delivery | None:
    """One in-app message, if it is the person's own."""
    return Delivery.objects.filter(id=delivery_id, person_id=person_id, channel="inapp").first()


def unread_count(person_id: UUID, at_most: int = MOST_UNREAD) -> int:
    """How many in-app messages wait to be read, counted no further than shown."""
    rows = Delivery.objects.filter(person_id=person_id, channel="inapp", state="sent")
    return len(rows.values_list("id", flat=True)[:at_most])


class _Count(Subquery):
    """How many rows a subquery finds; with a limit it stops there."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS found)"
    output_field = IntegerField()


@prepared
def _unread(person_ids: Collection[UUID]) -> QuerySet[Any, tuple[UUID, int]]:
    waiting = Delivery.objects.filter(person_id=OuterRef("id"), channel="inapp", state="sent")
    return people().filter(id__among=person_ids).values_list("id", _Count(waiting.values("id")[:MOST_UNREAD]))


def unread_counts(person_ids: Collection[UUID]) -> dict[UUID, int]:
    """The same of many people in one question, asked for all open pages every other second."""
    return dict(_unread(person_ids)) if person_ids else {}


def told(subject_id: UUID) -> list[Delivery]:
    """Who was told of a subject, on which channel, and how that went: the proof of a push."""
    return list(Delivery.objects.filter(subject_id=subject_id).select_related("person").order_by("id"))


def sent_at(about: str, person_id: UUID, channel: str) -> datetime | None:
    """When one message about something was sent to somebody on a channel; None while it is not."""
    rows = Delivery.objects.filter(about=about, person_id=person_id, channel=channel)
    return rows.values_list("sent_at", flat=True).first()


class Sent(NamedTuple):
    """How the sending of one message about something went."""

    person_id: UUID
    channel: str
    state: str
    sent_at: datetime | None
    reason: str


def sendings(subject_id: UUID) -> list[Sent]:
    """How the sending of every message about a subject went, however many there are; one query."""
    rows = Delivery.objects.filter(subject_id=subject_id)
    return [Sent(*row) for row in rows.values_list("person_id", "channel", "state", "sent_at", "reason")]


def failed_count() -> int:
    """How many deliveries have been given up."""
    return Delivery.objects.filter(state="failed").count()


def overdue_count(before: datetime) -> int:
    """How many deliveries were to be sent, or taken up again, before an instant and still wait."""
    return Delivery.objects.filter(next_try_at__lt=before).count()

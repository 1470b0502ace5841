"""Reading deliveries."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wangge.spine.messaging.models import Delivery


def inbox(person_id: UUID, *, before: UUID | None = None, limit: int = 30) -> list[Delivery]:
    """A person's in-app messages, the newest first, paged by key."""
    rows = Delivery.objects.filter(person_id=person_id, channel="inapp").exclude(state="pending").order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])


def message_of(person_id: UUID, delivery_id: UUID) -> Delivery | None:
    """One in-app message, if it is the person's own."""
    return Delivery.objects.filter(id=delivery_id, person_id=person_id, channel="inapp").first()


def unread_count(person_id: UUID, at_most: int = 99) -> int:
    """How many in-app messages wait to be read, counted no further than shown."""
    rows = Delivery.objects.filter(person_id=person_id, channel="inapp", state="sent")
    return len(rows.values_list("id", flat=True)[:at_most])


def told(subject_id: UUID) -> list[Delivery]:
    """Who was told of a subject, on which channel, and how that went: the proof of a push."""
    return list(Delivery.objects.filter(subject_id=subject_id).select_related("person").order_by("id"))


def failed_count() -> int:
    """How many deliveries have been given up."""
    return Delivery.objects.filter(state="failed").count()


def overdue_count(before: datetime) -> int:
    """How many deliveries were to be sent, or taken up again, before an instant and still wait."""
    return Delivery.objects.filter(next_try_at__lt=before).count()

"""Promising messages, and keeping the promise.

A row is committed before anything is sent. The sender claims rows by compare-and-set, sends
outside any transaction, and moves a row only from a state that is not final. A sender that dies
in the middle leaves the row `sending`; after five minutes it is taken up again with the same
delivery id, by which a receiver drops what it already has.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from wangge.ground.accounts.queries import Recipient, recipients
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.spine.messaging.channels import CHANNELS
from wangge.spine.messaging.channels.contract import Answer, Message
from wangge.spine.messaging.models import Delivery
from wangge.spine.messaging.templates import CATALOGUE

LIMIT = 6
STUCK_AFTER = timedelta(minutes=5)


class Notice(NamedTuple):
    """A message to be promised: to whom, about which cause, in which words."""

    person_id: UUID
    about: str
    template: str
    params: dict[str, Any]
    subject_id: UUID | None
    exercise: bool


def notify_many(notices: Iterable[Notice], *, now: datetime) -> int:
    """Promise messages on every channel that reaches each person, inside the caller's transaction.

    The same cause, person and channel are promised once, however often this is called. Two
    statements, however many notices.
    """
    wanted = list(notices)
    people = recipients(notice.person_id for notice in wanted)
    rows = [
        Delivery(
            about=notice.about,
            person_id=notice.person_id,
            channel=channel.name,
            template=notice.template,
            params=notice.params,
            subject_id=notice.subject_id,
            exercise=notice.exercise,
            created_at=now,
            next_try_at=now,
        )
        for notice in wanted
        if notice.person_id in people
        for channel in CHANNELS.values()
        if channel.reaches(people[notice.person_id])
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def send_due(*, actor: Actor, now: datetime, limit: int = 200) -> int:
    """Send what is due; the number of rows moved. Safe to run in any number of engines at once."""
    require(actor, "delivery.send", None)
    moved = _send_inapp(now)
    claimed = _claim(now, limit)
    people = recipients(delivery.person_id for delivery in claimed)
    for delivery in claimed:
        person = people.get(delivery.person_id)
        if person is None:
            _settle(delivery, Answer("final", "no longer active"), now)
        else:
            _settle(delivery, CHANNELS[delivery.channel].send(person, _message(delivery, person)), now)
        moved += 1
    return moved


def _send_inapp(now: datetime) -> int:
    # The row itself is the message, so sending is one statement for all of them.
    waiting = Delivery.objects.filter(state="pending", channel="inapp", next_try_at__lte=now)
    if not waiting.exists():
        return 0
    return waiting.update(state="sent", sent_at=now, attempts=1)


def _claim(now: datetime, limit: int) -> list[Delivery]:
    due = Delivery.objects.filter(state__in=["pending", "sending"], next_try_at__lte=now).exclude(channel="inapp")
    if not due.exists():
        return []
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True).order_by("next_try_at", "id")[:limit])
        Delivery.objects.filter(id__in=[row.id for row in rows]).update(
            state="sending", attempts=F("attempts") + 1, next_try_at=now + STUCK_AFTER
        )
    return rows


def _message(delivery: Delivery, person: Recipient) -> Message:
    wording = CATALOGUE[delivery.template]
    text = wording.text(delivery.params, exercise=delivery.exercise, language=person.language)
    link = f"/matters/{delivery.params['number']}" if "number" in delivery.params else "/"
    return Message(delivery.id, delivery.template, text.split("。")[0], text, link, delivery.exercise)


def _settle(delivery: Delivery, answer: Answer, now: datetime) -> None:
    tried = delivery.attempts + 1
    row = Delivery.objects.filter(id=delivery.id, state="sending")
    if answer.outcome == "sent":
        row.update(state="sent", sent_at=now, reason="")
    elif answer.outcome == "final" or tried >= LIMIT:
        row.update(state="failed", reason=answer.reason[:300])
    else:
        # 1, 2, 4, 8, 16 minutes: a receiver that is down is not helped by being asked at once.
        row.update(state="pending", reason=answer.reason[:300], next_try_at=now + timedelta(minutes=2 ** (tried - 1)))


def mark_read(*, actor: Actor, delivery_ids: Iterable[UUID] | None, now: datetime) -> int:
    """Mark one's own in-app messages as read, all of them where none is named."""
    rows = Delivery.objects.filter(person_id=actor.person_id, channel="inapp", state__in=["sent", "delivered"])
    if delivery_ids is not None:
        rows = rows.filter(id__in=list(delivery_ids))
    return rows.update(state="read", read_at=now)



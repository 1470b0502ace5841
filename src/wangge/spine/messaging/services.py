"""Promising messages, and keeping the promise.

A row is committed before anything is sent. The sender claims rows by compare-and-set, sends
outside any transaction, and moves a row only from a state that is not final. A sender that dies
in the middle leaves the row `sending`; after five minutes it is taken up again with the same
delivery id, by which a receiver drops what it already has.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from wangge.ground.accounts.queries import Recipient, recipients
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.spine.messaging.channels import CHANNELS
from wangge.spine.messaging.channels.contract import Answer, Attachment, Message
from wangge.spine.messaging.models import Delivery
from wangge.spine.messaging.templates import CATALOGUE

log = logging.getLogger(__name__)

LIMIT = 6
AT_ONCE = 16
STUCK_AFTER = timedelta(minutes=5)


class Notice(NamedTuple):
    """A message to be promised: to whom, about which cause, in which words; on every channel, or only on some."""

    person_id: UUID
    about: str
    template: str
    params: dict[str, Any]
    subject_id: UUID | None
    exercise: bool
    channels: frozenset[str] | None = None


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
        if (notice.channels is None or channel.name in notice.channels) and channel.reaches(people[notice.person_id])
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def channels_of(person_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The channels that reach each of some people who are in service and no programs; one query."""
    return {
        person_id: [channel.name for channel in CHANNELS.values() if channel.reaches(person)]
        for person_id, person in recipients(person_ids).items()
        if not person.is_program
    }


def notices_drop(about: str, reason: str) -> int:
    """Take back what was promised about something and is not sent yet, with the reason; how many."""
    return Delivery.objects.filter(about=about, state="pending").update(state="failed", next_try_at=None, reason=reason)


def send_due(*, actor: Actor, now: datetime, limit: int = 2 * AT_ONCE) -> int:
    """Send what is due; the number of rows moved. Safe to run in any number of engines at once.

    The limit keeps the turn short where nobody answers: all that is taken is tried long before another
    engine would take it up again, and the engine's other work waits no longer than two time-outs.
    """
    require(actor, "delivery.send", None)
    moved = _send_inapp(now)
    claimed = _claim(now, limit)
    if not claimed:
        return moved
    people = recipients(delivery.person_id for delivery in claimed)
    # What is attached is made here: it asks the database, which the threads do not.
    attached = [_attached(delivery) for delivery in claimed]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(_attempt, claimed, (people.get(delivery.person_id) for delivery in claimed), attached)
        for delivery, answer in zip(claimed, answers, strict=True):
            _settle(delivery, answer, now)
    return moved + len(claimed)


def _attached(delivery: Delivery) -> list[Attachment]:
    """What goes with a message where its channel can carry it; the link is there in any case."""
    wording = CATALOGUE[delivery.template]
    if wording.attached is None or not CHANNELS[delivery.channel].carries:
        return []
    try:
        return wording.attached(delivery.params)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("delivery %s goes without what should be attached", delivery.id)
        return []


def _attempt(delivery: Delivery, person: Recipient | None, attached: Sequence[Attachment] = ()) -> Answer:
    if person is None:
        return Answer("final", "no longer active")
    try:
        return CHANNELS[delivery.channel].send(person, _message(delivery, person, attached))
    except Exception as error:
        # One message that cannot be made must not hold up the others. Only the kind of the error is
        # told, because its text may quote an address.
        log.error("delivery %s by %s failed: %s", delivery.id, delivery.channel, type(error).__name__)
        return Answer("retry", type(error).__name__)


def _send_inapp(now: datetime) -> int:
    # The row itself is the message, so sending is one statement for all of them.
    if not _inapp_due(now):
        return 0
    waiting = Delivery.objects.filter(state="pending", channel="inapp", next_try_at__lte=now)
    return waiting.update(state="sent", sent_at=now, next_try_at=None, attempts=1)


@prepared
def _inapp_due(now: datetime) -> QuerySet[Delivery, UUID]:
    due = Delivery.objects.filter(state="pending", channel="inapp", next_try_at__lte=now)
    return due.values_list("id", flat=True)[:1]


@prepared
def _outside_due(now: datetime) -> QuerySet[Delivery, UUID]:
    return _due(now).values_list("id", flat=True)[:1]


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(state__in=["pending", "sending"], next_try_at__lte=now).exclude(channel="inapp")


def _claim(now: datetime, limit: int) -> list[Delivery]:
    if not _outside_due(now):
        return []
    with transaction.atomic():
        # However many rehearse, nothing real waits behind them.
        due = _due(now).order_by("exercise", "next_try_at", "id")
        rows = list(due.select_for_update(skip_locked=True)[:limit])
        # Its sender died at every attempt: perhaps the message itself is what kills it.
        given_up = [row.id for row in rows if row.attempts >= LIMIT]
        Delivery.objects.filter(id__in=given_up).update(
            state="failed", next_try_at=None, reason="no attempt came to an end"
        )
        rows = [row for row in rows if row.attempts < LIMIT]
        Delivery.objects.filter(id__in=[row.id for row in rows]).update(
            state="sending", attempts=F("attempts") + 1, next_try_at=now + STUCK_AFTER
        )
    return rows


def _message(delivery: Delivery, person: Recipient, attached: Sequence[Attachment]) -> Message:
    wording = CATALOGUE[delivery.template]
    text = wording.text(delivery.params, exercise=delivery.exercise, language=person.language)
    title = text.split("。")[0]
    link = wording.path(delivery.params)
    return Message(delivery.id, delivery.template, title, text, link, delivery.exercise, tuple(attached))


def _settle(delivery: Delivery, answer: Answer, now: datetime) -> None:
    tried = delivery.attempts + 1
    # A sender that was slow may find its row taken up by another: only its own attempt may fail, but what is
    # sent is sent.
    row = Delivery.objects.filter(id=delivery.id, state="sending", attempts=tried)
    if answer.outcome == "sent":
        Delivery.objects.filter(id=delivery.id, state__in=["pending", "sending"]).update(
            state="sent", sent_at=now, next_try_at=None, reason=""
        )
    elif answer.outcome == "final" or tried >= LIMIT:
        row.update(state="failed", next_try_at=None, reason=answer.reason[:300])
    else:
        # 1, 2, 4, 8, 16 minutes: a receiver that is down is not helped by being asked at once.
        wait = max(timedelta(minutes=2 ** (tried - 1)), answer.wait)
        row.update(state="pending", reason=answer.reason[:300], next_try_at=now + wait)


def mark_read(*, actor: Actor, delivery_ids: Iterable[UUID] | None, now: datetime) -> int:
    """Mark one's own in-app messages as read, all of them where none is named."""
    if actor.person_id is None:
        return 0
    rows = Delivery.objects.filter(person_id=actor.person_id, channel="inapp", state__in=["sent", "delivered"])
    if delivery_ids is not None:
        rows = rows.filter(id__in=list(delivery_ids))
    return rows.update(state="read", read_at=now)

"""One's own duties in one's own calendar 日历订阅: a link that any calendar program follows, made and withdrawn."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import CalendarLink
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.kernel.secret import digest_of

SECRET_BYTES = 24  # 192 bits: nobody types it


@transaction.atomic
def calendar_make(*, actor: Actor, now: datetime) -> str:
    """Make the actor's link; the secret is given once, and a link made before ends. Raises NotPermitted."""
    person_id = _own(actor)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    CalendarLink.objects.update_or_create(person_id=person_id, defaults={"digest": digest_of(secret), "made_at": now})
    _tell(person_id, "made", now)
    return secret


@transaction.atomic
def calendar_withdraw(*, actor: Actor, now: datetime) -> None:
    """End the actor's link; where there is none, nothing changes. Raises NotPermitted."""
    person_id = _own(actor)
    if CalendarLink.objects.filter(person_id=person_id).delete()[0]:
        _tell(person_id, "withdrawn", now)


def _own(actor: Actor) -> UUID:
    """Everybody may do this for themselves, and nobody for another."""
    if actor.person_id is None:
        raise NotPermitted(verb="roster.view")
    return actor.person_id


def _tell(person_id: UUID, state: str, now: datetime) -> None:
    journal.record(events.CALENDAR, at=now, actor_id=person_id, subject_id=person_id, state=state)

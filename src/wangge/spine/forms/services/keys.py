"""Keys by which phones fill in forms 填报密钥: issued for somebody and an area, shown once, revoked at any time."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.ground.accounts.queries import actor_of
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import InputInvalid, NotFound
from wangge.ground.kernel.secret import digest_of
from wangge.ground.responses.queries import response_running
from wangge.spine.forms import events
from wangge.spine.forms.models import FieldKey


@transaction.atomic
def key_issue(
    *, actor: Actor, response_id: UUID, person_id: UUID, area_id: UUID | None, name: str, now: datetime
) -> tuple[FieldKey, str]:
    """A key for somebody's phone and its secret, which is shown once. Without an area it holds in all of theirs."""
    response = response_running(response_id)
    require(actor, "form.issue_key", area_id or response.area_id)
    if not 0 < len(name.strip()) <= 60:
        raise InputInvalid(field="name", why_zh="请写明用途，至多 60 字。", why_en="Say what it is for.")
    secret = secrets.token_urlsafe(32)
    key = FieldKey.objects.create(
        response_id=response_id,
        person_id=person_id,
        area_id=area_id,
        name=name.strip(),
        digest=digest_of(secret),
        issued_by_id=actor.person_id,
        issued_at=now,
    )
    _record(events.KEY_ISSUED, key, actor, now)
    return key, secret


@transaction.atomic
def key_revoke(*, actor: Actor, key_id: UUID, now: datetime) -> None:
    """Take a key out of use at once; done again, it changes nothing."""
    key = FieldKey.objects.select_related("response").filter(id=key_id).first()
    if key is None:
        raise NotFound(what="填报密钥")
    if key.person_id != actor.person_id:
        require(actor, "form.issue_key", key.area_id or key.response.area_id)
    if FieldKey.objects.filter(id=key_id, revoked_at__isnull=True).update(revoked_at=now):
        _record(events.KEY_REVOKED, key, actor, now)


def _record(event: str, key: FieldKey, actor: Actor, now: datetime) -> None:
    journal.record(
        event,
        at=now,
        actor_id=actor.person_id,
        area_id=key.area_id,
        subject_id=key.id,
        response_id=key.response_id,
        person=str(key.person_id),
    )


def keys(*, actor: Actor, response_id: UUID) -> list[FieldKey]:
    """The keys that the actor may revoke, those in use first, the newest first among each."""
    rows = FieldKey.objects.filter(response_id=response_id).select_related("person", "area", "response")
    found = [
        key
        for key in rows.order_by("-issued_at", "-id")
        if key.person_id == actor.person_id or may(actor, "form.issue_key", key.area_id or key.response.area_id)
    ]
    return sorted(found, key=lambda key: key.revoked_at is not None)


def key_actor(secret: str, now: datetime) -> tuple[FieldKey, Actor] | None:
    """Whom a key stands for, with what it leaves of their rights: to fill in forms, in its area."""
    key = FieldKey.objects.select_related("person").filter(digest=digest_of(secret), revoked_at__isnull=True).first()
    if key is None or not key.person.is_active:
        return None
    actor = actor_of(key.person, now)
    return key, replace(actor, grants=tuple(filter(None, (_narrowed(grant, key.area_id) for grant in actor.grants))))


def _narrowed(grant: Grant, area_id: UUID | None) -> Grant | None:
    verbs = grant.verbs & {"form.submit"}
    if not verbs or area_id is None or grant.area_id is None:
        return replace(grant, verbs=verbs, area_id=grant.area_id or area_id) if verbs else None
    if tree().covers(grant.area_id, area_id):
        return replace(grant, verbs=verbs, area_id=area_id)
    return replace(grant, verbs=verbs) if tree().covers(area_id, grant.area_id) else None

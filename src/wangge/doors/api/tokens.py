"""Who calls: a bearer token, and the rights of whoever it stands for, remembered for a few seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from wangge.doors.api.limits import Buckets
from wangge.ground.accounts.queries import actor_of, person_by_token
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotSignedIn, TooManyRequests
from wangge.ground.kernel.secret import digest_of

REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 10_000
LONGEST_TOKEN = 200


@dataclass(frozen=True)
class _Known:
    """What a token stood for (None: nobody) when it was last looked up."""

    actor: Actor | None
    asked_at: float


_known: dict[str, _Known] = {}
_buckets = Buckets(rate=settings.API_RATE, burst=2 * settings.API_RATE)


def secret_of(authorization: str) -> str:
    """The token in an Authorization header. Raises NotSignedIn."""
    scheme, _, secret = authorization.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > LONGEST_TOKEN or not secret.isascii():
        raise NotSignedIn()
    return secret


def actor_remembered(secret: str) -> Actor | None:
    """Whom the token stands for, if that was looked up in the last seconds. Raises NotSignedIn for nobody."""
    known = _known.get(digest_of(secret))
    if known is None or time.monotonic() - known.asked_at > REMEMBERED_SECONDS:
        return None
    if known.actor is None:
        raise NotSignedIn()
    return known.actor


def actor_looked_up(secret: str) -> Actor:
    """Whom the token stands for, read from the database. Raises NotSignedIn."""
    now = clock.now()
    person = person_by_token(secret, now)
    actor = actor_of(person, now) if person else None
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[digest_of(secret)] = _Known(actor, time.monotonic())
    if actor is None:
        raise NotSignedIn()
    return actor


def actor_calling(secret: str) -> Actor:
    """Whom the token stands for, within the rate. Raises NotSignedIn, TooManyRequests."""
    actor = actor_remembered(secret) or actor_looked_up(secret)
    admit(actor)
    return actor


def admit(actor: Actor) -> None:
    """Count a call against the sender's rate. Raises TooManyRequests."""
    assert actor.person_id is not None
    wait = _buckets.take(actor.person_id, time.monotonic())
    if wait:
        raise TooManyRequests(retry_after=wait)


def forget(person_id: UUID | None = None) -> None:
    """Drop what is remembered, of one person or of all."""
    for digest, known in list(_known.items()):
        if person_id is None or (known.actor and known.actor.person_id == person_id):
            _known.pop(digest, None)
    _buckets.forget()

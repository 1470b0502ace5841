"""Who fills in forms: a key in the address, or name and password, each remembered for a few seconds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import time
from dataclasses import dataclass
from uuid import UUID

from wangge.doors.desk.services import sign_in
from wangge.ground.accounts.queries import actor_of
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import FieldKeyUnknown, NotSignedIn
from wangge.ground.kernel.secret import digest_of
from wangge.ground.responses.queries import response_current
from wangge.spine.forms.services.keys import key_actor

KEY_SECONDS = 5.0
# A password costs a tenth of a second to check, and a phone sends it with every request.
PASSWORD_SECONDS = 120.0
MOST_REMEMBERED = 10_000
LONGEST = 400
_salt = os.urandom(32)


@dataclass(frozen=True)
class Filler:
    """Somebody who fills in forms, for which response, and in which area if it is one."""

    actor: Actor
    response_id: UUID
    area_id: UUID | None = None


_known: dict[str, tuple[float, Filler | None]] = {}


def remembered(key: str, authorization: str) -> Filler | None:
    """Who asks, if that was looked up lately. Raises FieldKeyUnknown for a key that stood for nobody."""
    until, filler = _known.get(_name(key, authorization), (0.0, None))
    if time.monotonic() > until:
        return None
    if filler is None:
        raise FieldKeyUnknown()
    return filler


def looked_up(key: str, authorization: str, address: str) -> Filler:
    """Who asks. Raises FieldKeyUnknown; NotSignedIn, SignInRefused, SignInHeld where no key stands in the address."""
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    filler = _by_key(key) if key else _by_password(authorization, address)
    seconds = KEY_SECONDS if key else PASSWORD_SECONDS
    _known[_name(key, authorization)] = (time.monotonic() + seconds, filler)
    if filler is None:
        raise FieldKeyUnknown()
    return filler


def _name(key: str, authorization: str) -> str:
    return digest_of(key) if key else hashlib.sha256(_salt + authorization.encode()).hexdigest()


def _by_key(key: str) -> Filler | None:
    found = key_actor(key, clock.now()) if len(key) <= LONGEST else None
    return Filler(found[1], found[0].response_id, found[0].area_id) if found else None


def _by_password(authorization: str, address: str) -> Filler:
    scheme, _, sent = authorization.partition(" ")
    try:
        text = base64.b64decode(sent.strip(), validate=True).decode() if len(sent) <= LONGEST else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, colon, password = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise NotSignedIn()
    now = clock.now()
    person = sign_in(request=None, username=name, password=password, address=address, now=now)
    return Filler(actor_of(person, now), response_current().id)


def forget() -> None:
    """Drop what is remembered of who asks."""
    _known.clear()

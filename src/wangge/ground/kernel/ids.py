"""Identifiers: UUIDv7 inside, so that rows written together lie together."""

from __future__ import annotations

from uuid import UUID

import uuid_utils
from uuid_utils.compat import uuid7

BareId = uuid_utils.UUID


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), ordered by the time of its making."""
    return uuid7()


def bare_ids(count: int) -> list[BareId]:
    """So many of them for rows that nobody has to name yet: a sixth of the price of objects that equal other UUIDs."""
    return [uuid_utils.uuid7() for _ in range(count)]

"""Identifiers: UUIDv7 inside, so that rows written together lie together."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562), ordered by the time of its making."""
    return uuid7()

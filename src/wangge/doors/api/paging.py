"""Cursors: the key of a page's last row, as one word that callers hand back unread."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from wangge.ground.kernel.problems import InputInvalid


def cursor_text(mark: tuple[datetime, UUID] | None) -> str:
    """The cursor for the page after a mark; empty at the end."""
    if mark is None:
        return ""
    return base64.urlsafe_b64encode(f"{mark[0].isoformat()} {mark[1]}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[datetime, UUID] | None:
    """The mark in a cursor, None for the beginning. Raises InputInvalid."""
    if not text:
        return None
    try:
        at, _, id_ = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None:
            raise ValueError(text)
        return instant, UUID(id_)
    except (ValueError, binascii.Error):
        raise InputInvalid(
            field="cursor", why_zh="不是本接口给出的游标。", why_en="It is no cursor that this API gave."
        ) from None

"""How long an answer took."""

from __future__ import annotations

from datetime import datetime


def seconds_taken(sent_at: datetime | None, called_at: datetime, answered_at: datetime) -> int:
    """The seconds from the sending, or from the call where the sending is not written down yet, to the answer."""
    return max(0, int((answered_at - (sent_at or called_at)).total_seconds()))

"""The end of a response: how long it takes, and what may be done at which point. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

COUNTDOWN = timedelta(days=30)
# However late the approval comes, so long is left to call it off.
AFTER_APPROVAL = timedelta(days=1)
# When something stands in the way of a destruction that is due, it is tried again after this.
TRY_AGAIN_AFTER = timedelta(minutes=10)
LEAST_BASIS = 6


def due_on_approval(due_at: datetime, now: datetime) -> datetime:
    """When the keys are destroyed, if the ending is approved now."""
    return max(due_at, now + AFTER_APPROVAL)


def record_number(code: str) -> str:
    """The number of a destruction record: a response is destroyed once, so its code is enough."""
    return f"XH-{code}"

"""How long somebody waits after wrong passwords: pure."""

from __future__ import annotations

from datetime import datetime, timedelta

FREE_TRIES = 5
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)


def wait_after(wrong: int) -> timedelta:
    """The wait that so many wrong tries in a row earn: none up to four, then 1, 2, 4, … up to 15 minutes."""
    if wrong < FREE_TRIES:
        return timedelta()
    return min(timedelta(minutes=2 ** min(wrong - FREE_TRIES, 10)), LONGEST_WAIT)


def waits_for(wrong: int, last_at: datetime, now: datetime) -> timedelta:
    """How long from now the next try must wait; nothing once the tries are forgotten."""
    if now - last_at >= FORGOTTEN_AFTER:
        return timedelta()
    return max(last_at + wait_after(wrong) - now, timedelta())

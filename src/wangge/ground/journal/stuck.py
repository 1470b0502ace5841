"""Events whose follow-up failed: kept, tried again after 1, 2, 4, … minutes, never given up.

A reader moves on past them, so that one poisoned event cannot hold up a whole city.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from wangge.ground.journal.models import Event, StuckEvent

LONGEST_WAIT = timedelta(hours=1)


class Stuck(NamedTuple):
    """A follow-up to be tried again: its row, its name, how often it was tried, and the event."""

    row_id: int
    follow: str
    attempts: int
    event: Event


def keep(reader: str, follow: str, event: Event, now: datetime) -> None:
    """Keep a follow-up that failed; keeping it twice changes nothing."""
    StuckEvent.objects.get_or_create(
        reader=reader,
        tx=event.tx,
        event_id=event.id,
        follow=follow,
        defaults={"next_try_at": now + timedelta(minutes=1)},
    )


def due(reader: str, now: datetime, limit: int = 50) -> list[Stuck]:
    """The follow-ups to be tried now, the longest waiting first."""
    rows = StuckEvent.objects.filter(reader=reader, next_try_at__lte=now).order_by("next_try_at", "id")[:limit]
    return [Stuck(row.pk, row.follow, row.attempts, Event.objects.get(tx=row.tx, id=row.event_id)) for row in rows]


def tried(item: Stuck, *, done: bool, now: datetime) -> None:
    """Forget what was done; put off what failed again."""
    rows = StuckEvent.objects.filter(id=item.row_id)
    if done:
        rows.delete()
    else:
        # Doubling is held down before it is multiplied: after forty tries it would exceed what a timedelta can hold.
        wait = min(timedelta(minutes=2 ** min(item.attempts, 10)), LONGEST_WAIT)
        rows.filter(attempts=item.attempts).update(attempts=item.attempts + 1, next_try_at=now + wait)


def waiting() -> int:
    """How many follow-ups wait to be tried again."""
    return StuckEvent.objects.count()


def stuck_count() -> int:
    """How many follow-ups wait to be tried again."""
    return StuckEvent.objects.count()

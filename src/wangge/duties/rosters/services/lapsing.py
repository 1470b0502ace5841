"""Swaps that came to nothing because the seats changed hands meanwhile: closed at once, and both are told."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, Swap, SwapState
from wangge.spine.messaging.services import Notice, notify_many

OPEN = (SwapState.ASKED, SwapState.ACCEPTED)


def swaps_lapse(roster: Roster, now: datetime, *, every: bool = False) -> list[Swap]:
    """Close the open swaps of a roster whose seats are no longer those people's, or `every` one; those closed."""
    found = Swap.objects.filter(seat__roster=roster, state__in=OPEN)
    if not every:
        moved = Q(back__isnull=False) & ~Q(back__person_id=F("asked_id"))
        found = found.filter(~Q(seat__person_id=F("asker_id")) | moved)
    swaps = list(found)
    Swap.objects.filter(id__in=[one.id for one in swaps], state__in=OPEN).update(state=SwapState.REFUSED)
    notify_many(
        [
            Notice(person, f"swap:{one.id}:{SwapState.REFUSED}", events.SAY_SWAP, {}, roster.id, roster.exercise)
            for one in swaps
            for person in (one.asker_id, one.asked_id)
        ],
        now=now,
    )
    return swaps

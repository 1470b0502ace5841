"""Who hears of venues, after the fact: follow-ups that the table of flows hangs on events.

What is sent names the number of the venue and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wangge.duties.venues import events
from wangge.duties.venues.models import Visit
from wangge.duties.venues.queries.register import numbers
from wangge.ground.accounts.queries import standings
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many


def tell_recheck_overdue(happened: list[Event], now: datetime) -> None:
    """A re-inspection was not made in time: who found the fault, and the responsible post of the place, hear."""
    by_visit = dict(
        Visit.objects.filter(id__in=[event.subject_id for event in happened]).values_list("id", "person_id")
    )
    posts = standings({event.area_id for event in happened if event.area_id}, "responsible", now)
    known = numbers(UUID(event.data["venue"]) for event in happened)
    notices = []
    for event in happened:
        venue_id = UUID(event.data["venue"])
        there = [person for post in posts.get(event.area_id, []) for person in post.people] if event.area_id else []
        found_by = by_visit.get(event.subject_id) if event.subject_id else None
        if venue_id in known:
            params = {"number": known[venue_id][0]}
            notices += [
                Notice(person, f"event:{event.tx}.{event.id}", events.SAY_OVERDUE, params, venue_id, event.exercise)
                for person in dict.fromkeys([*([found_by] if found_by else []), *there])
            ]
    notify_many(notices, now=now)

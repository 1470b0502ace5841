"""Who is told when a record goes to another area: the desks on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from wangge.duties.observation import events
from wangge.duties.observation.models import Individual
from wangge.ground.accounts.queries import Standing, standings
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many


def tell_both_desks(happened: list[Event], now: datetime) -> None:
    """The nearest desk with somebody at it, where the person was and where they are now; a fixed number of queries."""
    moved = [event for event in happened if event.subject_id and event.area_id]
    numbers = dict(Individual.objects.filter(id__in=[e.subject_id for e in moved]).values_list("id", "number"))
    sides = {event.id: (UUID(event.data["from_area"]), event.area_id) for event in moved if event.area_id}
    places = {place for pair in sides.values() for area in pair for place in _upward(area)}
    desks = standings(places, "desk", now)
    notify_many(
        [
            Notice(
                person,
                f"event:{event.tx}.{event.id}",
                events.SAY_MOVED,
                {"number": numbers[event.subject_id]},
                event.subject_id,
                event.exercise,
            )
            for event in moved
            if event.subject_id in numbers
            for person in dict.fromkeys(person for area in sides[event.id] for person in _nearest(area, desks))
        ],
        now=now,
    )


def _upward(area_id: UUID) -> Iterator[UUID]:
    yield area_id
    yield from tree().ancestors(area_id)


def _nearest(area_id: UUID, desks: dict[UUID, list[Standing]]) -> Iterable[UUID]:
    for place in _upward(area_id):
        people = [person for desk in desks.get(place, []) for person in desk.people]
        if people:
            return people
    return ()

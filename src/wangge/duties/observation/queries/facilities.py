"""Reading places and their rooms."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import F

from wangge.duties.observation.models import Facility, Room
from wangge.ground.areas.queries import within_reach
from wangge.ground.kernel.permission import Actor

KINDS = dict(Facility._meta.get_field("kind").choices or [])


@dataclass
class Place:
    """A place with its rooms; `beds` and `taken` are those of its rooms that are in use."""

    facility: Facility
    rooms: list[Room] = field(default_factory=list)

    @property
    def beds(self) -> int:
        return sum(room.beds for room in self.rooms if not room.closed)

    @property
    def taken(self) -> int:
        return sum(room.taken for room in self.rooms)


def facilities(*, actor: Actor) -> list[Place]:
    """The open places the actor may see, with their rooms in order; two questions however many."""
    found = Facility.objects.filter(within_reach(actor, "person.view"), closed_at__isnull=True)
    found = found.select_related("agency").order_by("kind", "name", "id")
    by_id = {facility.id: Place(facility) for facility in found}
    for room in Room.objects.filter(facility_id__in=by_id).order_by("name", "id"):
        by_id[room.facility_id].rooms.append(room)
    return list(by_id.values())


def rooms_free(*, actor: Actor) -> list[Room]:
    """The rooms with a free bed in the open places the actor may see."""
    seen = within_reach(actor, "person.view", "facility__")
    free = Room.objects.filter(seen, closed=False, facility__closed_at__isnull=True, taken__lt=F("beds"))
    return list(free.select_related("facility").order_by("facility__name", "name", "id"))

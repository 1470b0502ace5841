"""The forms of drills, each as it is taken, and the drill that they are about."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from wangge.duties.drills.links import secret_of
from wangge.duties.drills.services import drill_call
from wangge.spine.messaging.models import Delivery

Row = tuple[str, str, dict[str, tuple[str, Any]], dict[str, Any]]
TOWN, NEXT_COUNTY = "441302001", "441323"


def drills_make(city: Any, now: datetime) -> SimpleNamespace:
    """A drill of the town that runs, and alice's message of it, sent."""
    drill = drill_call(actor=city.actor("dan", now), area_id=city.area(TOWN), minutes=120, now=now)
    told = Delivery.objects.filter(subject_id=drill.id, person_id=city.people["alice"], channel="inapp")
    told.update(state="sent", sent_at=now, next_try_at=None)
    carol = drill.tests.get(person_id=city.people["carol"], channel="inapp")
    return SimpleNamespace(drill=drill, told=told.get(), secret=secret_of(carol.id))


def drill_doors(world: SimpleNamespace) -> list[Row]:
    """Every form of drills."""
    made = world.drills
    new = {"key": ("key", "d0"), "area": ("choice", NEXT_COUNTY), "minutes": ("number", "30")}
    return [
        ("drills", "omar", new, {}),
        ("message_answer", "alice", {}, {"delivery_id": made.told.id}),
        ("drill_link", "dan", {}, {"secret": made.secret}),
        ("drill_end", "dan", {}, {"drill_id": made.drill.id}),
    ]

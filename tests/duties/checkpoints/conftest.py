"""Checkpoints of the small city, and what passes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import City
from wangge.duties.checkpoints.models import Checkpoint
from wangge.duties.checkpoints.rules import CheckpointDraft, Row
from wangge.duties.checkpoints.services.register import checkpoint_register
from wangge.duties.checkpoints.services.screening import Taken, screenings_take
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import Problem

EAST = "441302001001"


@pytest.fixture
def register(city: City, now: datetime) -> Callable[..., Checkpoint]:
    """Register a checkpoint as the town's desk."""

    def registered(name: str = "东湖出口", area: str = EAST, **more: Any) -> Checkpoint:
        said: dict[str, Any] = {"kind": "joint", "road": "广惠高速", "lanes": 3, "desk_phone": "0752-1000110", **more}
        draft = CheckpointDraft(area_id=city.area(area), name=name, **said)
        who = "omar" if area.startswith("441323") else "dan"
        return checkpoint_register(actor=city.actor(who, now), response_id=city.response_id, draft=draft, now=now)

    return registered


@pytest.fixture
def screen(city: City, now: datetime) -> Callable[..., list[Taken | Problem]]:
    """Send rows as the village's officer, or as somebody else."""

    def sent(rows: Sequence[Row], who: str = "alice", at: datetime | None = None) -> list[Taken | Problem]:
        when = at or now
        return screenings_take(
            actor=city.actor(who, when), response_id=city.response_id, rows=rows, now=when, source="phone"
        )

    return sent


@pytest.fixture
def told(city: City) -> Callable[[str], list[Event]]:
    """The events of a type, the oldest first."""

    def events(type_: str) -> list[Event]:
        return list(Event.objects.filter(type=type_, response_id=city.response_id).order_by("id"))

    return events

"""Venues of the small city, and what can be done to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import City
from wangge.duties.venues.models import Venue, Visit
from wangge.duties.venues.rules import VenueDraft, VisitDraft
from wangge.duties.venues.services.register import venue_register
from wangge.duties.venues.services.visits import visit_record
from wangge.ground.journal.models import Event

EAST = "441302001001"


@pytest.fixture
def register(city: City, now: datetime) -> Callable[..., Venue]:
    """Register a venue as the village's officer."""

    def registered(name: str = "瑶池网吧", kind: str = "internet_cafe", area: str = EAST, **more: Any) -> Venue:
        who, at = more.pop("who", "alice"), more.pop("at", now)
        known = {"not_the_same": more.pop("not_the_same", False)}
        draft = VenueDraft(kind=kind, area_id=city.area(area), name=name, **more)
        return venue_register(actor=city.actor(who, at), response_id=city.response_id, draft=draft, now=at, **known)

    return registered


@pytest.fixture
def visit(city: City, now: datetime) -> Callable[..., Visit]:
    """Visit a venue as the village's officer."""

    def visited(venue: Venue, who: str = "alice", at: datetime | None = None, **more: Any) -> Visit:
        record_id: UUID | None = more.pop("record_id", None)
        draft = VisitDraft(venue_id=venue.id, **more)
        when = at or now
        return visit_record(
            actor=city.actor(who, when), response_id=city.response_id, draft=draft, now=when, record_id=record_id
        )

    return visited


@pytest.fixture
def told(city: City) -> Callable[[str], list[Event]]:
    """The events of a type, the oldest first."""

    def events(type_: str) -> list[Event]:
        return list(Event.objects.filter(type=type_, response_id=city.response_id).order_by("id"))

    return events

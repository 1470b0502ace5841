"""What pages and ticks ask of venues is served by indexes on both databases, however many venues there are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import City
from wangge.duties.venues.models import Venue
from wangge.duties.venues.queries import lodging, readiness, register, visits
from wangge.duties.venues.queries.orders import in_force
from wangge.duties.venues.services.lodging import due_at, owing_of
from wangge.ground.kernel.clock import local

# A table read whole, by SQLite and by PostgreSQL.
WHOLE = re.compile(r"SCAN venues_\w+\b(?! USING)|Seq Scan on venues_")


def plans(look: Callable[[], Any]) -> list[str]:
    """How the database runs each question about venues, told not to read whole tables, small as they are here."""
    with CaptureQueriesContext(connection) as asked:
        look()
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        for query in asked:
            sql = query["sql"]
            if sql.startswith("SELECT") and 'FROM "venues_' in sql:
                cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
                found.append("\n".join(str(row) for row in cursor.fetchall()))
    return found


@pytest.fixture
def hotel(register: Callable[..., Venue]) -> Venue:
    return register("蓬莱宾馆", "hotel")


@pytest.mark.parametrize("who", ["frank", "dan", "alice"])
def test_nothing_about_venues_is_answered_by_reading_a_whole_table(
    city: City, now: datetime, hotel: Venue, who: str
) -> None:
    actor, response_id, day = city.actor(who), city.response_id, local(now).date()
    upon: dict[str, Any] = {"actor": actor, "response_id": response_id}
    area = {"area_id": city.area("441302001001")}
    _, plan = register.pack_for(response_id)
    assert plan.lodging is not None and plan.readiness is not None
    hour = due_at(plan.lodging, day)
    looks: dict[str, Callable[[], Any]] = {
        "list": lambda: register.venues(**upon),
        "of a group": lambda: register.venues(**upon, group="lodging", after="V4"),
        "of a kind": lambda: register.venues(**upon, kind="hotel", after="V4"),
        "of an area": lambda: register.venues(**upon, **area),
        "again": lambda: register.venues(**upon, recheck=True),
        "one": lambda: register.venue_view(register.venue_by_number(hotel.number, actor=actor), actor=actor),
        "day list": lambda: visits.day_list(**upon, plan=plan, day=day),
        "day sums": lambda: lodging.day_sums(**upon, day=day, **area),
        "missing": lambda: lodging.owing(**upon, day=day, **area),
        "short": lambda: lodging.owing(**upon, day=day, **area, show="short"),
        "swept": lambda: list(owing_of(response_id, day, hour)),
        "counts": lambda: (lodging.last_counts(hotel), lodging.gaps_of(hotel)),
        "sites": lambda: readiness.sites(**upon, kinds=plan.readiness.kinds if plan.readiness else ()),
        "a site": lambda: readiness.readiness_of(hotel),
        "orders": lambda: in_force(response_id),
    }
    found = {name: [text for text in plans(look) if WHOLE.search(text)] for name, look in looks.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}

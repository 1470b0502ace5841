"""The statements of figures on PostgreSQL read the journal by its indexes, never from end to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from wangge.ground.journal.models import Event
from wangge.ground.journal.readers import SpanReader, advance
from wangge.picture.figures.days import figure_days
from wangge.picture.figures.queries import figures
from wangge.picture.figures.rollups import roll
from wangge.picture.figures.rows import figure_rows
from wangge.picture.figures.summing import MANY

pytestmark = [
    pytest.mark.django_db(transaction=connection.vendor == "postgresql"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is told the index by name"),
]
LEAFLETS = "leaflets_handed_out"
EVENTS = 15 * MANY
UNREAD = 50
STEP = timedelta(minutes=10)
WRITTEN = """
INSERT INTO journal_event (type, at, area_id, response_id, exercise, data)
SELECT CASE n %% 3 WHEN 0 THEN 'duty.logged' WHEN 1 THEN 'matter.received' ELSE 'delivery.sent' END,
    start + n * step, areas[1 + n %% 4], response, false,
    '{"kind": "leaflets_handed_out", "place_kind": "household", "copies": 3, "sign": 1}'
FROM generate_series(0, %s) AS n,
    (VALUES (%s::timestamptz, %s::interval, %s::uuid[], %s::uuid)) AS given (start, step, areas, response)
"""


@pytest.fixture
def months(city, now):
    """A journal of months, so long that to read all of it is never the cheapest; the newest events wait to be read."""
    areas = [city.area(code) for code in ("441302001001", "441302001003", "441302100200", "441323001001")]
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [EVENTS - 1, now, STEP, areas, city.response_id])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE journal_event")
    advance(SpanReader("figures", roll, Event.objects.count() - UNREAD), now=now)
    return now + EVENTS * STEP


class Plans:
    """Asks the database how it will run each statement that reads the journal."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        if "FROM journal_event " in sql:
            context["cursor"].cursor.execute(f"EXPLAIN {sql}", params)
            self.seen.append("\n".join(row[0] for row in context["cursor"].cursor.fetchall()))
        return execute(sql, params, many, context)


@pytest.fixture
def plans(months):
    """The plans of what a test asks; afterwards none of them may read a long part of the journal whole."""
    kept = Plans()
    with connection.execute_wrapper(kept):
        yield kept
    assert kept.seen
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM journal_event GROUP BY 1 HAVING count(*) > %s", [MANY])
        long = [row[0] for row in cursor.fetchall()]
    assert long
    for plan in kept.seen:
        assert not [name for name in long if f"Seq Scan on {name} " in plan], plan


@pytest.mark.parametrize("batch", [100, MANY])
def test_a_batch_reads_no_more_than_its_events(plans, city, now, batch):
    """In the ordinary case, and where the planner is told that there are many."""
    # A reader that begins anew reads the oldest events; that it adds them a second time is of no matter here.
    assert advance(SpanReader("another", roll, batch), now=now) == batch
    assert len(plans.seen) >= 3


@pytest.mark.parametrize("area", ["4413", "441302001", "441302001001"])
def test_figures_at_any_minute_read_the_begun_hour_or_day(plans, city, months, area):
    where = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area(area)}
    found = figures(**where, until=months - 9 * STEP, since=months - 500 * STEP)
    assert found[LEAFLETS].total > 0


@pytest.mark.parametrize("area", ["4413", "441302001001"])
def test_the_rows_and_the_days_of_a_figure_read_only_theirs(plans, city, months, area):
    where = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area(area)}
    page = figure_rows(**where, code=LEAFLETS, since=None, until=months)
    assert len(page.rows) == 50
    first, last = (months - timedelta(days=30)).date(), months.date()
    assert sum(day.value for day in figure_days(**where, codes=[LEAFLETS], first=first, last=last)[LEAFLETS]) > 0

"""The queries that every page and every tick run: each is served by the index made for it, on both databases."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.duties.matters import queries
from wangge.duties.matters.models import Matter
from wangge.duties.matters.queries import Mark
from wangge.ground.journal import readers
from wangge.ground.journal.models import Event
from wangge.ground.journal.readers import events_after
from wangge.ground.kernel.ids import new_id
from wangge.spine.clocks.models import Clock
from wangge.spine.forms.queries.submissions import visible
from wangge.spine.messaging.models import Delivery


def plan(rows) -> str:
    """How the database would run it, told not to fall back on reading whole tables, small as they are here."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        sql, params = rows.query.sql_with_params()
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {sql}", params)
        return "\n".join(str(row) for row in cursor.fetchall())


def assert_served_by(rows, *indexes: str) -> None:
    text = plan(rows)
    assert any(index in text for index in indexes), text


@pytest.fixture
def open_matters(city):
    return queries.visible(city.actor("frank")).exclude(stage="closed")


def test_the_city_queue(open_matters):
    assert_served_by(open_matters.order_by("queue_at", "id")[:50], "matter_queue", "matter_stage_queue")


def test_the_queue_of_a_stage_and_its_following_page(open_matters, now):
    rows = open_matters.filter(stage="triage")
    assert_served_by(rows.order_by("queue_at", "id")[:50], "matter_stage_queue", "matter_queue")
    after = Mark(now, new_id())
    assert_served_by(rows.filter(queue_at__gte=after.queue_at).order_by("queue_at", "id")[:50], "matter_stage_queue")


def test_a_towns_queue(city):
    rows = queries.visible(city.actor("dan")).exclude(stage="closed")
    assert_served_by(rows.order_by("queue_at", "id")[:50], "matter_area_queue", "matter_queue", "matter_stage_queue")


def test_the_closed_matters(city):
    rows = Matter.objects.filter(stage="closed").order_by("-closed_at", "-id")[:50]
    assert_served_by(rows, "matter_closed")


def asked_by(look) -> str:
    """The plan of the one question about matters that a query asks, as it is asked."""
    with CaptureQueriesContext(connection) as asked:
        look()
    [sql] = [query["sql"] for query in asked if 'FROM "matters_matter"' in query["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("who", "code", "kind", "small", "index"),
    [
        ("frank", "", "", 200, "matter_closed"),
        ("frank", "", "gathering", 200, "matter_kind_closed"),
        ("erin", "", "", 200, "matter_closed"),
        ("frank", "441302", "gathering", 200, "matter_kind_closed"),
        ("frank", "441302001001", "", 1, "matter_area_closed"),
        ("alice", "", "", 1, "matter_area_closed"),
    ],
)
def test_the_closed_matters_of_a_large_part_are_walked_and_those_of_a_small_one_looked_up(
    city, monkeypatch, who, code, kind, small, index
):
    monkeypatch.setattr(queries, "SMALL_PART", small)
    area_id = city.area(code) if code else None
    text = asked_by(lambda: queries.closed(actor=city.actor(who), kind=kind, area_id=area_id))
    if connection.vendor == "sqlite":
        assert index in text, text
        assert "TEMP B-TREE" not in text, text  # nothing is put in order but what one index gives in order
    else:
        # By its statistics PostgreSQL knows better than we which of the three; a table of a dozen rows has none.
        assert re.search("matter_(area_|kind_)?closed", text), text


def test_a_matters_timeline(db):
    assert_served_by(Event.objects.filter(subject_id=new_id()), "subject")


@pytest.mark.parametrize("look", [lambda: events_after((0, 5), 100), lambda: readers._unread("flows")])
def test_a_reader_goes_straight_to_where_it_stands_however_long_the_journal(db, look):
    look()  # whatever is asked only once
    with CaptureQueriesContext(connection) as queries:
        look()
    [asked] = [query["sql"] for query in queries if "journal_event" in query["sql"]]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {asked}")
        text = "\n".join(str(row) for row in cursor.fetchall())
    # By the transaction alone SQLite would read all that was ever written, because there it is always the same.
    wanted = r"Index Cond: .*ROW\(tx, id\) > " if connection.vendor == "postgresql" else r"\(tx=\? AND id>\?\)"
    assert re.search(wanted, text), text


def test_a_figures_events(db, now):
    rows = Event.objects.filter(type="matter.closed", at__gte=now, at__lt=now + timedelta(hours=1))
    assert_served_by(rows, "type_at")


def test_the_clocks_that_are_due(db, now):
    rows = Clock.objects.filter(state="running", next_at__lte=now).order_by("next_at", "id")[:200]
    assert_served_by(rows, "clock_next")


def test_the_messages_that_are_due(db, now):
    rows = Delivery.objects.filter(state__in=["pending", "sending"], next_try_at__lte=now).order_by("next_try_at", "id")
    assert_served_by(rows[:200], "delivery_due")


def test_an_inbox(db):
    rows = Delivery.objects.filter(person_id=new_id(), channel="inapp").exclude(state="pending").order_by("-id")[:30]
    assert_served_by(rows, "delivery_inbox")


KEY = ("forms_submission_pkey", "sqlite_autoindex_forms_submission_1")


def test_the_submissions_of_a_form_and_those_that_wait(city):
    rows = visible(city.actor("frank")).filter(response_id=city.response_id).select_related(None)
    assert_served_by(rows.order_by("-id")[:50], *KEY)
    assert_served_by(rows.filter(form_id__in=[new_id()]).order_by("-id")[:50], "submission_form", *KEY)
    assert_served_by(rows.filter(state="refused").order_by("-id")[:50], "submission_waiting", *KEY)
    town = visible(city.actor("dan")).select_related(None)
    assert_served_by(town.order_by("-id")[:50], "submission_area", *KEY)

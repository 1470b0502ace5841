"""The board's and the engine's questions are served by the indexes made for them, on both databases."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.duties.observation.queries.board import BoardMark, board
from wangge.duties.observation.services import links
from wangge.duties.observation.services.alarms import observation_due
from wangge.duties.observation.services.checks import CheckDraft
from wangge.engine import ENGINE
from wangge.ground.kernel.ids import new_id


def plans_of(look, table: str, without: tuple[str, ...] = ("seqscan", "sort", "bitmapscan")) -> list[str]:
    """How the database runs the questions about a table, told not to read or sort whole tables, small as they are."""
    with CaptureQueriesContext(connection) as asked:
        look()
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in without:
                cursor.execute(f"SET LOCAL enable_{way} = off")
        for query in asked:
            sql = query["sql"]
            if sql.startswith("SELECT") and f'FROM "{table}"' in sql and "ORDER BY" in sql:
                cursor.execute(f"{'EXPLAIN' if connection.vendor == 'postgresql' else 'EXPLAIN QUERY PLAN'} {sql}")
                found.append("\n".join(str(row) for row in cursor.fetchall()))
    assert found
    return found


@pytest.mark.parametrize("who", ["frank", "nora"])
@pytest.mark.parametrize("show", ["", "missing", "due"])
def test_a_page_of_the_board_walks_its_index(watch, who, show):
    for after in (None, BoardMark(watch.now, new_id())):
        look = lambda after=after: board(actor=watch.actor(who), now=watch.now, show=show, after=after)  # noqa: E731
        for plan in plans_of(look, "observation_plan"):
            assert "plan_board" in plan and "Sort" not in plan.replace("enable_sort", ""), plan


def test_what_is_due_is_found_by_its_index(watch):
    for plan in plans_of(lambda: observation_due(actor=ENGINE, now=watch.now), "observation_plan"):
        assert "plan_due" in plan, plan


def test_a_link_is_found_by_its_index(watch):
    plan = watch.plan()
    secret = links.link_make(actor=watch.actor("nora"), individual_id=plan.individual_id, now=watch.now)

    def looks():
        assert links.link_view(secret=secret, day=watch.now).plan.id == plan.id
        links.link_check(secret=secret, draft=CheckDraft(365), now=watch.now)

    found = plans_of(looks, "observation_plan", without=("seqscan", "bitmapscan"))
    assert len(found) == 2
    for plan in found:
        assert "plan_link_once" in plan, plan

"""The queue: what waits, in which order, and at a fixed cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from wangge.doors.desk import queries
from wangge.doors.desk.paging import mark_text, read_mark
from wangge.duties.matters.queries import Mark
from wangge.duties.matters.services import pausing, triage
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock

Report = Callable[..., Any]
AtDesk = Callable[[str], Client]


def numbers(answer: Any) -> list[str]:
    return [row.line.number for row in answer.context["matters"]]


def test_the_most_urgent_stands_first_and_tabs_count(at_desk: AtDesk, report: Report, do: Any) -> None:
    slow, urgent = report("hardship_help"), report("fever_suspected")
    moved = do(triage.matter_acknowledge, report("arrival"), "dan")
    answer = at_desk("dan").get("/")
    assert numbers(answer) == [urgent.number, slow.number, moved.number]
    counts = {tab["stage"]: tab["count"] for tab in answer.context["tabs"]}
    assert (counts[""], counts["push"], counts["triage"], counts["verify"]) == (3, 2, 1, 0)
    assert numbers(at_desk("dan").get("/?stage=triage")) == [moved.number]


def test_filters_narrow_rows_and_counts(at_desk: AtDesk, report: Report) -> None:
    report("arrival"), report("gathering"), report("gathering", area="441302001003")
    client = at_desk("dan")
    by_kind = client.get("/?kind=gathering")
    assert len(numbers(by_kind)) == 2
    assert by_kind.context["tabs"][1]["count"] == 2
    assert len(numbers(client.get("/?kind=gathering&area=441302001003"))) == 1
    assert client.get("/?area=999999").status_code == 404


def test_an_overdue_clock_says_by_how_much_and_a_pause_until_when(at_desk: AtDesk, report: Report, do: Any) -> None:
    late = report(now=clock.now() - timedelta(hours=3))
    held = report()
    until = clock.now() + timedelta(days=2)
    do(pausing.matter_ask_hold, held, "dan", reason="awaiting_result", text="等待检测", until=until)
    do(pausing.matter_decide_hold, held, "erin", approve=True)
    page = at_desk("dan").get("/").content.decode()
    assert f'href="/matters/{late.number}"' in page
    assert "超时 2 时" in page
    assert "挂起 至" in page


def test_an_exercise_is_marked(at_desk: AtDesk, report: Report) -> None:
    assert "演练" not in at_desk("erin").get("/").content.decode()
    report(who="erin", exercise=True)
    assert '<i class="drill">演练</i>' in at_desk("erin").get("/").content.decode()


def test_pages_follow_each_other_without_gap_or_repeat(at_desk: AtDesk, report: Report) -> None:
    made = {report(now=clock.now() - timedelta(minutes=minutes)).number for minutes in range(60)}
    client, seen, address = at_desk("dan"), [], "/"
    while address:
        answer = client.get(address)
        seen += numbers(answer)
        address = "/" + answer.context["next"] if answer.context["next"] else ""
    assert len(seen) == 60
    assert set(seen) == made


def test_the_number_of_queries_does_not_grow(at_desk: AtDesk, report: Report) -> None:
    client = at_desk("dan")
    spent = []
    for wanted in (3, 27):
        for _ in range(wanted):
            report()
        tree()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/")
        spent.append(len(asked))
    assert len(numbers(answer)) == 30
    assert spent[0] == spent[1] <= 9, [query["sql"][:90] for query in asked]


def test_counts_stop_at_their_limit_in_one_query(
    city: Any, report: Report, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        report()
    monkeypatch.setattr(queries, "COUNTED_TO", 3)
    actor = city.actor("dan", clock.now())
    tree()
    with django_assert_num_queries(1):
        assert queries.stage_counts(actor=actor) == {"push": 3, "triage": 0, "coordinate": 0, "verify": 0, "close": 0}


def test_counts_use_the_index_of_open_matters(city: Any, report: Report) -> None:
    report()
    with CaptureQueriesContext(connection) as asked:
        queries.stage_counts(actor=city.actor("frank", clock.now()))
    sql = next(query["sql"] for query in asked if "waiting" in query["sql"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + sql)
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + sql)
        plan = str(cursor.fetchall())
    assert "matter_" in plan
    assert "SCAN matters_matter'" not in plan


def test_a_mark_is_exact_and_a_broken_one_means_the_beginning(report: Report) -> None:
    matter = report()
    mark = Mark(matter.queue_at, matter.id)
    assert read_mark(mark_text(mark), Mark) == mark
    for text in ("", "x", "1_2", f"99999999999999999999999_{matter.id}"):
        assert read_mark(text, Mark) is None


def test_search_leads_to_the_number_or_says_there_is_none(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    client = at_desk("dan")
    assert client.get(f"/search?q= {matter.number} ")["Location"] == f"/matters/{matter.number}"
    assert client.get("/search?q=441302-1").status_code == 404


def test_an_empty_queue_says_so(at_desk: AtDesk, city: Any) -> None:
    assert "此处没有待办事项" in at_desk("olga").get("/").content.decode()


def test_who_sees_matters_nowhere_has_an_empty_queue(at_desk: AtDesk, report: Report) -> None:
    report()
    answer = at_desk("adam").get("/")
    assert answer.status_code == 200 and numbers(answer) == []
    assert {tab["count"] for tab in answer.context["tabs"]} == {0, None}, "closed ones are never counted"

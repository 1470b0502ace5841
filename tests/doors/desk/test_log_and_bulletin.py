"""The duty log at the desk, and the bulletin in which it adds up."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx import Document

from wangge.duties.dutylog.models import Entry
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock

AtDesk = Callable[[str], Client]


def form(**more: str) -> dict[str, str]:
    return {
        "key": str(uuid4()),
        "kind": "entertainment_inspection",
        "area": "441302001001",
        "area_name": "东湖社区居委会",
        "place_kind": "ktv",
        "n_premises": "3",
        **more,
    }


def figure(answer: Any, code: str) -> tuple[str, ...]:
    rows = {found: row for table in answer.context["tables"] for found, row, _ in table["rows"]}
    return tuple(rows[code])


def later(minutes: int = 2) -> str:
    return clock.local(clock.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def test_an_entry_is_logged_once_and_stands_in_ones_list(at_desk: AtDesk) -> None:
    alice, sent = at_desk("alice"), form()
    for _ in range(2):
        assert alice.post("/log", sent).status_code == 302
    assert Entry.objects.count() == 1
    assert "娱乐场所检查" in alice.get("/log").content.decode()


def test_wrong_numbers_stand_at_their_field(at_desk: AtDesk) -> None:
    for wrong in ({"n_premises": "三"}, {"n_premises": "-1"}, {"n_premises": ""}, {"place_kind": "palace"}):
        answer = at_desk("alice").post("/log", form(**wrong))
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.content.decode()
    assert Entry.objects.count() == 0


def test_an_entry_is_countered_with_a_reason_and_only_once(at_desk: AtDesk) -> None:
    alice = at_desk("alice")
    alice.post("/log", form(note="东湖路歌厅"))
    entry = Entry.objects.get()
    page, counter = f"/log/{entry.id}", f"/log/{entry.id}/counter"
    assert "记错了" in alice.get(page).content.decode()
    assert alice.post(counter, {"reason": ""}).status_code == 422
    assert alice.post(counter, {"reason": "多记了一次"}).status_code == 302
    assert "已被冲正" in alice.get(page).content.decode()
    assert alice.post(counter, {"reason": "再来一次"}).status_code == 409
    assert sorted(Entry.objects.values_list("sign", flat=True)) == [-1, 1]


@pytest.mark.django_db(transaction=True)  # a figure counts what is committed
def test_a_figure_adds_up(at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, erin = at_desk("alice"), at_desk("erin")
    for premises in ("3", "4"):
        alice.post("/log", form(n_premises=premises))
    before, shift = later(-1), clock.offset() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "offset", lambda: shift)  # so that what was just written lies before a whole minute
    assert figure(erin.get(f"/bulletin?area=441302&at={before}"), "entertainment_inspected")[3] == "0"
    assert figure(erin.get("/bulletin?area=441302"), "entertainment_inspected")[3] == "7"
    assert figure(erin.get("/bulletin?area=441302001003"), "entertainment_inspected")[3] == "0"


def test_the_rows_behind_a_figure_lead_to_their_entries(at_desk: AtDesk) -> None:
    at_desk("alice").post("/log", form())
    entry = Entry.objects.get()
    answer = at_desk("erin").get(f"/bulletin/figures/entertainment_inspected?area=441302&at={later()}")
    assert [item["row"].amount for item in answer.context["rows"]] == [3]
    assert f"/log/{entry.id}" in answer.content.decode()
    assert at_desk("erin").get("/bulletin/figures/dragons?area=441302").status_code == 404


def test_rows_of_matters_lead_to_the_matter(at_desk: AtDesk, report: Callable[..., Any]) -> None:
    matter = report()
    answer = at_desk("erin").get(f"/bulletin/figures/matters_received?area=441302&at={later()}")
    assert f"/matters/{matter.number}" in answer.content.decode()


def test_a_bulletin_is_issued_shown_and_printed(at_desk: AtDesk) -> None:
    erin = at_desk("erin")
    at = clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    answer = erin.post("/bulletin/issue", {"area": "441302", "at": at})
    assert answer.status_code == 302
    page = erin.get(answer["Location"])
    assert "第1期" in page.content.decode()
    printed = erin.get(answer["Location"] + "/word")
    assert printed["Content-Disposition"].endswith('-001.docx"')
    assert any("惠城区" in paragraph.text for paragraph in Document(io.BytesIO(printed.content)).paragraphs)
    again = erin.post("/bulletin/issue", {"area": "441302", "at": at})
    assert again.status_code == 409
    assert at_desk("alice").post("/bulletin/issue", {"area": "441302001001", "at": at}).status_code == 403


def test_a_cut_off_ahead_or_unreadable_is_answered_in_words(at_desk: AtDesk) -> None:
    erin = at_desk("erin")
    ahead = erin.get(f"/bulletin?area=441302&at={later(60)}")
    assert ahead.status_code == 422
    assert "不能晚于现在" in ahead.content.decode()
    assert erin.get("/bulletin?area=441302&at=soon").status_code == 422
    assert erin.get("/bulletin?area=999").status_code == 404


def test_the_bulletin_asks_the_same_number_of_queries(at_desk: AtDesk) -> None:
    erin, alice, spent = at_desk("erin"), at_desk("alice"), []
    erin.get("/bulletin?area=441302")
    for wanted in (1, 12):
        for _ in range(wanted):
            alice.post("/log", form())
        tree()
        with CaptureQueriesContext(connection) as asked:
            assert erin.get("/bulletin?area=441302").status_code == 200
        spent.append(len(asked))
    assert spent[0] == spent[1], [query["sql"][:80] for query in asked]

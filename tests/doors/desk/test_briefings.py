"""What stands round a bulletin at the desk: its parts, its papers, its schedule, and who is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.picture.bulletins import pdf
from wangge.picture.bulletins.models import Bulletin, Schedule, Subscription
from wangge.spine.messaging.models import Delivery

AtDesk = Callable[[str], Client]
Report = Callable[..., Any]
ERIN = "/bulletin/settings?area=441302"


@pytest.fixture
def issued(at_desk: AtDesk) -> str:
    """The page of a bulletin that was issued just now."""
    at = clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    return str(at_desk("erin").post("/bulletin/issue", {"area": "441302", "at": at})["Location"])


def test_the_parts_come_after_the_figures_and_as_a_page_of_their_own(at_desk: AtDesk, report: Report) -> None:
    report(now=clock.now() - timedelta(days=2))
    erin = at_desk("erin")
    page = erin.get("/bulletin?area=441302").content.decode()
    assert 'hx-get="/bulletin/parts?area=441302' in page
    parts = erin.get("/bulletin/parts?area=441302", headers={"HX-Request": "true"}).content.decode()
    assert "责任岗位未确认" in parts and "桥东街道" in parts and "data-chart=" in parts and "<html" not in parts
    assert "<html" in erin.get("/bulletin/parts?area=441302").content.decode()
    assert at_desk("olga").get("/bulletin/parts?area=441302").status_code == 403


def test_the_parts_ask_the_same_number_of_queries(at_desk: AtDesk, report: Report) -> None:
    erin, spent = at_desk("erin"), []
    erin.get("/bulletin/parts?area=441302")
    for wanted in (1, 8):
        for _ in range(wanted):
            report(now=clock.now() - timedelta(days=2))
        tree()
        with CaptureQueriesContext(connection) as asked:
            assert erin.get("/bulletin/parts?area=441302").status_code == 200
        spent.append(len(asked))
    assert spent[0] == spent[1]


def test_an_issued_bulletin_has_parts_excel_and_pdf(at_desk: AtDesk, issued: str) -> None:
    erin = at_desk("erin")
    page = erin.get(issued).content.decode()
    assert "分区域情况" in page and f'href="{issued}/excel"' in page and f'href="{issued}/pdf"' in page
    excel = erin.get(f"{issued}/excel")
    assert "统计指标" in CalamineWorkbook.from_filelike(io.BytesIO(excel.content)).sheet_names
    assert excel["Content-Disposition"].endswith('-001.xlsx"')
    if not pdf.pdf_missing():
        assert erin.get(f"{issued}/pdf").content.startswith(b"%PDF-")
    for form in ("pdf", "excel"):
        assert at_desk("olga").get(f"{issued}/{form}").status_code == 404


def test_without_pdf_the_page_says_what_to_install(
    at_desk: AtDesk, issued: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(pdf, "import_module", gone)
    answer = at_desk("erin").get(f"{issued}/pdf")
    assert answer.status_code == 503 and "apt install libpango" in answer.content.decode()
    assert 'value="pdf"' not in at_desk("erin").get(ERIN).content.decode()


def test_a_desk_plans_and_stops_and_others_only_see(at_desk: AtDesk) -> None:
    erin = at_desk("erin")
    saved = erin.post(ERIN, {"area": "441302", "do": "plan", "at": "18:00", "weekday": list("1234567")})
    assert saved.status_code == 302 and "done=1" in saved["Location"]
    schedule = Schedule.objects.get()
    assert "18:00" in erin.get(ERIN).content.decode()
    stop = {"area": "441302", "do": "stop", "schedule": str(schedule.id)}
    assert at_desk("frank").get(ERIN).status_code == 200
    assert at_desk("olga").get(ERIN).status_code == 403
    assert at_desk("alice").post(ERIN, stop | {"area": "441302001001"}).status_code == 404
    hana = at_desk("hana")
    assert 'value="plan"' not in hana.get("/bulletin/settings?area=441302001").content.decode()
    assert hana.post(ERIN, {"area": "441302001", "do": "plan", "at": "18:00", "weekday": "1"}).status_code == 403
    assert erin.post(ERIN, stop).status_code == 302
    assert Schedule.objects.get().planned_at is None


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"do": "plan", "at": "25:00", "weekday": "1"}, "at"),
        ({"do": "plan", "at": "18:00"}, "weekdays"),
        ({"do": "subscribe", "whose": "own"}, "channels"),
        ({"do": "subscribe", "whose": "other", "person": "nobody", "channel": "inapp"}, "person"),
        ({"do": "subscribe", "whose": "own", "channel": "smtp"}, "channels"),
        ({"do": "subscribe", "whose": "other", "person": "frank"}, "channels"),
    ],
)
def test_what_cannot_be_stands_at_its_field(at_desk: AtDesk, sent: dict[str, str], field: str) -> None:
    answer = at_desk("erin").post(ERIN, {"area": "441302", **sent})
    assert answer.status_code == 422
    assert answer.content.decode().count(f'id="wrong-{field}"') == 1


def test_a_message_of_a_bulletin_leads_to_it(at_desk: AtDesk, settle: Any) -> None:
    erin = at_desk("erin")
    erin.post(ERIN, {"area": "441302", "do": "subscribe", "channel": "inapp", "attach": ""})
    at = clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    erin.post("/bulletin/issue", {"area": "441302", "at": at})
    settle(clock.now())
    [item] = erin.get("/inbox").context["rows"]
    assert "第1期战报已发布" in item["text"]
    opened = erin.post(f"/inbox/{item['row'].id}")
    assert opened["Location"] == f"/bulletin/issued/{Bulletin.objects.get().id}"
    other = at_desk("olga").post(f"/inbox/{item['row'].id}")
    assert other["Location"] == "/inbox"
    assert Delivery.objects.get(channel="inapp").state == "read"


def test_everybody_unsubscribes_by_themselves(at_desk: AtDesk) -> None:
    erin, alice = at_desk("erin"), at_desk("alice")
    own = "/bulletin/settings?area=441302001001"
    alice.post(own, {"area": "441302001001", "do": "subscribe", "channel": "inapp", "attach": ""})
    subscription = Subscription.objects.get()
    assert "您已订阅" in alice.get(own).content.decode()
    sent = {"area": "441302001001", "do": "unsubscribe", "subscription": str(subscription.id)}
    assert at_desk("carol").post(own, sent).status_code == 404
    assert alice.post(own, sent).status_code == 302
    assert "您已订阅" not in alice.get(own).content.decode()
    assert "Alice" not in erin.get(own).content.decode()

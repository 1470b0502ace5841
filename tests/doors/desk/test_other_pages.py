"""Messages, coverage, the surge switch, the demonstration's clock, and a database that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from wangge.doors.desk import queue_board
from wangge.duties.matters.models import Surge
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Holding
from wangge.ground.accounts.queries import villages_uncovered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.spine.messaging.models import Delivery

AtDesk = Callable[[str], Client]
Report = Callable[..., Any]


def test_a_message_waits_unread_until_it_is_opened(at_desk: AtDesk, report: Report, settle: Any) -> None:
    matter = report()
    settle(clock.now())
    alice = at_desk("alice")
    assert 'id="unread" data-part><b>1' in alice.get("/").content.decode()
    [item] = alice.get("/inbox").context["rows"]
    assert matter.number in item["text"]
    opened = alice.post(f"/inbox/{item['row'].id}", {"number": matter.number})
    assert opened["Location"] == f"/matters/{matter.number}"
    assert 'id="unread" data-part><b>' not in alice.get("/").content.decode()


def test_nobody_reads_or_opens_the_messages_of_others(at_desk: AtDesk, report: Report, settle: Any) -> None:
    report()
    settle(clock.now())
    message = Delivery.objects.filter(channel="inapp").first()
    assert message is not None
    olga = at_desk("olga")
    assert olga.get("/inbox").context["rows"] == []
    olga.post(f"/inbox/{message.id}", {"number": ""})
    olga.post("/inbox/read")
    assert Delivery.objects.filter(state="read").count() == 0


def test_a_village_without_anybody_on_its_post_is_listed(city: Any, at_desk: AtDesk) -> None:
    frank = at_desk("frank")
    before = frank.get("/coverage").context
    assert (before["total"], before["missing"]) == (7, 5)
    assert "东湖社区" not in frank.get("/coverage").content.decode()
    manager = system_actor("test", "account.manage")
    for holding in Holding.objects.filter(person_id__in=[city.people["alice"], city.people["bob"]]):
        accounts.post_leave(actor=manager, holding_id=holding.id, now=clock.now() - timedelta(seconds=1))
    assert "东湖社区" in frank.get("/coverage").content.decode()
    assert at_desk("erin").get("/coverage").context["total"] == 5, "a county sees its own villages"


def test_coverage_is_one_query(city: Any, django_assert_num_queries: Any) -> None:
    root = tree().root().id
    with django_assert_num_queries(1):
        missing, total = villages_uncovered([root], clock.now())
    assert (len(missing), total) == (5, 7)


def test_an_account_that_is_shut_covers_nothing(city: Any) -> None:
    for name in ("alice", "bob"):
        person = city.person(name)
        person.is_active = False
        person.save()
    missing, _ = villages_uncovered([city.area("441302001")], clock.now())
    assert city.area("441302001001") in missing


def test_a_surge_is_switched_with_a_reason(city: Any, at_desk: AtDesk) -> None:
    frank, area = at_desk("frank"), str(city.area("441302"))
    form = {"area": area, "factor": "0.5", "reason": "病例激增", "switch": "on"}
    for wrong in ({"reason": ""}, {"factor": "fast"}, {"factor": "0"}, {"factor": "nan"}, {"area": "x"}):
        assert frank.post("/surge", form | wrong).status_code == 422, wrong
    assert at_desk("erin").post("/surge", form).status_code == 403
    assert frank.post("/surge", form).status_code == 302
    assert "病例激增" in frank.get("/surge").content.decode()
    assert frank.post("/surge", form).status_code == 409
    assert frank.post("/surge", {"area": area, "switch": "off"}).status_code == 302
    assert Surge.objects.filter(ended_at__isnull=True).count() == 0


def test_a_demonstration_shows_its_own_clock(at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "演示时钟" not in at_desk("dan").get("/profile").content.decode()
    monkeypatch.setattr(clock, "offset", lambda: timedelta(hours=-1))
    page = at_desk("dan").get("/profile").content.decode()
    assert "演示时钟" in page
    there = clock.local(clock.now())
    assert f"{there.year}年{there.month}月{there.day}日" in page


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("database is locked", "正忙"),
        ("database or disk is full", "磁盘已满"),
        ("server closed the connection unexpectedly", "连接中断"),
    ],
)
def test_a_database_that_is_away_is_said_and_nothing_breaks(
    at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch, error: str, said: str
) -> None:
    client = at_desk("dan")

    def away(**_: Any) -> None:
        raise OperationalError(error)

    with monkeypatch.context() as broken:
        broken.setattr(queue_board, "stage_counts", away)
        answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert said in answer.content.decode()
    assert error not in answer.content.decode()
    assert client.get("/").status_code == 200


def test_the_desk_stays_open_when_the_response_has_ended(city: Any, at_desk: AtDesk) -> None:
    city.response.__class__.objects.update(ended_at=clock.now())
    assert at_desk("dan").get("/").status_code == 200

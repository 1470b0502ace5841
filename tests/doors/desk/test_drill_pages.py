"""The pages of drills: calling one, following it, answering it by a link and in the inbox, taking it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.rights import INSIDE, OUTSIDE, ROLES, opened, scene_make, undone, verbs_of
from wangge.doors.desk.pages.observe import WRONG
from wangge.duties.drills.links import secret_of
from wangge.duties.drills.models import Drill, DrillTest
from wangge.duties.drills.services import drill_call, drill_end
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.spine.messaging.models import Delivery


@pytest.fixture
def drill(city: Any) -> Drill:
    now = clock.now()
    return drill_call(actor=city.actor("dan", now), area_id=city.area(INSIDE), minutes=30, now=now)


def secret(drill: Drill, name: str) -> str:
    return secret_of(drill.tests.get(person__username=name, channel="inapp").id)


def test_a_drill_is_called_once_however_often_the_button_is_pressed(
    at_desk: Callable[[str], Client], settle: Callable[[datetime], None]
) -> None:
    dan = at_desk("dan")
    page = dan.get("/drills").content.decode()
    assert "还没有做过通联演练" in page and "发起演练" in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    form = {"key": key, "area": INSIDE, "minutes": "30"}
    first, second = dan.post("/drills", form), dan.post("/drills", form)
    assert first.status_code == 302 and first["Location"] == second["Location"]
    assert Drill.objects.count() == 1
    settle(clock.now())
    shown = dan.get(first["Location"]).content.decode()
    assert "进行中" in shown and "Alice" in shown and "尚未应答" in shown and "提前结束" in shown
    again = dan.post("/drills", form | {"key": "another"})
    assert again.status_code == 409 and "正在进行通联演练" in again.content.decode()
    assert "进行中" in dan.get("/drills").content.decode()


@pytest.mark.parametrize("minutes", ["", "x", "4", "1441", "9" * 30])
def test_a_wrong_number_of_minutes_is_told_at_its_field(at_desk: Callable[[str], Client], minutes: str) -> None:
    answer = at_desk("dan").post("/drills", {"key": "k", "area": INSIDE, "minutes": minutes})
    if minutes:
        assert answer.status_code == 422 and "改正标出的一项" in answer.content.decode()
        assert Drill.objects.count() == 0
    else:
        assert answer.status_code == 302
    assert at_desk("dan").post("/drills", {"key": "l", "area": "99", "minutes": "30"}).status_code == 404


def test_opening_a_link_answers_nothing_and_the_button_answers_once(drill: Drill) -> None:
    stranger, address = Client(enforce_csrf_checks=True), f"/r/{secret(drill, 'alice')}"
    for ask in (stranger.get, stranger.head, stranger.options):
        ask(address)
    page = stranger.get(address)
    assert not DrillTest.objects.exclude(answered_at=None).exists()
    text = page.content.decode()
    assert "【演练】" in text and "不是真实任务" in text and "Alice" not in text and "东湖" not in text
    assert page["Referrer-Policy"] == "no-referrer" and page["Cache-Control"] == "no-store"
    assert "script" not in page["Content-Security-Policy"] and "<script" not in text
    assert stranger.post(address)["Location"] == address
    assert "已收到您的应答" in stranger.get(address).content.decode()
    assert stranger.post(address).status_code == 302
    assert Event.objects.filter(type="drill.answered").count() == 1
    assert "[EXERCISE]" in stranger.get(f"/r/{secret(drill, 'bob')}?en").content.decode()


def test_a_link_that_is_over_or_wrong_says_so(city: Any, drill: Drill) -> None:
    drill_end(actor=city.actor("dan"), drill_id=drill.id, now=clock.now())
    client, address = Client(), f"/r/{secret(drill, 'alice')}"
    assert client.post(address).status_code == 409
    assert "已经结束" in client.get(address).content.decode()
    WRONG.forget()
    for _ in range(20):
        assert client.get("/r/" + "x" * 24).status_code == 404
    assert client.get("/r/" + "x" * 24).status_code == 429
    WRONG.forget()


def test_one_click_in_the_inbox_answers(
    drill: Drill, at_desk: Callable[[str], Client], settle: Callable[[datetime], None]
) -> None:
    settle(clock.now())
    alice, bob = at_desk("alice"), at_desk("bob")
    message = Delivery.objects.get(subject_id=drill.id, person__username="alice")
    address = f"/inbox/{message.id}/answer"
    assert address in alice.get("/inbox").content.decode()
    assert bob.post(address).status_code == 404
    assert alice.post(address)["Location"] == "/inbox"
    shown = alice.get("/inbox").content.decode()
    assert address not in shown and "已应答" in shown
    message.refresh_from_db()
    assert message.state == "read"
    assert [one.answered_at is not None for one in drill.tests.filter(person__username__in=["alice", "bob"])].count(
        True
    ) == 1


def test_the_file_says_exercise_in_every_line(drill: Drill, at_desk: Callable[[str], Client]) -> None:
    answer = at_desk("dan").get(f"/exports/drill?drill={drill.id}")
    text = opened(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert answer.status_code == 200 and "Alice" in text and "未应答" not in text and "待发" in text and "演练" in text
    assert at_desk("dan").get("/exports/drill").status_code == 404
    assert at_desk("dan").get("/exports/drill?drill=x").status_code == 422


def test_ending_twice_says_that_it_is_over(drill: Drill, at_desk: Callable[[str], Client]) -> None:
    dan, address = at_desk("dan"), f"/drills/{drill.id}/end"
    assert dan.post(address).status_code == 302
    again = dan.post(address)
    assert again.status_code == 409 and "已经结束" in again.content.decode()
    assert dan.get(f"/drills/{drill.id}?show=failed&page=0").status_code == 200
    assert dan.get(f"/drills/{drill.id}?page=x").status_code == 422


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_each_role_may_what_the_pack_says_and_only_at_home(city: Any, stands: str) -> None:
    scene, now = scene_make(city), clock.now()
    drill = drill_call(actor=city.actor("dan", now), area_id=city.area(INSIDE), minutes=30, now=now)
    faults = []
    for role in ROLES:
        client = Client()
        client.force_login(city.person(scene.people[role, stands]))
        sees, calls, home = "coverage.view" in verbs_of(role), "drill.call" in verbs_of(role), stands == INSIDE
        new = {"key": "k", "area": OUTSIDE, "minutes": "30"}
        for ask, may in (
            (lambda client=client: client.get("/drills"), sees),
            (lambda client=client: client.get(f"/drills/{drill.id}"), sees and home),
            (lambda client=client: client.post(f"/drills/{drill.id}/end"), calls and home),
            (lambda client=client, new=new: client.post("/drills", new), calls and not home),
        ):
            status, _, events = undone(ask)
            if may != (status in (200, 302)) or (not may and (status != 403 or events)):
                faults.append((role, stands, status, may))
    assert faults == []

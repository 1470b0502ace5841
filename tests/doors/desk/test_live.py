"""Live updates: who hears what, nothing missed, slow pages let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import orjson
import pytest

from wangge.doors.desk import live
from wangge.doors.desk.live import Listener, Tailer
from wangge.ground.journal.models import Event
from wangge.ground.journal.readers import head
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor

Report = Callable[..., Any]
# On PostgreSQL a reader looks only below the oldest running transaction, so what it is to see must be committed.
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tail(city: Any) -> Tailer:
    """A tailer that has read everything so far; looked at by hand, without its own thread."""
    tailer = Tailer()
    tailer.position = head()
    return tailer


def listener(tail: Tailer, actor: Actor) -> Listener:
    page = Listener(live.areas_seen(actor))
    tail.listeners.add(page)
    return page


def heard(found: list[tuple[Listener, list[bytes]]], page: Listener) -> list[str]:
    messages = dict(found).get(page, [])
    return [orjson.loads(message.split(b"data: ")[1])["type"] for message in messages]


@committed
def test_a_page_hears_of_its_own_areas_only(tail: Tailer, city: Any, report: Report) -> None:
    now = clock.now()
    pages = {name: listener(tail, city.actor(name, now)) for name in ("alice", "dan", "frank", "olga", "adam")}
    report()
    found = tail._look()
    told = {name: heard(found, page) for name, page in pages.items()}
    assert told == {
        "alice": ["matter.received"],
        "dan": ["matter.received"],
        "frank": ["matter.received"],
        "olga": [],
        "adam": [],
    }
    assert tail._look() == []


def test_a_message_says_what_to_fetch_and_nothing_else(tail: Tailer, report: Report) -> None:
    matter = report(text="三号楼王小明", reporter_phone="13912345678")
    event = Event.objects.get(subject_id=matter.id)
    message = live.message_of(event)
    assert message.startswith(b"id: %d.%d\n" % event.position)
    body = orjson.loads(message.split(b"data: ")[1])
    assert body == {"type": "matter.received", "subject": str(matter.id), "area": str(matter.area_id)}


def test_events_of_other_rooms_are_not_told(city: Any) -> None:
    event = Event(id=1, type="person.signed_in", at=clock.now(), area_id=uuid4())
    assert not live.visible_to(event, (), None)


@committed
def test_a_page_that_comes_back_is_told_what_it_missed(tail: Tailer, city: Any, report: Report) -> None:
    report()
    seen = head()
    wanted = [report().id, report().id]
    report(area="441323001001", who="omar")
    tail._look()
    page = Listener(live.areas_seen(city.actor("dan", clock.now())))
    missed = [orjson.loads(message.split(b"data: ")[1])["subject"] for message in tail._register(page, seen)]
    assert missed == [str(matter) for matter in wanted]
    report()
    assert heard(tail._look(), page) == ["matter.received"], "and goes on from there"


@committed
def test_a_page_far_behind_fetches_itself_anew(
    tail: Tailer, city: Any, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "REPLAY", 2)
    seen = head()
    for _ in range(4):
        report()
    tail._look()
    [answer] = tail._register(Listener(None), seen)
    assert b"event: resync" in answer
    assert answer.startswith(b"id: %d.%d\n" % head())


def test_a_page_too_slow_for_its_queue_is_let_go(tail: Tailer, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Listener(None, asyncio.Queue(2))
    tail.listeners.add(page)
    tail._hand_out(page, [b"1", b"2", b"3"])
    assert page not in tail.listeners
    assert page.waiting.get_nowait() is None, "its stream ends, and the browser resumes where it was"


@pytest.mark.parametrize("text", ["", "x", "1", "1.x", "1.2.3", "1e3.2"])
def test_a_position_that_cannot_be_read_is_none(text: str) -> None:
    assert live.read_position(text) is None


def test_a_position_is_read_back() -> None:
    assert live.read_position("0.42") == (0, 42)
    assert live.read_position(f"{-(2**62)}.0") == (-(2**62), 0)


def test_rights_taken_away_end_the_stream(tail: Tailer, city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0)
    actor = city.actor("dan", clock.now())

    async def opened(areas: Any, after: Any) -> tuple[Listener, list[bytes]]:
        return Listener(areas), [b"missed"]

    async def ask(question: Callable[..., Any], *args: Any) -> Any:
        return question(*args)

    monkeypatch.setattr(tail, "open", opened)
    monkeypatch.setattr(tail, "ask", ask)
    answers = iter([actor, None])

    async def read() -> list[bytes]:
        return [message async for message in live.stream(actor, None, lambda: next(answers), follow=tail)]

    assert asyncio.run(read()) == [b"retry: 2000\n\n", b"missed", live.HEARTBEAT, live.HEARTBEAT]

"""Live updates: who hears what, nothing missed, slow pages let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from tests.duties.observation.clinics import care_make
from wangge.doors.desk import live
from wangge.doors.desk.live import Listener, Tailer
from wangge.duties.observation.services.checks import check_make
from wangge.ground.journal.models import Event
from wangge.ground.journal.readers import head
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import NotFound
from wangge.picture.endings.services import ending_ask
from wangge.spine.messaging.services import mark_read

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
    page = Listener(live.reach_of(actor))
    tail.listeners.add(page)
    return page


def heard(found: list[tuple[Listener, list[bytes]]], page: Listener) -> list[str]:
    messages = [message for message in dict(found).get(page, []) if b"event: happened" in message]
    return [orjson.loads(message.split(b"data: ")[1])["type"] for message in messages]


def desk(tail: Tailer, actor: Actor, query: str = "", spoken: str = "zh-hans") -> Listener:
    """A page that shows a queue."""
    page = Listener(live.reach_of(actor), tail.view_of(actor, query, spoken))
    tail.listeners.add(page)
    return page


def parts(found: list[tuple[Listener, list[bytes]]], page: Listener) -> str:
    [told] = [message for message in dict(found).get(page, []) if b"event: parts" in message]
    html: str = orjson.loads(told.split(b"data: ")[1])
    return html


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


@committed
def test_of_people_only_those_hear_who_may_see_them_and_the_clinic_of_its_own(tail: Tailer, city: Any) -> None:
    care = care_make(city, clock.now() - timedelta(minutes=5))
    nobody = {"verbs": frozenset({"matter.view"}), "area_id": city.area("441302001"), "role": "member"}
    pages = {name: listener(tail, care.actor(name)) for name in ("dan", "hana", "olga", "cleo", "carl")}
    pages["member"] = listener(tail, Actor(uuid4(), "", (Grant(**nobody),)))
    one = care.person()
    referral = care.ask(one)
    check_make(actor=care.actor("alice"), individual_id=one.id, now=care.now, temperature_tenths=365, symptoms=[])
    found = tail._look()
    told = {name: heard(found, page) for name, page in pages.items()}
    assert told["dan"] == told["hana"] == ["individual.registered", "plan.started", "referral.asked", "check.made"]
    assert told["cleo"] == ["referral.asked"], "who is sent there, from wherever"
    assert told["olga"] == told["carl"] == told["member"] == []
    [event] = Event.objects.filter(type="referral.asked")
    body = orjson.loads(live.message_of(event).split(b"data: ")[1])
    assert (body["subject"], body["about"]) == (str(referral.id), [str(one.id)])


@committed
def test_of_an_ending_those_hear_who_decide_on_it(tail: Tailer, city: Any) -> None:
    now, whole = clock.now(), city.area("4413")
    frank, olga = listener(tail, city.actor("frank", now)), listener(tail, city.actor("olga", now))
    verbs = frozenset({"response.declare"})
    gu = Actor(city.people["frank"], "gu", (Grant(verbs, whole, "command"),))
    wei = listener(tail, Actor(uuid4(), "wei", (Grant(verbs, whole, "command"),)))
    ending_ask(actor=gu, response_id=city.response_id, basis="省指挥部关于终止应急响应的决定", now=now)
    found = tail._look()
    assert [heard(found, page) for page in (wei, frank, olga)] == [["ending.asked"], [], []]


def test_a_message_says_what_to_fetch_and_nothing_else(tail: Tailer, report: Report) -> None:
    matter = report(text="三号楼王小明", reporter_phone="13912345678")
    event = Event.objects.get(subject_id=matter.id)
    message = live.message_of(event)
    assert message.startswith(b"id: %d.%d\n" % event.position)
    body = orjson.loads(message.split(b"data: ")[1])
    assert body == {"type": "matter.received", "subject": str(matter.id), "area": str(matter.area_id), "about": []}


def test_events_of_other_rooms_are_not_told(city: Any) -> None:
    event = Event(id=1, type="person.signed_in", at=clock.now(), area_id=uuid4())
    assert not live.visible_to(event, (), live.Reach(None, None))


@committed
def test_a_page_that_comes_back_is_told_what_it_missed(tail: Tailer, city: Any, report: Report) -> None:
    report()
    seen = head()
    wanted = [report().id, report().id]
    report(area="441323001001", who="omar")
    tail._look()
    page = Listener(live.reach_of(city.actor("dan", clock.now())))
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
    [answer] = tail._register(Listener(live.Reach(None, None)), seen)
    assert b"event: resync" in answer
    assert answer.startswith(b"id: %d.%d\n" % head())


def test_a_page_too_slow_for_its_queue_is_let_go(tail: Tailer, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Listener(live.Reach(None, None), waiting=asyncio.Queue(2))
    tail.listeners.add(page)
    for message in (b"1", b"2", b"3"):
        tail._hand_out(page, [message])
    assert page not in tail.listeners
    assert page.waiting.get_nowait() is None, "its stream ends, and the browser resumes where it was"


@committed
def test_a_queue_is_told_its_parts_whole_and_then_what_has_changed(tail: Tailer, city: Any, report: Report) -> None:
    now = clock.now()
    dan, dora, olga = (desk(tail, city.actor(name, now)) for name in ("dan", "dora", "olga"))
    assert dan.view is dora.view, "who sees the same is told the same, drawn once"
    first = report()
    found = tail._look()
    assert parts(found, dan) == parts(found, dora)
    assert f'id="m-{first.id}" href' in parts(found, dan)
    assert olga not in dict(found)
    second = report(area="441302001003")
    found = tail._look()
    assert f'<a id="m-{first.id}" data-same></a>' in parts(found, dan)
    assert f'id="m-{second.id}" href' in parts(found, dan)
    late = desk(tail, city.actor("dan", now))
    report()
    assert f'id="m-{first.id}" href' in parts(tail._look(), late), "a page that is new knows no rows"


def test_a_queue_is_shared_only_by_those_who_may_see_the_same_matters(tail: Tailer, city: Any) -> None:
    now, village = clock.now(), city.area("441302001001")
    alice, bob, dan = (tail.view_of(city.actor(name, now), "", "en") for name in ("alice", "bob", "dan"))
    assert alice is bob
    assert alice is not dan
    nurse = Actor(uuid4(), "", (Grant(frozenset({"person.view"}), village, "nurse"),))
    assert live.reach_of(nurse).people == live.reach_of(city.actor("alice", now)).people
    assert tail.view_of(nurse, "", "en") is not alice


@committed
def test_a_queue_is_told_as_it_is_narrowed_and_in_its_language(tail: Tailer, city: Any, report: Report) -> None:
    actor = city.actor("erin", clock.now())
    narrow, english = desk(tail, actor, "kind=gathering"), desk(tail, actor, "", "en")
    report()
    found = tail._look()
    assert "没有符合条件的事项" in parts(found, narrow)
    assert "Severity" in parts(found, english)
    gone = desk(tail, actor, "area=441302999")
    report()
    assert dict(tail._look())[gone][-1] == live.RESYNC, "an area that is no more"


@committed
def test_a_queue_that_missed_something_while_it_loaded_is_told(tail: Tailer, city: Any, report: Report) -> None:
    seen, actor = head(), city.actor("dan", clock.now())
    matter = report()
    tail._look()
    page = Listener(live.reach_of(actor), tail.view_of(actor, "", "zh-hans"))
    tail._register(page, seen)
    assert f'id="m-{matter.id}" href' in parts(tail._look(), page)
    assert tail._look() == []


@committed
def test_what_could_not_be_drawn_is_told_whole_later(
    tail: Tailer, city: Any, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = desk(tail, city.actor("dan", clock.now()))
    first = report()
    tail._look()
    with monkeypatch.context() as broken:
        broken.setattr(live.View, "look", lambda self, pack, board, whole: 1 / 0)
        second = report()
        with pytest.raises(ZeroDivisionError):
            tail._look()
    found = tail._look()
    assert heard(found, page) == ["matter.received"]
    assert all(f'id="m-{matter.id}" href' in parts(found, page) for matter in (first, second))


@committed
def test_what_happened_while_no_response_ran_is_shown_by_the_next_change(
    tail: Tailer, city: Any, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = desk(tail, city.actor("dan", clock.now()))
    report()
    tail._look()
    with monkeypatch.context() as ended:
        ended.setattr(live, "pack_of", lambda response: raised(NotFound(what="响应")))
        missed = report()
        assert dict(tail._look())[page][-1] == live.RESYNC
    report()
    assert f'id="m-{missed.id}"' in parts(tail._look(), page)


def raised(problem: Exception) -> Any:
    raise problem


@committed
def test_every_page_is_told_how_many_messages_wait_unread_when_that_changes(
    tail: Tailer, city: Any, report: Report, settle: Any
) -> None:
    now = clock.now()
    alice, dan = (
        Listener(live.Reach(), reader=city.person(name).id, spoken=word)
        for name, word in (("alice", "en"), ("dan", "zh-hans"))
    )
    tail.listeners.update({alice, dan, Listener(live.Reach())})
    assert {page for page, _ in tail._count()} == {alice, dan}
    assert tail._count() == []
    report()
    settle(now)
    [(page, told)] = tail._count()
    assert page is alice and told.startswith(b"event: unread\n")
    assert "<b>1<span" in orjson.loads(told.split(b"data: ")[1]) and "unread</span>" in orjson.loads(
        told.split(b"data: ")[1]
    )
    mark_read(actor=city.actor("alice", now), delivery_ids=None, now=now)
    assert [page for page, _ in tail._count()] == [alice]


@pytest.mark.parametrize("text", ["", "x", "1", "1.x", "1.2.3", "1e3.2"])
def test_a_position_that_cannot_be_read_is_none(text: str) -> None:
    assert live.read_position(text) is None


def test_a_position_is_read_back() -> None:
    assert live.read_position("0.42") == (0, 42)
    assert live.read_position(f"{-(2**62)}.0") == (-(2**62), 0)


@pytest.mark.parametrize("then", [None, "olga"])
def test_rights_that_change_end_the_stream(
    tail: Tailer, city: Any, monkeypatch: pytest.MonkeyPatch, then: str | None
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0)
    actor = city.actor("dan", clock.now())

    async def opened(actor: Actor, after: Any, spoken: str, queue: Any) -> tuple[Listener, list[bytes]]:
        return Listener(live.reach_of(actor)), [b"missed"]

    async def ask(question: Callable[..., Any], *args: Any) -> Any:
        return question(*args)

    monkeypatch.setattr(tail, "open", opened)
    monkeypatch.setattr(tail, "ask", ask)
    answers = iter([actor, city.actor(then, clock.now()) if then else None])

    async def read() -> list[bytes]:
        return [message async for message in live.stream(actor, None, lambda: next(answers), follow=tail)]

    assert asyncio.run(read()) == [b"retry: 2000\n\n", b"missed", live.HEARTBEAT, live.HEARTBEAT]

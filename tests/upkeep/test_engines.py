"""An engine says that it lives, and does the hour's housekeeping; the doctor tells a dead one from one at rest."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from tests.conftest import City
from wangge import engine
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.ground.accounts.models import AnsweredCall, Person
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.upkeep import doctor
from wangge.upkeep.archive import tables
from wangge.upkeep.engines import KEPT, SAID_EVERY, SILENT_FOR, SignOfLife, engines
from wangge.upkeep.housekeeping import Housekeeping
from wangge.upkeep.models import EngineLife

SECOND = timedelta(seconds=1)


def lines(at: datetime) -> list[str]:
    return [finding.line("zh") for finding in doctor.examine(at)]


def test_an_engine_at_work_is_seen(city: City, now: datetime) -> None:
    life = SignOfLife()
    life.show(now)
    life.show(now + SAID_EVERY)
    [alive] = engines(now + SAID_EVERY + SILENT_FOR).alive
    assert alive.seen_at == now + SAID_EVERY
    assert any(line.startswith("✓ 有 1 个引擎在运行") for line in lines(now + SAID_EVERY))


def test_a_dead_engine_is_said_plainly_and_a_stopped_one_is_none(city: City, now: datetime) -> None:
    dead = SignOfLife()
    dead.show(now)
    later = now + SILENT_FOR + SECOND
    [said] = [line for line in lines(later) if "已死或卡住" in line and line.startswith("✗")]
    assert "wangge engine" in said
    assert dead.life is not None and str(dead.life.pid) in said
    dead.end(later)
    assert not [line for line in lines(later) if "已死或卡住" in line]
    assert [line for line in lines(later) if "正常停止" in line and line.startswith("✓")]


def test_a_dead_engine_beside_one_at_work_is_still_named(city: City, now: datetime) -> None:
    EngineLife.objects.create(host="elsewhere", pid=7, began_at=now, seen_at=now)
    later = now + timedelta(minutes=5)
    SignOfLife().show(later)
    assert any("elsewhere" in line and "已死或卡住。" in line for line in lines(later))
    SignOfLife().show(now + KEPT + timedelta(days=1))
    assert not EngineLife.objects.filter(host="elsewhere").exists()


def test_a_successor_takes_the_place_of_a_dead_engine_on_the_same_machine(city: City, now: datetime) -> None:
    SignOfLife().show(now)
    later = now + timedelta(minutes=5)
    SignOfLife().show(later)
    found = engines(later)
    assert (len(found.alive), found.silent) == (1, [])


def test_two_engines_on_one_machine_leave_each_other_alone(city: City, now: datetime) -> None:
    first, second = SignOfLife(), SignOfLife()
    for life in (first, second):
        life.show(now)
    assert len(engines(now).alive) == 2
    second.end(now + SECOND)
    assert [life.id for life in engines(now + SECOND).alive] == [first.life.id if first.life else None]


def test_time_of_a_demonstration_does_not_bury_a_living_engine(city: City, now: datetime, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    SignOfLife().show(now)
    moved = timedelta(days=-9)
    monkeypatch.setattr(clock, "offset", lambda: moved)
    assert len(engines(now + moved).alive) == 1


def test_a_running_engine_shows_itself_and_ends_as_asked(city: City, now: datetime, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    stop = threading.Event()
    alive: list[int] = []

    def after_two_rounds(at: datetime) -> int:
        alive.append(len(engines(at).alive))
        if len(alive) == 2:
            stop.set()
        return 1

    monkeypatch.setattr(engine, "tick", after_two_rounds)
    monkeypatch.setattr(clock, "now", lambda: now)
    engine.run(stop)
    assert alive == [0, 1]
    [ended] = EngineLife.objects.all()
    assert ended.ended_at == now


def test_which_engines_ran_is_no_part_of_a_backup() -> None:
    assert EngineLife not in tables()
    assert Person in tables()


def test_clocks_that_nobody_watches_are_a_finding(city: City, now: datetime) -> None:
    draft = ReportDraft(kind="gathering", area_id=city.area("441302001001"), source="phone", text="广场有人聚餐")
    due = matter_receive(actor=city.actor("dan"), response_id=city.response_id, draft=draft, now=now).due_at
    assert due is not None
    for at, mark in ((now + SECOND, "✓ 到期的时限都已处理"), (due + timedelta(minutes=3), "✗ 有时限已到")):
        assert any(line.startswith(mark) for line in lines(at))


@pytest.fixture
def keeper() -> Actor:
    return engine.ENGINE


def test_housekeeping_is_done_once_an_hour_in_small_parts(city: City, now: datetime, keeper: Actor) -> None:
    Person.objects.filter(id=city.people["carol"]).update(leaves_at=now)
    call = {"person_id": city.people["hana"], "body_hash": "", "status": 201, "answer": {}, "at": now}
    AnsweredCall.objects.bulk_create([AnsweredCall(key=str(number), **call) for number in range(1001)])
    for key, expires in (("over", clock.now() - SECOND), ("open", clock.now() + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expires)
    housekeeping, later = Housekeeping(keeper), now + timedelta(days=8)
    steps = 0
    while housekeeping.step(later):
        steps += 1
        assert steps < 20
    # Partitions, the one who leaves and nobody else, sessions, two parts of answers, screenings, lost files.
    assert steps == 8
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
    assert not AnsweredCall.objects.exists()
    assert not Person.objects.get(id=city.people["carol"]).is_active
    AnsweredCall.objects.create(key="late", **call)
    assert housekeeping.step(later + timedelta(minutes=1)) == 0
    assert housekeeping.step(later + timedelta(hours=1)) == 1

"""What could not follow is tried again, ever more slowly, and never given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.ground.journal.conftest import Write
from wangge.ground.journal import stuck


def test_waits_double_up_to_an_hour_and_never_end(write: Write, now: datetime) -> None:
    [event] = write(1)
    stuck.keep("flows", "tell_somebody", event, now)
    waits = []
    for _ in range(100):
        assert stuck.due("flows", now) == []
        asked = now
        while not (items := stuck.due("flows", now)):
            now += timedelta(minutes=1)
        waits.append(int((now - asked).total_seconds() // 60))
        stuck.tried(items[0], done=False, now=now)
    assert waits[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert set(waits[7:]) == {60}
    assert stuck.waiting() == 1


def test_keeping_twice_is_keeping_once_and_what_is_done_is_forgotten(write: Write, now: datetime) -> None:
    first, second = write(2)
    for _ in range(2):
        stuck.keep("flows", "tell_somebody", first, now)
        stuck.keep("flows", "tell_somebody", second, now)
        stuck.keep("flows", "tell_another", second, now)
    later = now + timedelta(minutes=1)
    items = stuck.due("flows", later)
    assert [(item.follow, item.event.id, item.attempts) for item in items] == [
        ("tell_somebody", first.id, 1),
        ("tell_somebody", second.id, 1),
        ("tell_another", second.id, 1),
    ]
    stuck.tried(items[0], done=True, now=later)
    assert stuck.waiting() == 2
    assert stuck.due("figures", later) == []


def test_two_who_try_at_once_put_off_once(write: Write, now: datetime) -> None:
    [event] = write(1)
    stuck.keep("flows", "tell_somebody", event, now)
    later = now + timedelta(minutes=1)
    [mine], [theirs] = stuck.due("flows", later), stuck.due("flows", later)
    stuck.tried(mine, done=False, now=later)
    stuck.tried(theirs, done=True, now=later)  # done by the other meanwhile: nothing is tried for ever
    remaining = stuck.due("flows", later + timedelta(hours=1))
    assert remaining == []

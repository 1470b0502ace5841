"""Readers meet every event once, in order, whoever commits late and whoever crashes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ground.journal.conftest import Write
from wangge.ground.journal.models import Cursor, Event
from wangge.ground.journal.readers import START, Reader, advance, events_after, head, position_of

Connect = Callable[[], BaseDatabaseWrapper]
INSERT = "INSERT INTO journal_event (type, at, exercise, data) VALUES ('test.raw', now(), false, '{}') RETURNING id"


class Seen:
    """A reader that remembers the ids it was given."""

    def __init__(self, name: str = "seen", batch: int = 1000) -> None:
        self.ids: list[int] = []
        self.reader = Reader(name, self.handle, batch)

    def handle(self, events: list[Event], now: datetime) -> None:
        self.ids.extend(event.id for event in events)


def begun(connect: Connect) -> BaseDatabaseWrapper:
    """A connection in a transaction that has written one event."""
    one = connect()
    one.set_autocommit(False)
    return one


def insert(one: BaseDatabaseWrapper) -> int:
    with one.cursor() as cursor:
        cursor.execute(INSERT)
        return int(cursor.fetchone()[0])


def test_events_are_handed_over_once_in_order_and_in_batches(write: Write, now: datetime) -> None:
    seen = Seen(batch=4)
    assert advance(seen.reader, now=now) == 0
    written = [event.id for event in write(10)]
    assert [advance(seen.reader, now=now) for _ in range(4)] == [4, 4, 2, 0]
    assert seen.ids == written
    assert position_of("seen") == head() == Event.objects.get(id=written[-1]).position
    more = [event.id for event in write(3)]
    assert advance(seen.reader, now=now) == 3
    assert seen.ids == written + more


def test_two_readers_of_different_names_each_see_everything(write: Write, now: datetime) -> None:
    one, two = Seen("one"), Seen("two")
    write(3)
    advance(one.reader, now=now)
    write(2)
    advance(one.reader, now=now)
    advance(two.reader, now=now)
    assert one.ids == two.ids
    assert len(one.ids) == 5


def test_a_reader_that_has_not_begun_stands_at_the_start(write: Write, now: datetime) -> None:
    assert position_of("nobody") == head() == START
    assert events_after(START, 10) == []
    [event] = write(1)
    assert [found.id for found in events_after(START, 10)] == [event.id]


def test_a_crash_in_the_handler_leaves_cursor_and_effects_untouched(write: Write, now: datetime) -> None:
    write(3)

    def crash(events: list[Event], now: datetime) -> None:
        Cursor.objects.create(reader="an effect of the handler")
        raise RuntimeError("crashed")

    with pytest.raises(RuntimeError, match="crashed"):
        advance(Reader("seen", crash), now=now)
    assert position_of("seen") == START
    assert not Cursor.objects.exists()
    seen = Seen()
    assert advance(seen.reader, now=now) == 3


def test_who_took_an_id_first_and_commits_last_is_not_skipped(another: Connect, now: datetime) -> None:
    slow, fast, seen = begun(another), begun(another), Seen()
    first, second = insert(slow), insert(fast)
    assert first < second
    fast.commit()
    assert advance(seen.reader, now=now) == 0  # the second is not settled while the first may still come
    assert head() == START
    slow.commit()
    advance(seen.reader, now=now)
    assert seen.ids == [first, second]


def test_a_transaction_rolled_back_holds_nobody_up_for_ever(another: Connect, now: datetime) -> None:
    slow, fast, seen = begun(another), begun(another), Seen()
    insert(slow)
    kept = insert(fast)
    fast.commit()
    slow.rollback()
    advance(seen.reader, now=now)
    assert seen.ids == [kept]


def test_the_order_is_that_of_transactions_not_of_ids(another: Connect, now: datetime) -> None:
    """The later transaction takes ids between those of the earlier one; each stays together."""
    early, late, seen = begun(another), begun(another), Seen()
    one, two, three = insert(early), insert(late), insert(early)
    late.commit()
    early.commit()
    advance(seen.reader, now=now)
    assert seen.ids == [one, three, two]


steps = st.lists(
    st.tuples(st.sampled_from(["write", "write", "commit", "rollback", "read"]), st.integers(0, 3)), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_no_interleaving_of_writers_makes_a_reader_skip_or_repeat(
    another: Connect, now: datetime, steps: list[tuple[str, int]]
) -> None:
    writers = [begun(another) for _ in range(4)]
    open_: list[list[int]] = [[] for _ in writers]
    kept: set[int] = set()
    seen = Seen(batch=3)
    Cursor.objects.update_or_create(reader="seen", defaults=dict(zip(("tx", "event_id"), head(), strict=True)))
    for what, who in [*steps, *(("commit", who) for who in range(4))]:
        if what == "write":
            open_[who].append(insert(writers[who]))
        elif what == "read":
            advance(seen.reader, now=now)
            assert set(seen.ids) <= kept
        else:
            getattr(writers[who], what)()
            kept.update(open_[who] if what == "commit" else ())
            open_[who].clear()
    for writer in writers:
        writer.close()
    while advance(seen.reader, now=now):
        pass
    assert sorted(seen.ids) == sorted(kept)
    assert seen.ids == list(Event.objects.filter(id__in=kept).order_by("tx", "id").values_list("id", flat=True))


def test_of_two_engines_one_reads_and_the_other_goes_on(another: Connect, write: Write, now: datetime) -> None:
    write(5)
    inside, leave = threading.Event(), threading.Event()
    read: list[int] = []

    def wait(events: list[Event], now: datetime) -> None:
        inside.set()
        leave.wait(20)

    def first() -> None:
        read.append(advance(Reader("seen", wait), now=now))
        connection.close()

    another()  # PostgreSQL only: SQLite lets one transaction write at a time
    Cursor.objects.create(reader="seen")
    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(20)
    seen = Seen()
    assert advance(seen.reader, now=now) == 0
    leave.set()
    thread.join()
    assert read == [5]
    assert advance(seen.reader, now=now) == 0
    assert seen.ids == []


def test_two_engines_that_begin_a_reader_at_once_share_its_work(another: Connect, write: Write, now: datetime) -> None:
    another()
    write(200)
    seen = Seen(batch=10)
    ready = threading.Barrier(3)
    errors: list[Any] = []

    def engine() -> None:
        try:
            ready.wait()
            for _ in range(200):
                advance(seen.reader, now=now)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=engine) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(seen.ids) == len(set(seen.ids)) == 200
    assert seen.ids == sorted(seen.ids)

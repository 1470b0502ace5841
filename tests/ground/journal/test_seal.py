"""The seal finds what was done to the journal behind its back, and names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ground.journal.conftest import Write, lowered_guard
from wangge.ground.journal import seal
from wangge.ground.journal.models import Cursor, Event, Seal
from wangge.ground.journal.readers import Reader, advance

Tampering = Callable[[], AbstractContextManager[None]]
SMALL = Reader("seal", seal.seal_block, batch=4)


@pytest.fixture
def sealed(write: Write, now: datetime) -> list[Event]:
    """Ten events in three blocks."""
    written = write(10)
    while advance(SMALL, now=now):
        pass
    return written


def copy_of(event: Event, **changed: object) -> Event:
    fields = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
    return Event(**{**fields, **changed})


def test_an_untouched_journal_is_whole_sealed_or_not(sealed: list[Event], write: Write, now: datetime) -> None:
    verdict = seal.verify()
    assert verdict.ok
    assert (verdict.events, verdict.blocks, verdict.unsealed) == (10, 3, 0)
    assert (3, verdict.head) == seal.head_of_chain()
    write(7)
    later = seal.verify()
    assert later.ok
    assert (later.events, later.unsealed, later.head) == (17, 7, verdict.head)
    while advance(SMALL, now=now):
        pass
    assert seal.verify().unsealed == 0


def test_a_journal_that_was_never_sealed_is_all_tail(write: Write) -> None:
    assert seal.verify().ok
    write(3)
    verdict = seal.verify()
    assert verdict.ok and verdict.unsealed == 3 and verdict.head == "0" * 64
    assert seal.head_of_chain() == (0, "0" * 64)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "test.other"},
        {"at": datetime.fromisoformat("2020-02-03T09:00:00.000001+08:00")},
        {"observed_at": datetime.fromisoformat("2020-02-03T08:00:00+08:00")},
        {"actor_id": UUID(int=1)},
        {"area_id": UUID(int=1)},
        {"subject_id": UUID(int=1)},
        {"response_id": UUID(int=1)},
        {"exercise": True},
        {"data": {"number": 6}},
        {"data": {}},
    ],
    ids=str,
)
def test_an_altered_event_is_named(sealed: list[Event], tampering: Tampering, change: dict[str, object]) -> None:
    with tampering():
        Event.objects.filter(id=sealed[5].id).update(**change)
    verdict = seal.verify()
    assert not verdict.ok
    assert (verdict.altered, verdict.removed, verdict.inserted) == ([sealed[5].id], [], [])


def test_removed_events_are_named(sealed: list[Event], tampering: Tampering) -> None:
    gone = [sealed[0].id, sealed[4].id, sealed[9].id]
    with tampering():
        Event.objects.filter(id__in=gone).delete()
    verdict = seal.verify()
    assert (verdict.altered, verdict.removed, verdict.inserted) == ([], gone, [])
    assert verdict.events == 7


def test_an_inserted_event_is_named(sealed: list[Event], tampering: Tampering, write: Write) -> None:
    tail = write(1)
    false = copy_of(sealed[3], id=sealed[3].id * 1000, tx=sealed[3].tx - 1)
    false.save(force_insert=True)
    verdict = seal.verify()
    assert (verdict.altered, verdict.removed, verdict.inserted) == ([], [], [false.id])
    assert verdict.unsealed == len(tail)


def test_an_event_moved_to_another_place_is_named(sealed: list[Event], tampering: Tampering) -> None:
    moved = sealed[8].id
    with tampering():
        Event.objects.filter(id=moved).update(tx=sealed[8].tx - 1)
    verdict = seal.verify()
    assert (verdict.removed, verdict.inserted) == ([moved], [moved])


def test_two_events_that_changed_places_are_both_named(sealed: list[Event], tampering: Tampering) -> None:
    one, two = sealed[1], sealed[6]
    with tampering():
        Event.objects.filter(id=one.id).update(data=two.data)
        Event.objects.filter(id=two.id).update(data=one.data)
    assert seal.verify().altered == [one.id, two.id]


def test_a_block_rewritten_to_fit_an_altered_event_breaks_the_chain(sealed: list[Event], tampering: Tampering) -> None:
    with tampering():
        Event.objects.filter(id=sealed[0].id).update(exercise=True)
    first = Seal.objects.get(number=1)
    Seal.objects.filter(number=1).update(
        digests=seal.entry(Event.objects.get(id=sealed[0].id)) + bytes(first.digests)[seal.ENTRY :]
    )
    verdict = seal.verify()
    assert verdict.altered == []
    assert verdict.broken_blocks == [1]
    # Who rewrites the link as well breaks the next one, and who rewrites all of them changes the head.
    Seal.objects.filter(number=1).update(chain=seal.chained(seal.GENESIS, bytes(Seal.objects.get(number=1).digests)))
    assert seal.verify().broken_blocks == [2]


@pytest.mark.parametrize(("gone", "named"), [([1], [2]), ([2], [3]), ([3], [3]), ([1, 2, 3], [1])])
def test_blocks_cut_out_of_the_chain_are_missed(sealed: list[Event], gone: list[int], named: list[int]) -> None:
    Seal.objects.filter(number__in=gone).delete()
    verdict = seal.verify()
    assert not verdict.ok
    assert verdict.broken_blocks == named


def test_a_block_that_claims_another_end_is_found(sealed: list[Event]) -> None:
    Seal.objects.filter(number=2).update(last_event_id=sealed[5].id)
    assert not seal.verify().ok
    Seal.objects.filter(number=2).update(last_event_id=sealed[7].id, count=5)
    assert seal.verify().broken_blocks == [2]


def test_verifying_reads_the_journal_once_however_many_blocks(write: Write, now: datetime) -> None:
    one_by_one = Reader("seal", seal.seal_block, batch=1)
    write(40)
    while advance(one_by_one, now=now):
        pass
    with CaptureQueriesContext(connection) as queries:
        assert seal.verify().blocks == 40
    assert sum("journal_event" in query["sql"] for query in queries) <= 3


@pytest.fixture
def many(write: Write, now: datetime) -> Iterator[list[Event]]:
    written = write(30, observed_at=now - timedelta(minutes=5))
    while advance(SMALL, now=now):
        pass
    yield written


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(0, 29)), st.sets(st.integers(0, 29)), st.booleans())
def test_whatever_is_altered_and_removed_is_named_exactly(
    many: list[Event], altered: set[int], removed: set[int], inserted: bool
) -> None:
    altered -= removed
    false = copy_of(many[0], id=many[-1].id + 1000, tx=many[0].tx - 1)
    with lowered_guard():
        Event.objects.filter(id__in=[many[place].id for place in altered]).update(exercise=True)
        Event.objects.filter(id__in=[many[place].id for place in removed]).delete()
        if inserted:
            false.save(force_insert=True)
    verdict = seal.verify()
    with lowered_guard():
        Event.objects.all().delete()
        Event.objects.bulk_create(copy_of(event) for event in many)
    assert verdict.altered == sorted(many[place].id for place in altered)
    assert verdict.removed == sorted(many[place].id for place in removed)
    assert verdict.inserted == ([false.id] if inserted else [])
    assert seal.verify().ok


def test_a_cursor_set_back_seals_nothing_twice_unseen(sealed: list[Event], now: datetime) -> None:
    Cursor.objects.filter(reader="seal").update(tx=sealed[0].tx, event_id=sealed[0].id)
    while advance(SMALL, now=now):
        pass
    assert not seal.verify().ok

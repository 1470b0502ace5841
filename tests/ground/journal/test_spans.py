"""Readers that ask the database themselves get stretches of the journal that leave nothing out and overlap nowhere."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection

from tests.ground.journal.conftest import Write
from wangge.ground.journal.models import Event
from wangge.ground.journal.readers import START, Span, SpanReader, advance, position_of, span_after


class Stretches:
    """A reader that remembers the ids in the stretches it was given."""

    def __init__(self, batch: int) -> None:
        self.ids: list[list[int]] = []
        self.reader = SpanReader("stretches", self.handle, batch)

    def handle(self, span: Span, now: datetime) -> None:
        where, values = span.condition()
        found = Event.objects.extra(where=[where], params=values).order_by("tx", "id")  # noqa: S610 - see there
        self.ids.append(list(found.values_list("id", flat=True)))
        assert len(self.ids[-1]) == span.events


def test_the_journal_is_handed_over_in_stretches_of_a_batch_at_most(write: Write, now: datetime) -> None:
    stretches = Stretches(batch=4)
    assert advance(stretches.reader, now=now) == 0
    written = [event.id for event in write(10)]
    assert [advance(stretches.reader, now=now) for _ in range(4)] == [4, 4, 2, 0]
    assert [len(ids) for ids in stretches.ids] == [4, 4, 2]
    assert [one for ids in stretches.ids for one in ids] == written
    assert position_of("stretches") == Event.objects.get(id=written[-1]).position


def test_what_came_from_elsewhere_is_read_before_what_was_written_here(write: Write, now: datetime) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a restored journal keeps its transactions' numbers on SQLite only")
    here = [event.id for event in write(3)]
    Event.objects.bulk_create(Event(type="test.raw", at=now, tx=tx) for tx in (-7, -7, -5))
    brought = list(Event.objects.filter(tx__lt=0).order_by("tx", "id").values_list("id", flat=True))
    stretches = Stretches(batch=10)
    while advance(stretches.reader, now=now):
        pass
    assert [one for ids in stretches.ids for one in ids] == brought + here


def test_a_crash_leaves_the_reader_where_it_stood(write: Write, now: datetime) -> None:
    write(3)

    def crash(span: Span, now: datetime) -> None:
        raise RuntimeError("crashed")

    with pytest.raises(RuntimeError, match="crashed"):
        advance(SpanReader("stretches", crash, 2), now=now)
    assert position_of("stretches") == START
    assert span_after(START, 2) is not None


def test_after_the_newest_event_there_is_no_stretch(write: Write, now: datetime) -> None:
    assert span_after(START, 10) is None
    [event] = write(1)
    assert span_after(event.position, 10) is None

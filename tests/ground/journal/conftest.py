"""A type of event for tests, and the journal with its guard lowered, as somebody would who tampers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from wangge.ground.journal import append_only, services
from wangge.ground.journal.events import CATALOGUE, event_type
from wangge.ground.journal.models import Cursor, Event, Seal, StuckEvent

Write = Callable[..., list[Event]]


@pytest.fixture
def happened() -> Iterator[str]:
    """The name of a type declared for one test."""
    name = event_type("test.happened", "试验", "number", "note")
    yield name
    del CATALOGUE[name]


@pytest.fixture
def empty_journal(transactional_db: None) -> None:
    """The journal before anything happened; the city of the other tests wrote in it too."""
    with lowered_guard():
        for model in (Event, Cursor, Seal, StuckEvent):
            model.objects.all().delete()


@pytest.fixture
def write(empty_journal: None, happened: str, now: datetime) -> Write:
    """Write so many events in one transaction; the events as the journal has them."""

    def written(count: int, **fields: Any) -> list[Event]:
        with transaction.atomic():
            before = set(Event.objects.values_list("id", flat=True))
            services.record_many(
                services.draft(happened, **{"at": now, "number": number, **fields}) for number in range(count)
            )
            return list(Event.objects.exclude(id__in=before).order_by("id"))

    return written


@contextmanager
def lowered_guard() -> Iterator[None]:
    append_only.lower(connection)
    try:
        yield
    finally:
        append_only.raise_(connection)


@pytest.fixture
def tampering() -> Callable[[], AbstractContextManager[None]]:
    """The journal without its guard, for as long as the block lasts."""
    return lowered_guard


@pytest.fixture
def another(empty_journal: None) -> Iterator[Callable[[], BaseDatabaseWrapper]]:
    """Further connections to PostgreSQL; on SQLite, where one writes at a time, such a test says nothing."""
    if connection.vendor != "postgresql":
        pytest.skip("several writers at once exist on PostgreSQL only")
    opened: list[BaseDatabaseWrapper] = []

    def connect() -> BaseDatabaseWrapper:
        opened.append(connections.create_connection("default"))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()

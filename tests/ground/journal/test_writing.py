"""What is written stands in the transaction of its change, says only what is declared, and stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.ground.journal.conftest import Write
from wangge.ground.journal import services
from wangge.ground.journal.events import CATALOGUE, event_type
from wangge.ground.journal.models import Event
from wangge.ground.journal.partitions import partitions_ensure


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction(happened: str, now: datetime) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        services.record(happened, at=now)
    assert not Event.objects.filter(type=happened).exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_with_the_change_that_is_rolled_back(happened: str, now: datetime) -> None:
    with transaction.atomic():
        services.record(happened, at=now)
        transaction.set_rollback(True)
    assert not Event.objects.filter(type=happened).exists()


def test_data_that_nobody_declared_is_refused(happened: str, now: datetime) -> None:
    with pytest.raises(ValueError, match="name"):
        services.draft(happened, at=now, number=1, name="王小明")
    with pytest.raises(KeyError):
        services.draft("never.declared", at=now)


def test_a_type_is_declared_once_and_claims_no_name_of_a_column(happened: str) -> None:
    with pytest.raises(ValueError, match="twice"):
        event_type(happened, "试验")
    for key in ("exercise", "at", "area_id", "type"):
        with pytest.raises(ValueError, match=key):
            event_type("test.badly_declared", "试验", key)
    assert "test.badly_declared" not in CATALOGUE


@pytest.mark.django_db
def test_everything_said_of_an_event_is_kept(happened: str, now: datetime) -> None:
    ids = [UUID(int=number) for number in range(1, 5)]
    with transaction.atomic():
        services.record(
            happened,
            at=now,
            actor_id=ids[0],
            area_id=ids[1],
            subject_id=ids[2],
            response_id=ids[3],
            exercise=True,
            observed_at=now - timedelta(hours=3),
            number=7,
            note="上报",
        )
    event = Event.objects.get(type=happened)
    assert (event.actor_id, event.area_id, event.subject_id, event.response_id) == tuple(ids)
    assert (event.at, event.observed_at) == (now, now - timedelta(hours=3))
    assert event.exercise and event.data == {"number": 7, "note": "上报"}


REWRITING = [
    "UPDATE journal_event SET type = 'test.other'",
    "DELETE FROM journal_event",
]
ON_POSTGRES = [
    "TRUNCATE journal_event",
    "TRUNCATE journal_event_2020_02",
    "TRUNCATE journal_event_rest",
    "DELETE FROM journal_event_2020_02",
    "UPDATE journal_event_2020_02 SET at = at",
    "INSERT INTO journal_event (tx, id, type, at, exercise, data) SELECT tx, id, 'test.other', at, exercise, data "
    "FROM journal_event ON CONFLICT (tx, id, at) DO UPDATE SET type = 'test.other'",
]
ON_SQLITE = [
    "REPLACE INTO journal_event SELECT id, tx, 'test.other', at, observed_at, actor_id, area_id, subject_id, "
    "response_id, exercise, data FROM journal_event",
    "UPDATE OR REPLACE journal_event SET id = 1",
]


@pytest.mark.parametrize("statement", [*REWRITING, *ON_POSTGRES, *ON_SQLITE])
def test_the_database_itself_refuses_to_rewrite_the_journal(write: Write, now: datetime, statement: str) -> None:
    if (statement in ON_POSTGRES and connection.vendor == "sqlite") or (
        statement in ON_SQLITE and connection.vendor == "postgresql"
    ):
        pytest.skip("a statement of the other database")
    partitions_ensure(now=now)
    written = [(event.id, event.type) for event in write(2)]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Event.objects.order_by("id").values_list("id", "type")) == written


@pytest.mark.django_db(transaction=True)
def test_months_are_made_once_and_take_their_rows(empty_journal: None, happened: str) -> None:
    spring = datetime(2031, 11, 30, 23, tzinfo=UTC)
    made = partitions_ensure(now=spring, ahead=2)
    assert partitions_ensure(now=spring, ahead=2) == []
    if connection.vendor != "postgresql":
        assert made == []
        return
    assert made == ["journal_event_2031_11", "journal_event_2031_12", "journal_event_2032_01"]
    with transaction.atomic():
        services.record(happened, at=datetime(2031, 12, 31, 23, 59, tzinfo=UTC))
        services.record(happened, at=datetime(2032, 1, 1, tzinfo=UTC))
        services.record(happened, at=datetime(2032, 6, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        for table, count in (("journal_event_2031_12", 1), ("journal_event_2032_01", 1), ("journal_event_rest", 1)):
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of this test
            assert cursor.fetchone()[0] == count
    # June's rows lie in the catch-all already, and stay there.
    assert "journal_event_2032_06" not in partitions_ensure(now=datetime(2032, 6, 2, tzinfo=UTC))


@pytest.mark.django_db(transaction=True)
def test_a_long_reader_puts_a_new_month_off_instead_of_stopping_the_engine(
    another: Callable[[], BaseDatabaseWrapper],
) -> None:
    spring = datetime(2041, 3, 1, tzinfo=UTC)
    reader = another()
    with reader.cursor() as cursor:
        reader.set_autocommit(False)
        cursor.execute("SELECT count(*) FROM journal_event")
        assert partitions_ensure(now=spring, ahead=0) == []
        reader.rollback()
    assert partitions_ensure(now=spring, ahead=0) == ["journal_event_2041_03"]


@pytest.mark.django_db(transaction=True)
def test_engines_that_make_a_month_at_once_make_it_once(another: Callable[[], BaseDatabaseWrapper]) -> None:
    another()  # PostgreSQL only
    made: list[list[str]] = []
    ready = threading.Barrier(3)

    def engine() -> None:
        ready.wait()
        made.append(partitions_ensure(now=datetime(2042, 3, 1, tzinfo=UTC), ahead=1))
        connection.close()

    threads = [threading.Thread(target=engine) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(name for names in made for name in names) == ["journal_event_2042_03", "journal_event_2042_04"]

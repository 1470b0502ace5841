"""Screenings: plates, rows taken once however they come, totals, what is forgotten, and what an outsider cannot do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import City
from wangge.duties.checkpoints.models import Checkpoint, Screening, Total
from wangge.duties.checkpoints.queries.totals import Sums, hours_of, spans, totals, totals_of, whole
from wangge.duties.checkpoints.rules import FORGOTTEN, KEPT, Row, plate_read
from wangge.duties.checkpoints.services.register import checkpoint_close
from wangge.duties.checkpoints.services.screening import (
    Taken,
    queue_note,
    screening_withdraw,
    screenings_forget,
    screenings_take,
)
from wangge.engine import ENGINE
from wangge.ground.journal.models import Event
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.problems import CheckpointClosed, InputInvalid, NotFound, NotPermitted, Problem
from wangge.picture.figures.queries import figures

Register = Callable[..., Checkpoint]
Screen = Callable[..., list[Taken | Problem]]
Told = Callable[[str], list[Event]]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("粤L12345", ("粤", False)),
        ("粤 l·A123B", ("粤", False)),
        ("鄂Ａ１２３４５", ("鄂", False)),
        ("粤LD12345", ("粤", True)),
        ("粤L12345F", ("粤", True)),
        ("粤Z1234港", ("粤", False)),
        ("粤L1234挂", ("粤", False)),
        ("粤LI2345", None),
        ("粤L1234", None),
        ("粤L123456", None),
        ("粤LL12345", None),
        ("粤112345", None),
        ("浙", None),
        ("L12345", None),
        ("台A12345", None),
    ],
)
def test_a_plate_is_checked_and_its_province_kept(text: str, kept: tuple[str, bool] | None) -> None:
    assert plate_read(text) == kept


def rows_of(checkpoint: Checkpoint, at: datetime, count: int = 3, **more: Any) -> list[Row]:
    said = {"lane": 1, "people": 2, "province": "粤", **more}
    return [Row(checkpoint.id, f"key-{number}", at - timedelta(minutes=number), **said) for number in range(count)]


def test_rows_sent_twice_count_once_and_are_one_event(
    city: City, register: Register, screen: Screen, told: Told, now: datetime
) -> None:
    found = register()
    rows = [*rows_of(found, now), Row(found.id, "bus", now, 2, "鄂", True, people=40)]
    assert [one.repeated for one in screen(rows) if isinstance(one, Taken)] == [False] * 4
    assert [one.repeated for one in screen([rows[0], *rows]) if isinstance(one, Taken)] == [True] * 5
    [event] = told("screening.counted")
    assert event.data == {
        "kind": "joint", "source": "phone", "sign": 1, "vehicles": 4, "people": 46, "fevers": 0,
    }  # fmt: skip
    day = totals_of(found, since=now, until=now + timedelta(days=1), by="lane")
    assert day == {1: Sums(3, 6, 0, 0, 0), 2: Sums(1, 40, 0, 1, 1)}
    assert Checkpoint.objects.get().last_seen_at == now
    # Nothing of a plate is kept beyond its province, and nothing of a passenger.
    kept = {field.name for field in Screening._meta.fields}
    assert not kept & {"plate", "name", "phone", "document", "temperature", "origin"}


def test_a_bad_row_sinks_no_other(city: City, register: Register, screen: Screen, told: Told, now: datetime) -> None:
    found, elsewhere = register(), register(name="新平路口", area="441323001001")
    good = Row(found.id, "good", now, 3, people=1)
    bad = [
        good._replace(key=""),
        good._replace(key="k1", lane=4),
        good._replace(key="k2", people=0),
        good._replace(key="k3", people=101),
        good._replace(key="k4", fevers=2),
        good._replace(key="k5", province="台"),
        good._replace(key="k6", at=now + timedelta(hours=1)),
        good._replace(key="k7", at=now - KEPT - timedelta(minutes=1)),
        good._replace(key="k8", temperature=12.0),
        good._replace(key="k9", vehicles=0),
        good._replace(key="k10", checkpoint_id=elsewhere.id),
        good._replace(key="k11", checkpoint_id=city.response_id),
    ]
    results = screen([*bad, good, good])
    fields = [one.details["field"] for one in results if isinstance(one, InputInvalid)]
    assert fields == ["key", "lane", "people", "people", "fevers", "province", "at", "at", "temperature", "vehicles"]
    assert isinstance(results[10], NotPermitted) and isinstance(results[11], NotFound)
    assert results[12:] == [Taken(False), Taken(True)]
    assert told("screening.counted")[0].data["people"] == 1
    checkpoint_close(actor=city.actor("dan"), checkpoint_id=found.id, version=1, now=now)
    assert isinstance(screen([good._replace(key="later")])[0], CheckpointClosed)


def test_an_exercise_never_counts(
    city: City, register: Register, screen: Screen, told: Told, settle: Any, now: datetime
) -> None:
    real, drill = register(), register(name="演练点", exercise=True)
    screen([*rows_of(real, now), *rows_of(drill, now)])
    settle(now)
    upon: dict[str, Any] = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area("4413")}
    value = figures(until=now + timedelta(minutes=1), **upon)["vehicles_checked"]
    assert value.total == 3
    assert [event.exercise for event in told("screening.counted")] == [False, True]
    found = totals(since=now, until=now + timedelta(days=1), **upon)
    assert list(found) == [real.id]
    assert totals_of(drill, since=now, until=now + timedelta(days=1), by="shift") == {"day": Sums(3, 6)}


def test_the_last_car_can_be_taken_back_once(
    city: City, register: Register, screen: Screen, told: Told, now: datetime
) -> None:
    found, alice = register(), city.actor("alice")
    screen([Row(found.id, "wrong", now, 1, "粤", people=9), Row(found.id, "ill", now, 1, people=2, fevers=1)])
    upon: dict[str, Any] = {"checkpoint_id": found.id, "now": now + timedelta(minutes=1)}
    assert not screening_withdraw(actor=city.actor("bob"), key="wrong", **upon)
    assert screening_withdraw(actor=alice, key="wrong", **upon)
    assert not screening_withdraw(actor=alice, key="wrong", **upon)
    assert screen([Row(found.id, "wrong", now, 1, "粤", people=9)]) == [Taken(True)]
    with pytest.raises(InputInvalid):
        screening_withdraw(actor=alice, key="ill", **upon)
    assert totals_of(found, since=now, until=now + timedelta(days=1), by="lane") == {1: Sums(1, 2, 1)}
    assert [event.data["sign"] for event in told("screening.counted")] == [1, -1]


def test_queues_are_noted_and_old_rows_forgotten(
    city: City, register: Register, screen: Screen, told: Told, now: datetime
) -> None:
    found = register()
    screen(rows_of(found, now))
    for vehicles in (12, 12):
        queue_note(actor=city.actor("alice"), checkpoint_id=found.id, vehicles=vehicles, now=now)
    assert [event.data["queue"] for event in told("checkpoint.queue_noted")] == [12]
    with pytest.raises(NotPermitted):
        queue_note(actor=city.actor("olga"), checkpoint_id=found.id, vehicles=1, now=now)
    with pytest.raises(InputInvalid):
        queue_note(actor=city.actor("alice"), checkpoint_id=found.id, vehicles=-1, now=now)
    later = now + FORGOTTEN - timedelta(minutes=1)
    assert screenings_forget(actor=ENGINE, now=later) == 1
    # What is forgotten is too old to be taken, so it cannot count twice.
    assert all(isinstance(one, InputInvalid) for one in screen(rows_of(found, now), at=later))
    assert Screening.objects.count() == 2 and Total.objects.count() == 4


def test_days_are_added_from_whole_months_and_what_is_left() -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)

    assert [grain for grain, _, _ in spans(at("2020-01-20"), at("2020-02-10"))] == ["day"]
    assert spans(at("2020-01-20"), at("2020-03-05")) == [
        ("day", at("2020-01-20"), at("2020-02-01")),
        ("month", at("2020-02-01"), at("2020-03-01")),
        ("day", at("2020-03-01"), at("2020-03-05")),
    ]
    assert spans(at("2020-01-01"), at("2021-01-01")) == [("month", at("2020-01-01"), at("2021-01-01"))]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), lost=st.lists(st.booleans(), max_size=12))
def test_however_a_queue_is_sent_each_car_counts_once(
    city: City, register: Register, now: datetime, seed: int, lost: Sequence[bool]
) -> None:
    """Answers get lost, phones send again, batches overlap and come in any order: the totals are those of the cars."""
    rng = Random(seed)
    found = register(name=f"点{uuid4()}")
    cars = [
        Row(found.id, str(number), now - timedelta(minutes=rng.randrange(4000)), rng.randint(0, 3), people=2)
        for number in range(rng.randint(1, 30))
    ]  # fmt: skip
    waiting = list(cars)
    upon: dict[str, Any] = {
        "actor": city.actor("alice"),
        "response_id": city.response_id,
        "now": now,
        "source": "phone",
    }
    for answer_lost in [*lost, False]:
        batch = rng.sample(waiting, rng.randint(0, len(waiting)))
        screenings_take(rows=batch, **upon)
        if not answer_lost:
            waiting = [car for car in waiting if car not in batch]
    screenings_take(rows=waiting, **upon)
    until = now + timedelta(days=1)
    parts = totals_of(found, since=now - timedelta(days=4), until=until, by="shift")
    assert whole(list(parts.values())) == Sums(len(cars), sum(car.people for car in cars))
    assert whole(list(hours_of(found, since=now - timedelta(days=4), until=until).values())).vehicles == len(cars)

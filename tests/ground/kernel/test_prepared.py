"""A prepared question answers what the ORM answers, with fresh values at each asking, on either database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from tests.conftest import City
from wangge.ground.accounts.models import Holding, Person, Post
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.prepared import change_rows, prepared
from wangge.spine.clocks.models import Clock


@prepared
def person_named(username: str) -> QuerySet[Person]:
    return Person.objects.filter(username=username)


@prepared
def posts_of(area_ids: Collection[UUID], now: datetime) -> QuerySet[Post, tuple[Any, ...]]:
    in_force = Q(since__lte=now) & (Q(until__isnull=True) | Q(until__gt=now))
    return Post.objects.filter(in_force, area_id__among=area_ids).order_by("id").values_list("id", "area_id", "since")


@prepared
def holders(area_id: UUID) -> QuerySet[Holding, UUID]:
    return Holding.objects.filter(post__area_id=area_id).order_by("id").values_list("person_id", flat=True)[:2]


def clock(now: datetime) -> Clock:
    return Clock.objects.create(
        subject_id=new_id(), what="matter.push", unit="minutes", seconds=60, ledger=[["a", None]], started_at=now
    )


def test_models_come_back_as_the_orm_reads_them(city: City) -> None:
    for name in ("alice", "bob", "alice"):
        [found] = person_named(name)
        wanted = Person.objects.get(username=name)
        assert found == wanted
        assert {k: v for k, v in vars(found).items() if k != "_state"} == {
            k: v for k, v in vars(wanted).items() if k != "_state"
        }
        assert not found._state.adding
    assert person_named("nobody") == []


def test_instants_and_json_come_back_as_python_has_them(db: None, now: datetime) -> None:
    kept = clock(now)

    @prepared
    def clocks(clock_id: UUID) -> QuerySet[Clock]:
        return Clock.objects.filter(id=clock_id)

    [found] = clocks(kept.id)
    assert (found.ledger, found.started_at, found.due_at) == ([["a", None]], now, None)


def test_many_values_few_values_and_none_go_through_one_gap(city: City, now: datetime) -> None:
    every = set(Post.objects.values_list("area_id", flat=True))
    for area_ids in (every, list(every)[:1], []):
        wanted = Post.objects.filter(area_id__in=area_ids).order_by("id").values_list("id", "area_id", "since")
        assert posts_of(area_ids, now) == list(wanted)
    assert posts_of(every, now - timedelta(days=40_000)) == []


def test_single_columns_and_limits(city: City) -> None:
    area_id = city.area("441302001001")
    assert holders(area_id) == list(
        Holding.objects.filter(post__area_id=area_id).order_by("id").values_list("person_id", flat=True)[:2]
    )


def test_a_value_is_never_read_as_a_part_of_the_statement(city: City) -> None:
    assert person_named("alice' OR '1'='1") == []
    assert person_named("%s") == []


def test_every_asking_is_one_statement(city: City, now: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        posts_of([new_id(), new_id()], now)
    assert len(queries) == 1


def test_what_it_cannot_hand_back_is_refused(city: City) -> None:
    @prepared
    def with_people() -> QuerySet[Holding]:
        return Holding.objects.select_related("person")

    with pytest.raises(TypeError, match="Holding"):
        with_people()


def test_a_change_happens_only_where_everything_is_as_it_was_seen(db: None, now: datetime) -> None:
    kept, other = clock(now), clock(now)
    seen = {"id": kept.id, "state": "running", "stopped_at": None}
    changes = {"state": "stopped", "stopped_at": now, "ledger": [["a", "b"]], "next_at": None}
    assert change_rows(Clock, seen, changes) == 1
    assert change_rows(Clock, seen, changes) == 0
    kept.refresh_from_db()
    other.refresh_from_db()
    assert (kept.state, kept.stopped_at, kept.ledger) == ("stopped", now, [["a", "b"]])
    assert (other.state, other.stopped_at) == ("running", None)

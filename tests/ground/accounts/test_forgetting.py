"""Answers are kept for a week and then forgotten, the oldest first, a part at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.conftest import City
from wangge.ground.accounts.forgetting import KEPT, calls_forget
from wangge.ground.accounts.models import AnsweredCall
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import NotPermitted

ENGINE = system_actor("engine", "call.forget")


def answered(city: City, key: str, at: datetime) -> None:
    AnsweredCall.objects.create(
        person_id=city.people["hana"], key=key, body_hash="0" * 64, status=201, answer={}, at=at
    )


def keys() -> set[str]:
    return set(AnsweredCall.objects.values_list("key", flat=True))


def test_an_answer_is_kept_for_seven_days_and_no_longer(city: City, now: datetime) -> None:
    answered(city, "old", now - timedelta(seconds=1))
    answered(city, "new", now)
    assert calls_forget(actor=ENGINE, now=now + KEPT) == 1
    assert keys() == {"new"}
    assert timedelta(days=7) == KEPT


def test_a_part_takes_no_more_than_its_limit_and_the_oldest_first(city: City, now: datetime) -> None:
    for number in range(5):
        answered(city, str(number), now + timedelta(seconds=number))
    later = now + KEPT + timedelta(hours=1)
    assert calls_forget(actor=ENGINE, now=later, limit=2) == 2
    assert keys() == {"2", "3", "4"}
    assert [calls_forget(actor=ENGINE, now=later, limit=2) for _ in range(3)] == [2, 1, 0]


def test_nobody_else_forgets_answers(city: City, now: datetime) -> None:
    for actor in (city.actor("adam"), city.actor("olga")):
        with pytest.raises(NotPermitted):
            calls_forget(actor=actor, now=now)

"""A write sent twice is done once, whoever is faster."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from tests.conftest import City
from wangge.ground.accounts.answered import Answer, answered_many, answered_once, call_of
from wangge.ground.accounts.models import AnsweredCall
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import IdempotencyConflict, InputInvalid, NotFound, Problem


@pytest.fixture
def alice(city: City, now: datetime) -> Actor:
    return city.actor("alice", now)


def counted() -> tuple[list[int], Callable[[], Answer]]:
    """A piece of work that says how often it was done."""
    done: list[int] = []

    def work() -> Answer:
        done.append(1)
        return 201, {"times": len(done)}

    return done, work


def test_the_same_key_and_body_get_the_same_answer(alice: Actor, now: datetime) -> None:
    done, work = counted()
    first = answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=work)
    second = answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=work)
    assert first == second == (201, {"times": 1})
    assert done == [1]


def test_another_body_under_the_key_is_a_conflict(alice: Actor, now: datetime) -> None:
    done, work = counted()
    answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=work)
    with pytest.raises(IdempotencyConflict):
        answered_once(actor=alice, key="k-1", body=b'{"other": 1}', now=now, work=work)
    assert done == [1]


def test_keys_of_two_people_do_not_meet(city: City, alice: Actor, now: datetime) -> None:
    done, work = counted()
    answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=work)
    answered_once(actor=city.actor("bob", now), key="k-1", body=b"{}", now=now, work=work)
    assert done == [1, 1]


def test_work_that_ends_in_a_problem_takes_no_key(alice: Actor, now: datetime) -> None:
    def refuse() -> Answer:
        raise NotFound(what="事项")

    with pytest.raises(NotFound):
        answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=refuse)
    assert not AnsweredCall.objects.exists()
    _, work = counted()
    assert answered_once(actor=alice, key="k-1", body=b"{}", now=now, work=work)[0] == 201


@pytest.mark.parametrize("key", ["", "x" * 81, "a\nb", "\x00"])
def test_a_key_that_cannot_be_kept_is_refused(alice: Actor, now: datetime, key: str) -> None:
    _, work = counted()
    with pytest.raises(InputInvalid):
        answered_once(actor=alice, key=key, body=b"{}", now=now, work=work)


def test_a_job_of_the_system_has_no_keys(db: None, now: datetime) -> None:
    with pytest.raises(ValueError, match="no idempotency keys"):
        answered_once(actor=system_actor("job"), key="k", body=b"", now=now, work=lambda: (200, {}))


def test_a_batch_answers_what_it_knows_and_does_the_rest(alice: Actor, now: datetime) -> None:
    answered_once(actor=alice, key="old", body=b"1", now=now, work=lambda: (201, {"n": "old"}))
    sent = [("new", b"1"), ("old", b"1"), ("old", b"2"), ("new", b"1"), ("new", b"2"), ("bad", b"1")]
    calls = [call_of(alice, key, body) for key, body in sent]
    asked: list[list[int]] = []

    def work(places: list[int]) -> list[Answer | Problem]:
        asked.append(places)
        return [(201, {"n": "new"}), NotFound(what="事项")]

    results = answered_many(calls=calls, now=now, work=work)
    assert asked == [[0, 5]]
    assert results[0] == results[3] == (201, {"n": "new"})
    assert results[1] == (201, {"n": "old"})
    assert isinstance(results[2], IdempotencyConflict)
    assert isinstance(results[4], IdempotencyConflict)
    assert isinstance(results[5], NotFound)
    assert set(AnsweredCall.objects.values_list("key", flat=True)) == {"old", "new"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch", [False, True])
def test_of_two_at_once_one_works_and_both_hear_the_same(alice: Actor, now: datetime, batch: bool) -> None:
    begun, answers, done = threading.Barrier(2, timeout=20), [], []

    def work() -> Answer:
        done.append(1)
        return 201, {"by": threading.get_ident()}

    def send() -> None:
        begun.wait()
        try:
            answers.append(_send(alice, now, work, batch))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert AnsweredCall.objects.count() == 1


def _send(actor: Actor, now: datetime, work: Callable[[], Answer], batch: bool) -> Any:
    if batch:
        [answer] = answered_many(calls=[call_of(actor, "k", b"{}")], now=now, work=lambda places: [work()])
        return answer
    return answered_once(actor=actor, key="k", body=b"{}", now=now, work=work)

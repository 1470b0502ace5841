"""Reports over the ASGI server: what waits is written together, and every sender hears its own result."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from django.db import connection

from tests.conftest import City
from tests.doors.api.conftest import GATHERING, Caller, Sending
from wangge.doors.api.reports import ReportIn, Result, Sent, reports_take, sent_one
from wangge.doors.api.writer import Writer
from wangge.duties.matters.models import Matter
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import Overloaded, StorageUnavailable

Hot = Callable[[list[Sending]], list[httpx.Response]]
Named = Callable[[str], Caller]
pytestmark = pytest.mark.django_db(transaction=True)


def one(content: Any, key: str, **headers: str) -> dict[str, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return {"content": body, "headers": {"Idempotency-Key": key, **headers}}


def test_many_at_once_each_hear_their_own_result(hot: Hot, caller: Named) -> None:
    alice, olga, dan = caller("alice").token, caller("olga").token, caller("dan").token
    sendings: list[Sending] = []
    for number in range(12):
        sendings.append(("/reports", one(GATHERING | {"text": f"第{number}件"}, f"a{number}"), alice))
        sendings.append(("/reports", one(GATHERING, f"o{number}"), olga))
        sendings.append(("/reports", one(GATHERING | {"kind": "party"}, f"d{number}"), dan))
    statuses = [answer.status_code for answer in hot(sendings)]
    assert statuses == [201, 403, 422] * 12
    assert Matter.objects.count() == 12


def test_numbers_run_on_without_gap_or_repeat(hot: Hot, caller: Named) -> None:
    alice = caller("alice").token
    answers = hot([("/reports", one(GATHERING | {"text": f"第{n}件"}, f"k{n}"), alice) for n in range(20)])
    running = sorted(int(answer.json()["number"].rpartition("-")[2]) for answer in answers)
    assert running == list(range(1, 21))


def test_the_same_key_at_once_makes_one_matter(hot: Hot, caller: Named) -> None:
    alice = caller("alice").token
    answers = hot([("/reports", one(GATHERING, "same"), alice) for _ in range(8)])
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert Matter.objects.count() == 1


def test_both_ways_in_keep_the_same_answers(hot: Hot, caller: Named) -> None:
    alice = caller("alice")
    first = alice.post("/reports", GATHERING, key="same")
    [second] = hot([("/reports", one(GATHERING, "same"), alice.token)])
    assert (first.status_code, first.json()) == (second.status_code, second.json())


@pytest.mark.parametrize(
    ("token", "given", "status"),
    [
        ("", one(GATHERING, "k"), 401),
        ("wg_nobody", one(GATHERING, "k"), 401),
        ("alice", {"content": json.dumps(GATHERING).encode()}, 400),
        ("alice", one(b"{", "k"), 422),
        ("alice", one(b" " * 300_000, "k"), 413),
    ],
)
def test_problems_are_told_as_everywhere(
    hot: Hot, caller: Named, token: str, given: dict[str, Any], status: int
) -> None:
    [answer] = hot([("/reports", given, caller("alice").token if token == "alice" else token)])
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_database_that_cannot_be_written_is_said_and_the_next_batch_goes_through(city: City, now: datetime) -> None:
    alice = city.actor("alice", now)
    sent = [sent_one(alice, "k", ReportIn(**GATHERING).model_dump_json().encode())]
    with connection.cursor() as cursor:
        blocked = (
            "SET default_transaction_read_only = on" if connection.vendor == "postgresql" else "PRAGMA query_only=1"
        )
        cursor.execute(blocked)
    [refused] = reports_take(sent, now)
    assert isinstance(refused, StorageUnavailable)
    assert refused.status == 503
    [taken] = reports_take(sent, now)
    assert not isinstance(taken, StorageUnavailable)
    assert Matter.objects.count() == 1


class Slow:
    """A disk that takes until it is let go, in place of the database."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[int] = []

    def take(self, sent: Sequence[Sent], now: datetime) -> list[Result]:
        self.go.wait(10)
        self.batches.append(len(sent))
        return [(201, {"place": place}) for place in range(len(sent))]


def test_more_than_may_wait_is_refused_at_once_and_nothing_taken_is_lost() -> None:
    slow = Slow()
    nobody = Actor(None, "", ())
    sent = Sent(nobody, None, ReportIn(**GATHERING))  # type: ignore[arg-type]

    async def run() -> list[Any]:
        writer = Writer(limit=5, take=slow.take)
        waiting = []
        for _ in range(9):
            waiting.append(asyncio.ensure_future(writer.put([sent])))
            await asyncio.sleep(0.01)
        slow.go.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await writer.close()
        return results

    results = asyncio.run(run())
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert len(refused) == 3  # one is being written, five wait
    assert [problem.details["retry_after"] for problem in refused] == [1, 1, 1]
    assert slow.batches == [1, 5]  # what waited went together
    assert sum(not isinstance(result, Exception) for result in results) == 6

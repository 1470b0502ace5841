"""Batches: a result for each line, in order, whatever stands in the lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.doors.api.conftest import EAST_LAKE, GATHERING, Caller, Sending
from wangge.duties.dutylog.models import Entry
from wangge.duties.matters.models import Matter

Named = Callable[[str], Caller]
Hot = Callable[[list[Sending]], list[httpx.Response]]
LEAFLETS = {"kind": "leaflets_handed_out", "area": EAST_LAKE, "quantities": {"copies": 30}}


def lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def report(key: str, **more: Any) -> bytes:
    return json.dumps(GATHERING | {"key": key} | more).encode()


MIXED = [
    report("k1"),
    b"this is no JSON",
    b"\xff\xfe\x00",
    report("k2", kind="party"),
    b"",
    report("k3", area="441323001001"),
    json.dumps(GATHERING).encode(),
    report("k1"),
    report("k1", text="另一件事"),
    report("k4"),
]


def outcome(line: dict[str, Any]) -> Any:
    return line["status"] if "status" in line else line["problem"]["code"]


EXPECTED = [
    201, "input-invalid", "input-invalid", "input-invalid", "input-invalid", "not-permitted",
    "idempotency-key-missing", 201, "idempotency-conflict", 201,
]  # fmt: skip


def test_bad_lines_never_sink_the_batch(caller: Named) -> None:
    answer = caller("alice").post("/reports/batch", b"\n".join(MIXED) + b"\n", key="")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-ndjson"
    results = lines(answer.content)
    assert [line["line"] for line in results] == list(range(1, 11))
    assert [outcome(line) for line in results] == EXPECTED
    assert results[0]["number"] == results[7]["number"]
    assert Matter.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_hot_door_answers_a_batch_the_same(hot: Hot, caller: Named) -> None:
    alice = caller("alice").token
    [answer] = hot([("/reports/batch", {"content": b"\n".join(MIXED)}, alice)])
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [outcome(line) for line in lines(answer.content)] == EXPECTED
    [again] = hot([("/reports/batch", {"content": b"\n".join(MIXED)}, alice)])
    assert lines(again.content) == lines(answer.content)
    assert Matter.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_several_parts_keeps_its_order(hot: Hot, caller: Named) -> None:
    body = b"\n".join(report(f"k{n}") if n % 100 else b"x" for n in range(600))
    [answer] = hot([("/reports/batch", {"content": body}, caller("alice").token)])
    results = lines(answer.content)
    assert [line["line"] for line in results] == list(range(1, 601))
    assert [line["line"] for line in results if "problem" in line] == [1, 101, 201, 301, 401, 501]
    numbers = [int(line["number"].rpartition("-")[2]) for line in results if "number" in line]
    assert numbers == list(range(1, 595))


@pytest.mark.django_db(transaction=True)
def test_a_key_met_again_in_a_later_part_is_answered_like_the_first(hot: Hot, caller: Named) -> None:
    sent = [report(f"k{n}") for n in range(1_200)] + [report("k3"), report("k600"), report("k4", text="另一件事")]
    [answer] = hot([("/reports/batch", {"content": b"\n".join(sent)}, caller("alice").token)])
    results = lines(answer.content)
    assert [outcome(line) for line in results] == [201] * 1_202 + ["idempotency-conflict"]
    assert [results[1_200]["number"], results[1_201]["number"]] == [results[3]["number"], results[600]["number"]]
    assert [int(line["number"].rpartition("-")[2]) for line in results[:1_200]] == list(range(1, 1_201))
    assert Matter.objects.count() == 1_200


def test_a_batch_that_is_too_long_is_refused_whole(caller: Named) -> None:
    body = b"\n".join(report(f"k{n}") for n in range(10_001))
    answer = caller("alice").post("/reports/batch", body, key="")
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert "10000" in answer.json()["detail"]
    assert not Matter.objects.exists()


def test_an_empty_batch_has_no_results(caller: Named) -> None:
    answer = caller("alice").post("/reports/batch", b"", key="")
    assert (answer.status_code, answer.content) == (200, b"")


def entry(key: str, **more: Any) -> bytes:
    return json.dumps(LEAFLETS | {"key": key, "place_kind": PLACE} | more).encode()


PLACE = "household"


def test_the_duty_log_takes_batches_the_same_way(caller: Named) -> None:
    sent = [entry("k1"), b"x", entry("k1"), entry("k2", quantities={"copies": -1}), entry("k3", area="1"), entry("k4")]
    alice = caller("alice")
    answer = alice.post("/log/batch", b"\n".join(sent), key="")
    results = lines(answer.content)
    assert [outcome(line) for line in results] == [201, "input-invalid", 201, "input-invalid", "area-unknown", 201]
    assert results[0]["entry_id"] == results[2]["entry_id"]
    assert Entry.objects.count() == 2
    assert lines(alice.post("/log/batch", b"\n".join(sent), key="").content) == results
    assert Entry.objects.count() == 2


def test_an_outsider_logs_nothing_elsewhere(caller: Named) -> None:
    [line] = lines(caller("olga").post("/log/batch", entry("k1"), key="").content)
    assert outcome(line) == "not-permitted"
    assert not Entry.objects.exists()

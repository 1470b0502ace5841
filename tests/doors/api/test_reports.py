"""A report over the API: taken once, refused clearly, with the sender's own rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import City
from tests.doors.api.conftest import EAST_LAKE, GATHERING, Caller
from wangge.doors.api.limits import Buckets
from wangge.doors.api.reports import ReportIn, Sent, reports_take, sent_one
from wangge.duties.matters.models import Matter, Report
from wangge.ground.accounts.answered import call_of
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import Problem, Unexpected

Named = Callable[[str], Caller]


def test_a_report_gets_a_number_and_its_sender_is_its_reporter(caller: Named, city: City) -> None:
    answer = caller("alice").post("/reports", GATHERING)
    assert answer.status_code == 201
    taken = answer.json()
    assert taken["number"].startswith(EAST_LAKE)
    report = Report.objects.get(id=taken["report_id"])
    assert report.matter.number == taken["number"]
    assert report.reporter_id == city.people["alice"]


def test_a_report_sent_twice_makes_one_matter(caller: Named) -> None:
    alice = caller("alice")
    first, second = (alice.post("/reports", GATHERING, key="same") for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Matter.objects.count() == 1
    assert Event.objects.filter(type="matter.received").count() == 1


def test_the_order_of_keys_in_a_body_does_not_matter(caller: Named) -> None:
    alice = caller("alice")
    alice.post("/reports", GATHERING, key="same")
    assert alice.post("/reports", dict(reversed(GATHERING.items())), key="same").status_code == 201
    assert Matter.objects.count() == 1


def test_another_body_under_the_same_key_is_a_conflict(caller: Named) -> None:
    alice = caller("alice")
    alice.post("/reports", GATHERING, key="same")
    answer = alice.post("/reports", GATHERING | {"text": "另一件事。"}, key="same")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-conflict")
    assert Matter.objects.count() == 1


def test_a_write_without_a_key_is_refused(caller: Named) -> None:
    answer = caller("alice").post("/reports", GATHERING, key="")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert not Matter.objects.exists()


def test_an_outsider_cannot_report_for_another_village(caller: Named) -> None:
    answer = caller("olga").post("/reports", GATHERING)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-permitted")
    assert not Matter.objects.exists()


def test_a_stranger_is_refused_and_told_how_to_sign_in(city: City) -> None:
    answer = Caller("wg_nobody").post("/reports", GATHERING)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"area": "999999999999"}, 404, None),
        ({"kind": "party"}, 422, "kind"),
        ({"source": "rumour"}, 422, "source"),
        ({"text": ""}, 422, "text"),
        ({"text": "a\u0000b"}, 422, "text"),
        ({"observed_at": "2020-02-03T09:00:00"}, 422, "observed_at"),
        ({"observed_at": "0001-01-01T00:00:00+14:00"}, 422, "observed_at"),
        ({"lon": 114.4}, 422, "lon"),
        ({"lon": 1e300, "lat": 0}, 422, "lon"),
        ({"colour": "red"}, 422, "colour"),
        ({"fields": {"people": [1]}}, 422, "people"),
        ({"fields": {"nonsense": 1}}, 422, "nonsense"),
        ({"response": "no-such"}, 404, None),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(
    caller: Named, change: dict[str, Any], status: int, field: str | None
) -> None:
    answer = caller("alice").post("/reports", GATHERING | change)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["details"].get("field") == field
    assert not Matter.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null"])
def test_what_is_no_report_at_all_is_refused(caller: Named, body: bytes) -> None:
    answer = caller("alice").post("/reports", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "input-invalid")


def test_a_problem_is_told_in_the_language_asked_for(caller: Named) -> None:
    alice = caller("alice")
    zh = alice.post("/reports", GATHERING | {"kind": "party"}).json()
    en = alice.post("/reports", GATHERING | {"kind": "party"}, **{"Accept-Language": "en-GB,zh;q=0.5"}).json()
    assert "没有" in zh["detail"]
    assert "no kind" in en["detail"]


def test_what_people_said_is_neither_in_the_answer_nor_in_the_journal(caller: Named) -> None:
    secret = {"reporter_name": "张三丰", "reporter_phone": "13812345678", "address": "东湖一街八号"}
    answer = caller("alice").post("/reports", GATHERING | secret)
    assert answer.status_code == 201
    told = answer.content.decode() + "".join(str(event.data) for event in Event.objects.all())
    for value in (*secret.values(), GATHERING["text"]):
        assert value not in told


def test_one_report_that_cannot_be_written_does_not_sink_its_neighbours(city: City, now: Any) -> None:
    alice = city.actor("alice", now)
    good = [sent_one(alice, f"k{n}", ReportIn(**GATHERING).model_dump_json().encode()) for n in range(3)]
    # No door lets such a report through; if one ever does, it must fall alone.
    broken = ReportIn.model_construct(**{**GATHERING, "text": 5})
    sent = [good[0], Sent(alice, call_of(alice, "bad", b""), broken), *good[1:]]
    results = reports_take(sent, now)
    assert [isinstance(result, Unexpected) for result in results] == [False, True, False, False]
    assert not any(isinstance(result, Problem) for result in results[2:])
    assert Matter.objects.count() == 3


def test_too_many_calls_are_told_when_to_come_back(caller: Named, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangge.doors.api.tokens._buckets", Buckets(rate=0.5, burst=2))
    alice = caller("alice")
    answers = [alice.post("/reports", GATHERING) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 2
    assert caller("dan").get("/me").status_code == 200


def test_a_bucket_fills_again() -> None:
    buckets, sender = Buckets(rate=10, burst=2), new_id()
    assert [buckets.take(sender, 0.0) for _ in range(3)] == [0, 0, 1]
    assert buckets.take(sender, 0.1) == 0
    assert [buckets.take(sender, 9.0) for _ in range(3)] == [0, 0, 1]

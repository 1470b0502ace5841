"""Checks through the API: once under their key, in batches line by line, and nothing for strangers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.duties.observation.watching import Watch, add_person
from wangge.duties.observation.models import Check
from wangge.ground.kernel import clock


@pytest.fixture
def watch(city, now, monkeypatch):
    add_person(city, "nora", "health_staff", "441302001001", now - timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: now)
    return Watch(city, now)


def test_one_check_is_entered_once_under_its_key(watch, caller):
    plan, nora = watch.plan(), caller("nora")
    path = f"/people/{plan.individual.number}/checks"
    first = nora.post(path, {"temperature": 37.3, "symptoms": ["cough"]}, key="a")
    assert first.status_code == 201 and first.json()["fever"] and first.json()["symptomatic"]
    assert nora.post(path, {"temperature": 37.3, "symptoms": ["cough"]}, key="a").json() == first.json()
    other = nora.post(path, {"temperature": 36.5}, key="b")
    assert (other.status_code, other.json()["code"]) == (409, "check-taken")
    for wrong in ({"temperature": 99}, {"temperature": "hot"}, {}, {"temperature": 36.5, "extra": 1}):
        assert nora.post(path, wrong, key="c").status_code == 422
    assert Check.objects.count() == 1


def test_strangers_find_nobody_and_others_may_not(watch, caller):
    path = f"/people/{watch.plan().individual.number}/checks"
    assert caller("olga").post(path, {"temperature": 36.5}, key="a").status_code == 404
    assert caller("erin").post(path, {"temperature": 36.5}, key="a").status_code == 403
    assert not Check.objects.exists()


def test_a_batch_answers_line_by_line(watch, caller):
    plans = [watch.plan() for _ in range(3)]
    lines = [{"number": plan.individual.number, "temperature": 36.5, "key": f"k{n}"} for n, plan in enumerate(plans)]
    lines += [
        {"number": "R0", "temperature": 36.5, "key": "x"},
        {"number": lines[0]["number"], "temperature": 50, "key": "y"},
    ]
    body = "\n".join(json.dumps(line) for line in lines)
    for _ in range(2):
        answer = caller("nora").post("/people/checks/batch", body.encode(), key="")
        told = [json.loads(line) for line in answer.content.decode().splitlines()]
        assert [one.get("status") or one["problem"]["status"] for one in told] == [201, 201, 201, 404, 422]
    assert Check.objects.count() == 3

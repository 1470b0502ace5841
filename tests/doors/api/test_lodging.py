"""The day's counts of lodging places through the API: once under their key, line by line in a batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import City
from wangge.duties.venues.models import DayCount, Venue
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services.register import venue_register
from wangge.ground.kernel import clock

Named = Callable[[str], Any]
COUNT = {"guests": 20, "registered": 20, "uploaded": 19}


@pytest.fixture
def hotel(city: City, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Venue:
    monkeypatch.setattr(clock, "now", lambda: now)
    draft = VenueDraft(kind="hotel", area_id=city.area("441302001001"), name="瑶池宾馆")
    return venue_register(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)


def test_a_day_is_counted_once_under_its_key(hotel: Venue, caller: Named) -> None:
    sent = {"number": hotel.number, **COUNT}
    first = caller("dan").post("/lodging/counts", sent, key="a")
    assert first.status_code == 201, first.content
    assert caller("dan").post("/lodging/counts", sent, key="a").json() == first.json()
    other = caller("dan").post("/lodging/counts", sent | {"guests": 21}, key="a")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    assert DayCount.objects.count() == 1


def test_a_later_report_takes_the_place_of_the_one_before(hotel: Venue, caller: Named) -> None:
    for number, uploaded in enumerate((19, 20)):
        caller("dan").post("/lodging/counts", {"number": hotel.number, **COUNT, "uploaded": uploaded}, key=str(number))
    [standing] = DayCount.objects.filter(replaced_at__isnull=True)
    assert (standing.uploaded, DayCount.objects.count()) == (20, 2)


def test_a_bad_line_never_sinks_the_others(hotel: Venue, caller: Named) -> None:
    lines = [
        {"number": hotel.number, **COUNT, "key": "1"},
        {"number": "无此场所", **COUNT, "key": "2"},
        {"number": hotel.number, **COUNT, "registered": 21, "key": "3"},
        {"number": hotel.number, **COUNT, "guests": -1, "key": "4"},
    ]
    body = "\n".join([*(json.dumps(line) for line in lines), "{"]).encode()
    for _ in range(2):
        answer = caller("dan").post("/lodging/counts/batch", body, key="")
        told = [json.loads(line) for line in answer.content.decode().splitlines()]
        assert [one.get("status") or one["problem"]["status"] for one in told] == [201, 404, 422, 422, 422]
    assert DayCount.objects.count() == 1


def test_a_system_of_another_county_finds_no_such_place(hotel: Venue, caller: Named) -> None:
    assert caller("olga").post("/lodging/counts", {"number": hotel.number, **COUNT}, key="a").status_code == 404
    assert not DayCount.objects.exists()

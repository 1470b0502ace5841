"""Coverage by the hour: what rosters, holders and desks leave open, and what opens if people fall ill."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as some

from tests.conftest import START, City
from wangge.ground.accounts.duty import Duty, duties_replace
from wangge.ground.accounts.models import Holding
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.coverage import rules
from wangge.picture.coverage.queries import coverage_ahead

HOUR = timedelta(hours=1)
CHIEF = system_actor("test", "roster.publish")


@given(some.lists(some.tuples(some.integers(0, 2), some.integers(-5000, 5000), some.integers(1, 3000)), max_size=8))
def test_an_hour_counts_where_its_beginning_lies_within(rows: list[tuple[int, int, int]]) -> None:
    minute = timedelta(minutes=1)
    stretches = [(post, START + first * minute, START + (first + length) * minute) for post, first, length in rows]
    found = rules.spans(3, 48, START, stretches)
    for post in range(3):
        for hour in range(48):
            at = START + hour * HOUR
            assert found[post, hour] == any(one == post and since <= at < until for one, since, until in stretches)


@given(some.lists(some.lists(some.integers(0, 2), min_size=6, max_size=6), min_size=1, max_size=4))
def test_gaps_say_exactly_what_lies_open(level: list[list[int]]) -> None:
    levels = np.array(level, dtype=np.int8)
    again = np.full_like(levels, rules.OWN)
    for gap in rules.gaps(levels):
        again[gap.place, gap.first : gap.last] = gap.level
    assert (again == levels).all()
    assert all(one.level <= two.level for one, two in pairwise(rules.gaps(levels)))


def level_of(city: City, found: object, code: str) -> np.ndarray:
    places = [node.code for node in found.villages]  # type: ignore[attr-defined]
    return found.level[places.index(code)]  # type: ignore[attr-defined, no-any-return]


def test_a_roster_a_desk_and_nobody(city: City, now: datetime, django_assert_num_queries) -> None:
    alice, bob = city.people["alice"], city.people["bob"]
    post = Holding.objects.get(person_id=alice).post_id
    duties = [Duty(post, alice, now, now + 5 * HOUR), Duty(post, bob, now + 24 * HOUR, now + 30 * HOUR)]
    duties_replace(actor=CHIEF, post_ids=[post], since=now, until=now + 48 * HOUR, duties=duties, now=now)
    town, far = city.area("441302001"), city.area("441323")
    dan = city.actor("dan")
    with django_assert_num_queries(8):
        found = coverage_ahead(actor=dan, area_ids=[town], now=now)
    lake = level_of(city, found, "441302001001")
    assert lake.shape == (336,) and list(lake[:6]) == [2] * 5 + [1] and list(lake[23:31]) == [1] + [2] * 6 + [1]
    assert list(lake[47:49]) == [1, 2]  # after the roster its holders stand again
    assert set(level_of(city, found, "441302001003")) == {1}  # nobody holds a post there; the desk does
    assert [gap.level for gap in rules.gaps(found.level, rules.NOBODY)] == []
    without = coverage_ahead(actor=city.actor("dan"), area_ids=[town], now=now, without=[alice])
    changed = rules.gaps(rules.opened(found.level, without.level))
    assert [(gap.first, gap.last, gap.level) for gap in changed] == [(0, 5, rules.DESK)]
    for name, area in (("olga", town), ("dan", far), ("alice", town)):
        with pytest.raises(NotPermitted):
            coverage_ahead(actor=city.actor(name), area_ids=[area], now=now)


def test_the_page_of_the_coming_days(city: City) -> None:
    client, stranger = Client(), Client()
    client.force_login(city.person("dan"))
    page = client.get("/coverage/ahead").content.decode()
    assert "今后十四天覆盖预报" in page and "仅值班台接应" in page
    ill = client.get(f"/coverage/ahead?ill={city.people['dan']}&ill={city.people['dora']}").content.decode()
    assert "新出现的空档" in ill
    assert client.get("/coverage/ahead?ill=x").status_code == 422
    stranger.force_login(city.person("alice"))
    assert stranger.get("/coverage/ahead").status_code == 403

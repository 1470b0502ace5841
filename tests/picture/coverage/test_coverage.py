"""Coverage by the hour: what rosters, holders and desks leave open, and what opens if people fall ill."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from tests.conftest import START, City
from wangge.duties.drills.links import secret_of
from wangge.duties.drills.services import drill_call, drill_end, link_answer
from wangge.duties.rosters.services.making import roster_make, roster_publish
from wangge.ground.accounts.duty import Duty, duties_replace
from wangge.ground.accounts.models import Holding
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.coverage import rules
from wangge.picture.coverage.filling import fillings
from wangge.picture.coverage.queries import Away, coverage_ahead

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
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


@given(some.lists(some.lists(some.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=4))
def test_gaps_say_exactly_what_lies_open(level: list[list[int]]) -> None:
    levels = np.array(level, dtype=np.int8)
    again = np.full_like(levels, rules.OWN)
    for gap in rules.gaps(levels, rules.LEVELS):
        again[gap.place, gap.first : gap.last] = gap.level
    assert (again == levels).all()
    assert all(one.level <= two.level for one, two in pairwise(rules.gaps(levels, rules.LEVELS)))
    shown = rules.gaps(levels)
    assert sum(gap.last - gap.first for gap in shown) == int(np.isin(levels, rules.GAPS).sum())


@given(
    some.integers(-50, 50), some.one_of(some.none(), some.integers(1, 60)), some.integers(-40, 40), some.integers(1, 50)
)
def test_who_is_away_is_there_before_and_after(since: int, length: int | None, gone: int, away: int) -> None:
    start, until = START + since * HOUR, None if length is None else START + (since + length) * HOUR
    left = list(rules.apart(start, until, START + gone * HOUR, START + (gone + away) * HOUR))
    for hour in range(-60, 170):
        at = START + hour * HOUR
        there = start <= at and (until is None or at < until) and not gone <= hour < gone + away
        assert there == any(one <= at and (two is None or at < two) for one, two in left)


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
    with django_assert_num_queries(9):
        found = coverage_ahead(actor=dan, area_ids=[town], now=now)
    lake = level_of(city, found, "441302001001")
    assert lake.shape == (336,) and list(lake[:6]) == [3] * 5 + [1] and list(lake[23:31]) == [1] + [3] * 6 + [1]
    assert list(lake[47:49]) == [1, 3]  # after the roster its holders stand again
    assert set(level_of(city, found, "441302001003")) == {1}  # nobody holds a post there; the desk does
    assert [gap.level for gap in rules.gaps(found.level)] == []
    without = found.without(Away(frozenset([alice]), now - HOUR, now + 400 * HOUR))
    changed = rules.gaps(rules.opened(found.level, without.level), rules.LEVELS[1:])
    assert [(gap.first, gap.last, gap.level) for gap in changed] == [(0, 5, rules.DESK)]
    for name, area in (("olga", town), ("dan", far), ("alice", town)):
        with pytest.raises(NotPermitted):
            coverage_ahead(actor=city.actor(name), area_ids=[area], now=now)


def drilled(city: City, now: datetime, *answering: str) -> None:
    """A drill of the town an hour ago, over now, in which only these answered."""
    then = now - HOUR
    drill = drill_call(actor=city.actor("frank"), area_id=city.area("441302"), minutes=30, now=then)
    for name in answering:
        link_answer(secret=secret_of(drill.tests.get(person_id=city.people[name], channel="inapp").id), now=then)
    drill_end(actor=city.actor("frank"), drill_id=drill.id, now=then + MINUTE)


def test_who_was_silent_in_the_last_drill_is_not_counted_on(city: City, now: datetime) -> None:
    def levels() -> list[int]:
        found = coverage_ahead(actor=city.actor("dan"), area_ids=[city.area("441302001")], now=now)
        return [int(level_of(city, found, code)[0]) for code in ("441302001001", "441302001003")]

    assert levels() == [rules.UNTESTED, rules.DESK]
    drilled(city, now, "alice", "dan")
    assert levels() == [rules.OWN, rules.DESK]  # alice is enough, though bob did not answer
    drilled(city, now, "dan")
    assert levels() == [rules.SILENT, rules.DESK]
    everyone = ("dan", "dora", "erin", "frank")
    Holding.objects.exclude(person_id__in=[city.people[name] for name in everyone]).update(until=now)
    assert levels() == [rules.DESK, rules.DESK]
    drilled(city, now)
    # Frank stands above the county that was drilled, so nobody knows whether he can be reached.
    assert levels() == [rules.DESK, rules.DESK]
    Holding.objects.filter(person_id=city.people["frank"]).update(until=now)
    assert levels() == [rules.NOBODY, rules.NOBODY]  # desks that do not answer stand in for nobody


def test_what_if_says_who_may_take_the_seats_of_a_roster(city: City, now: datetime, django_assert_num_queries) -> None:
    dan, alice, bob = city.actor("dan"), city.people["alice"], city.people["bob"]
    town, village = city.area("441302001"), city.area("441302001001")
    first = local(now).date() + timedelta(days=1)
    made = roster_make(
        actor=dan, response_id=city.response_id, unit_id=town, since=first, days=7, pattern="two", now=now
    )
    roster_publish(actor=dan, roster_id=made.id, version=made.version, now=now)
    found = coverage_ahead(actor=dan, area_ids=[village], now=now)
    opened = found.without(Away(frozenset([alice]), now, now + timedelta(days=9)))
    gaps = rules.gaps(rules.opened(found.level, opened.level), (rules.NOBODY, rules.DESK, rules.SILENT))
    assert gaps
    with CaptureQueriesContext(connection) as asked:
        fills = fillings(opened, gaps, now)
    assert all(len(some) == 1 for some in fills)
    named = {filler.person_id for some in fills for filler in some[0].best}
    assert alice not in named and named <= {bob, city.people["dan"], city.people["dora"]}
    with django_assert_num_queries(len(asked)):
        assert len(fillings(opened, gaps[:1], now)) == 1  # one gap asks as much as all of them


def test_what_if_without_a_roster_names_who_is_free_around(city: City, now: datetime) -> None:
    dan, carol = city.actor("dan"), city.people["carol"]
    found = coverage_ahead(actor=dan, area_ids=[city.area("441302001001")], now=now)
    both = frozenset([city.people["alice"], city.people["bob"]])
    opened = found.without(Away(both, now + 24 * HOUR, now + 48 * HOUR))
    [gap] = rules.gaps(rules.opened(found.level, opened.level), (rules.NOBODY, rules.DESK, rules.SILENT))
    assert (gap.first, gap.last, gap.level) == (24, 48, rules.DESK)
    [[fill]] = fillings(opened, [gap], now)
    assert [one.why for one in fill.best] == ["same", "desk", "desk"] and fill.able >= 3
    assert [one.person_id for one in fill.best][:2] == [
        carol,
        city.people["dora"],
    ]  # the deputy, so that the desk keeps its holder
    desk = Holding.objects.get(person_id=city.people["dan"]).post_id
    duty = Duty(desk, carol, now + 30 * HOUR, now + 31 * HOUR)
    duties_replace(actor=CHIEF, post_ids=[desk], since=now, until=now + 48 * HOUR, duties=[duty], now=now)
    [[fill]] = fillings(opened, [gap], now)
    assert carol not in {one.person_id for one in fill.best}  # she has a duty in that time


def test_the_page_of_the_coming_days(city: City) -> None:
    client, stranger = Client(), Client()
    client.force_login(city.person("dan"))
    page = client.get("/coverage/ahead").content.decode()
    assert "今后十四天覆盖预报" in page and "还没有做过通联演练" in page and "发起演练" in page
    assert (
        client.get("/coverage/ahead").context["count"] == 0 < client.get("/coverage/ahead?level=desk").context["count"]
    )
    stranger.force_login(city.person("alice"))
    for address in ("/coverage/ahead", "/coverage/what-if", "/coverage/map", "/coverage/map/hours"):
        assert stranger.get(address).status_code == 403, address
    for address in ("/coverage/map", "/coverage/map/hours"):
        assert client.get(f"{address}?area=441323").status_code == 403, address
        assert client.get(f"{address}?area=99").status_code == 404, address


def test_the_page_of_what_if_names_people_by_ids_alone(city: City) -> None:
    client = Client()
    client.force_login(city.person("dan"))
    assert "Alice" in client.get("/coverage/what-if").content.decode()
    ill = "&".join(f"ill={city.people[name]}" for name in ("alice", "bob"))
    page = client.get(f"/coverage/what-if?{ill}&days=3").content.decode()
    assert "新出现的空档" in page and "Carol" in page and "本村（居）岗位" in page
    for wrong in ("ill=x", "days=0", "days=15", "days=x", "from=x"):
        assert client.get(f"/coverage/what-if?{wrong}").status_code == 422, wrong
    # Somebody of another county is no one who stands here, and is not told of.
    assert client.get(f"/coverage/what-if?ill={city.people['olga']}").context["ill"] == set()


def test_the_hours_of_the_map_are_those_of_the_list(city: City) -> None:
    client = Client()
    client.force_login(city.person("dan"))
    found = client.get("/coverage/map/hours?area=441302001").json()
    assert found["hours"] == 336 and set(found["levels"]) == {"441302001001", "441302001003", "441302001005"}
    assert found["levels"]["441302001001"] == "3" * 336 and found["levels"]["441302001003"] == "1" * 336
    assert "coverage.js" in client.get("/coverage/map").content.decode()

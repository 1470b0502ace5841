"""Readiness: what is met and open, who approved, when a site has passed, and how its returners are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import City
from wangge.duties.venues.models import Readiness, ReadinessRecord, Returners, Venue
from wangge.duties.venues.queries import readiness as queries
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.services import readiness as services
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import InputInvalid, NotASite, NotPermitted


@pytest.fixture
def record(city: City, now: datetime) -> Callable[..., Readiness]:
    def recorded(venue: Venue, who: str = "alice", record_id: Any = None, **said: Any) -> Readiness:
        draft = services.ReadinessDraft(venue.id, **said)
        return services.readiness_record(
            actor=city.actor(who), response_id=city.response_id, draft=draft, now=now, record_id=record_id
        )

    return recorded


@pytest.fixture
def school(register: Callable[..., Venue]) -> Venue:
    return register("东湖小学", "school")


def everything(city: City, now: datetime, kind: str = "school") -> dict[str, Any]:
    _, plan = pack_for(city.response_id)
    assert plan.readiness is not None
    items = plan.readiness.items_of(kind)
    return {"met": tuple(items), "approvals": dict.fromkeys(plan.readiness.approvals, local(now).date())}


def test_a_site_has_passed_when_nothing_is_open_and_is_open_again_when_something_is(
    school: Venue, record: Callable[..., Readiness], city: City, now: datetime, told: Callable[[str], list[Any]]
) -> None:
    first = record(school, met=("plan", "roster"))
    assert first.passed_on is None and {"supplies", "government", "health"} <= set(first.open)
    assert record(school, **everything(city, now)).passed_on == local(now).date()
    assert record(school, met=("plan",)).passed_on is None
    assert [len(told(f"readiness.{what}")) for what in ("recorded", "passed")] == [3, 1]


def test_the_same_record_again_changes_nothing(school: Venue, record: Callable[..., Readiness]) -> None:
    record_id = uuid4()
    record(school, record_id=record_id, met=("plan",))
    assert record(school, record_id=record_id, met=()).met == ["plan"]
    assert ReadinessRecord.objects.count() == 1


def test_only_sites_and_only_where_one_may(
    register: Callable[..., Venue], school: Venue, record: Callable[..., Readiness]
) -> None:
    with pytest.raises(NotASite):
        record(register())
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            record(school, who=who)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("met", {"met": ("castle",)}),
        ("approvals", {"approvals": {"army": date(2020, 2, 1)}}),
        ("approved_health", {"approvals": {"health": date(2020, 3, 1)}}),
        ("resumes_on", {"resumes_on": date(2030, 3, 1)}),
    ],
)
def test_what_cannot_be_taken_is_named(
    school: Venue, record: Callable[..., Readiness], field: str, said: dict[str, Any]
) -> None:
    with pytest.raises(InputInvalid) as refused:
        record(school, **said)
    assert refused.value.details["field"] == field


def test_returners_are_counted_by_the_day_and_the_later_count_stands(school: Venue, city: City, now: datetime) -> None:
    today = local(now).date()
    upon: dict[str, Any] = {"actor": city.actor("alice"), "venue_id": school.id, "now": now}
    services.returners_count(**upon, day=today, people=120, unwell=2)
    services.returners_count(**upon, day=today, people=121, unwell=1)
    assert Returners.objects.get().people == 121
    days = queries.returners_by_day(actor=city.actor("erin"), response_id=city.response_id, until=today)
    assert days == [(today, 1, 121, 1)]
    for wrong in ({"people": 1, "unwell": 2}, {"people": -1, "unwell": 0}):
        with pytest.raises(InputInvalid):
            services.returners_count(**upon, day=today, **wrong)
    with pytest.raises(InputInvalid):
        services.returners_count(**upon, day=today + timedelta(days=1), people=1, unwell=0)


def test_sites_are_listed_with_how_far_they_are(
    register: Callable[..., Venue], school: Venue, record: Callable[..., Readiness], city: City, now: datetime
) -> None:
    ready, begun = register("演示工厂", "factory"), register("演示港口", "port")
    record(ready, **everything(city, now, "factory"))
    record(begun, met=("plan",))
    _, plan = pack_for(city.response_id)
    assert plan.readiness is not None

    def listed(who: str = "erin", state: str = "") -> Any:
        return queries.sites(
            actor=city.actor(who), response_id=city.response_id, kinds=plan.readiness.kinds, state=state
        )

    page = listed()
    assert (page.total, page.passed, page.looked_at) == (3, 1, 2)
    assert [[site.venue for site in listed(state=one).sites] for one in ("passed", "preparing", "unseen")] == [
        [ready], [begun], [school],
    ]  # fmt: skip
    assert listed("olga").total == 0


def test_a_station_is_asked_what_stations_are_asked(
    register: Callable[..., Venue], record: Callable[..., Readiness]
) -> None:
    station = register("惠州火车站", "railway_station")
    still_open = set(record(station, met=("channel", "vehicles")).open)
    assert still_open.isdisjoint({"channel", "roster", "classes", "crew"}) and {"plan", "temperature"} <= still_open
    with pytest.raises(InputInvalid):
        record(station, met=("canteen",))

"""The day's counts: once a day and place, replaced when said anew, by link without an account, missed by the hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import City
from wangge.duties.matters.models import Matter
from wangge.duties.venues import rules
from wangge.duties.venues.models import DayCount, Gap, Venue
from wangge.duties.venues.queries import lodging as queries
from wangge.duties.venues.services import lodging as services
from wangge.duties.venues.services.orders import OrderDraft, order_issue
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import InputInvalid, NotLodging, NotPermitted, Problem, VenueLinkUnknown

HOUR = timedelta(hours=1)


@pytest.fixture
def count(city: City, now: datetime) -> Callable[..., DayCount]:
    """Report a day as the village's officer."""

    def counted(venue: Venue, guests: int, registered: int, uploaded: int, **more: Any) -> DayCount:
        who, at = more.pop("who", "alice"), more.pop("at", now)
        draft = services.CountDraft(venue.id, guests, registered, uploaded, more.pop("day", None))
        return services.lodging_report(
            actor=city.actor(who, at), response_id=city.response_id, draft=draft, now=at, **more
        )

    return counted


@pytest.fixture
def hotel(register: Callable[..., Venue]) -> Venue:
    return register("蓬莱宾馆", "hotel")


def sums(city: City, who: str = "erin", area: str = "441302", day: datetime | None = None) -> queries.Sums:
    from_day = local(day or datetime.fromisoformat("2020-02-03T09:00:00+08:00")).date()
    found, _ = queries.day_sums(
        actor=city.actor(who), response_id=city.response_id, day=from_day, area_id=city.area(area)
    )
    return found


def test_a_day_counts_once_and_the_later_report_stands(
    hotel: Venue, count: Callable[..., DayCount], city: City, told: Callable[[str], list[Any]]
) -> None:
    count(hotel, 10, 8, 8)
    count(hotel, 10, 8, 8)
    count(hotel, 10, 10, 10)
    signs = [(event.data["sign"], event.data["uploaded"]) for event in told("duty.logged") + told("duty.countered")]
    assert signs == [(1, 8), (1, 10), (-1, 8)]
    found = sums(city)
    assert (found.places, found.reported, found.guests, found.uploaded_rate) == (1, 1, 10, 100.0)


def test_a_rate_is_never_100_while_one_is_missing() -> None:
    assert (rules.share(99_999, 100_000), rules.share(3, 3), rules.share(0, 0)) == (99.9, 100.0, None)


def test_the_same_record_again_changes_nothing(
    hotel: Venue, count: Callable[..., DayCount], told: Callable[[str], list[Any]]
) -> None:
    record_id = uuid4()
    count(hotel, 5, 5, 5, record_id=record_id)
    count(hotel, 9, 9, 9, record_id=record_id)
    assert len(told("duty.logged")) == 1
    assert DayCount.objects.get(replaced_at__isnull=True).guests == 5


@pytest.mark.parametrize(
    ("field", "numbers"), [("registered", (3, 4, 3)), ("uploaded", (3, 3, 4)), ("guests", (-1, 0, 0))]
)
def test_numbers_that_cannot_be_are_named(
    hotel: Venue, count: Callable[..., DayCount], field: str, numbers: tuple[int, int, int]
) -> None:
    with pytest.raises(InputInvalid) as refused:
        count(hotel, *numbers)
    assert refused.value.details["field"] == field


def test_days_long_gone_and_days_to_come_are_not_taken(
    hotel: Venue, count: Callable[..., DayCount], now: datetime
) -> None:
    today = local(now).date()
    for away in (-4, 1):
        with pytest.raises(InputInvalid):
            count(hotel, 1, 1, 1, day=today + timedelta(days=away))


def test_only_lodging_places_count_and_only_where_one_may(
    register: Callable[..., Venue], hotel: Venue, count: Callable[..., DayCount]
) -> None:
    with pytest.raises(NotLodging):
        count(register(), 1, 1, 1)
    for who in ("olga", "carol", "adam"):
        with pytest.raises(NotPermitted):
            count(hotel, 1, 1, 1, who=who)


def test_a_link_reports_for_its_place_alone_and_a_new_one_ends_it(hotel: Venue, city: City, now: datetime) -> None:
    upon: dict[str, Any] = {"actor": city.actor("alice"), "venue_id": hotel.id, "now": now}
    secret = services.link_make(**upon)
    services.link_report(secret=secret, guests=4, registered=4, uploaded=3, now=now)
    view = services.link_view(secret=secret, now=now)
    assert (view.venue.id, view.counts[0].source, view.report_by) == (hotel.id, "link", "21:00")
    assert secret not in str(Venue.objects.values().get(id=hotel.id))
    services.link_make(**upon)
    for gone in (secret, "", "x" * 24):
        with pytest.raises(VenueLinkUnknown):
            services.link_view(secret=gone, now=now)


@pytest.mark.django_db(transaction=True)
def test_who_has_not_reported_by_the_hour_becomes_a_matter_once(
    register: Callable[..., Venue], count: Callable[..., DayCount], city: City, now: datetime,
    settle: Callable[[datetime], None],
) -> None:  # fmt: skip
    early = now - timedelta(days=1)
    silent, said = register("蓬莱宾馆", "hotel", at=early), register("瑶池旅馆", "inn", at=early)
    shut = register("昆仑民宿", "guesthouse", at=early)
    draft = OrderDraft("close", ("guesthouse",), (city.area("4413"),), "市指挥部", "传染病防治法")
    order_issue(actor=city.actor("frank"), response_id=city.response_id, draft=draft, now=early)
    shut.refresh_from_db()
    settle(now)  # the hour of the day before is swept
    Gap.objects.all().delete()
    before = Matter.objects.filter(kind="lodging_unregistered").count()
    count(said, 3, 3, 3)
    at = now.replace(hour=21, minute=0)
    settle(at - timedelta(minutes=1))
    assert not Gap.objects.exists()
    settle(at)
    settle(at + HOUR)
    assert [gap.venue_id for gap in Gap.objects.all()] == [silent.id]
    matters = list(Matter.objects.filter(kind="lodging_unregistered"))
    assert len(matters) == before + 1
    assert Gap.objects.get().matter_id in {matter.id for matter in matters}
    settle(at + timedelta(days=2))  # nothing ran for two days
    missed = Gap.objects.filter(venue_id=silent.id).order_by("day").values_list("day", flat=True)
    assert list(missed) == [local(at).date() + timedelta(days=days) for days in range(3)]


def test_a_city_sees_its_rates_and_who_is_missing(
    register: Callable[..., Venue], count: Callable[..., DayCount], city: City, now: datetime
) -> None:
    silent, short = register("蓬莱宾馆", "hotel"), register("瑶池旅馆", "inn")
    count(short, 10, 9, 5)
    day = local(now).date()
    upon: dict[str, Any] = {
        "actor": city.actor("erin"), "response_id": city.response_id, "day": day, "area_id": city.area("441302"),
    }  # fmt: skip
    found, below = queries.day_sums(**upon)
    assert (found.missing, found.registered_rate, found.uploaded_rate) == (1, 90.0, 55.6)
    assert [(part.area_id, part.sums.places) for part in below] == [(city.area("441302001"), 2)]
    assert [one.id for one in queries.owing(**upon).venues] == [silent.id]
    assert [one.id for one in queries.owing(**upon, show="short").venues] == [short.id]
    whole = queries.owing(**upon, show="all")
    assert {one.id for one in whole.venues} == {silent.id, short.id} and list(whole.counts) == [short.id]
    with pytest.raises(NotPermitted):
        queries.day_sums(**upon | {"actor": city.actor("olga")})


def test_many_at_once_give_each_its_result(hotel: Venue, city: City, now: datetime) -> None:
    drafts = [
        services.CountDraft(hotel.id, 3, 3, 3), services.CountDraft(uuid4(), 1, 1, 1),
        services.CountDraft(hotel.id, 4, 4, 4), services.CountDraft(hotel.id, 1, 2, 2),
    ]  # fmt: skip
    found = services.lodging_reports(
        actor=city.actor("alice"), response_id=city.response_id, drafts=drafts, now=now, source="api"
    )
    assert [isinstance(one, Problem) for one in found] == [False, True, False, True]
    assert DayCount.objects.get(replaced_at__isnull=True).guests == 4

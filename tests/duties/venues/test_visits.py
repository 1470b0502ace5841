"""Visits: counted once, each item asked once, looked at again by the clock, warned of, countered, on the day's list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import City
from wangge.duties.matters.models import Matter
from wangge.duties.venues import rules
from wangge.duties.venues.models import Due, Venue, Visit
from wangge.duties.venues.queries import visits as queries
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services import countering
from wangge.duties.venues.services import orders as order_services
from wangge.duties.venues.services import visits as services
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotPermitted,
    VisitCountered,
    VisitedLately,
    VisitIsCounter,
)
from wangge.spine.messaging.models import Delivery

DAY = timedelta(days=1)
FAILING = {"rounds": ("closure",), "answers": {"shut": "ok", "notice": "failed", "keeper": "ok"}}


def test_a_visit_counts_like_an_entry_of_the_duty_log_and_once(
    register: Callable[..., Venue], visit: Callable[..., Visit], told: Callable[[str], list[Any]]
) -> None:
    venue, record_id = register(), uuid4()
    first = visit(venue, record_id=record_id, quantities={"closed": 1}, note="店主13812345678在场")
    again = visit(venue, record_id=record_id, quantities={"closed": 9})
    assert (first.id, again.id, again.quantities["closed"]) == (record_id, record_id, 1)
    [event] = told("duty.logged")
    assert event.data == {
        "kind": "entertainment_inspection", "place_kind": "internet_cafe", "sign": 1, "premises": 1, "closed": 1,
    }  # fmt: skip
    assert event.subject_id == record_id


def test_several_rounds_in_one_visit_ask_each_item_once_and_count_once(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, told: Callable[[str], list[Any]]
) -> None:
    _, plan = pack_for(city.response_id)
    venue = register("蓬莱宾馆", "hotel")
    items = rules.items_of(plan.rounds_of("hotel"))
    assert items.count("temperature") == 1
    made = visit(venue, rounds=("lodging", "hygiene"), answers=dict.fromkeys(items, "ok"))
    assert {"police", "health"} <= set(made.agencies)
    assert len(told("duty.logged")) == 1
    due = dict(Due.objects.filter(venue=venue).values_list("round", "due_on"))
    today = local(made.observed_at).date()
    assert due == {"lodging": today + 7 * DAY, "hygiene": today + 14 * DAY}


def test_what_failed_is_looked_at_again_within_its_time(
    register: Callable[..., Venue], visit: Callable[..., Visit], now: datetime, told: Callable[[str], list[Any]]
) -> None:
    venue = register()
    visit(venue, **FAILING)
    venue.refresh_from_db()
    assert (venue.failed, venue.recheck_due_at) == (["notice"], now + DAY)
    visit(venue, at=now + DAY / 2, rounds=("closure",), answers={"notice": "ok"})
    venue.refresh_from_db()
    assert (venue.failed, venue.recheck_due_at) == ([], None)
    [passed] = told("visit.recheck_passed")
    assert passed.data["in_time"] is True


def test_what_was_not_looked_at_again_stays_failed(
    register: Callable[..., Venue], visit: Callable[..., Visit], now: datetime
) -> None:
    venue = register()
    visit(venue, **FAILING)
    visit(venue, at=now + DAY / 2, rounds=("closure",), answers={"shut": "failed"})
    venue.refresh_from_db()
    assert set(venue.failed) == {"shut", "notice"}
    assert venue.recheck_due_at == now + DAY / 2 + DAY


@pytest.mark.django_db(transaction=True)
def test_an_overdue_reinspection_is_told_once_to_the_officer(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime,
    settle: Callable[[datetime], None], told: Callable[[str], list[Any]],
) -> None:  # fmt: skip
    venue = register()
    visit(venue, **FAILING)
    settle(now + DAY - timedelta(minutes=1))
    assert told("visit.recheck_overdue") == []
    for after in (timedelta(), timedelta(minutes=5)):
        settle(now + DAY + after)
    assert len(told("visit.recheck_overdue")) == 1
    heard = Delivery.objects.filter(template="visit.recheck_overdue")
    assert city.people["alice"] in set(heard.values_list("person_id", flat=True))
    assert all(delivery.params == {"number": venue.number} for delivery in heard)


def test_a_second_visit_within_days_is_warned_of_and_taken_when_meant(
    register: Callable[..., Venue], visit: Callable[..., Visit], now: datetime
) -> None:
    venue = register("蓬莱宾馆", "hotel")
    visit(venue, rounds=("lodging",), answers={})
    with pytest.raises(VisitedLately) as warned:
        visit(venue, who="hana", at=now + DAY, aware=False)
    assert "公安" in warned.value.sentence("zh")
    assert visit(venue, who="hana", at=now + DAY, aware=True)
    assert visit(venue, who="hana", at=now + 4 * DAY, aware=False)


def test_a_counter_entry_takes_everything_back_once(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime,
    told: Callable[[str], list[Any]],
) -> None:  # fmt: skip
    venue = register()
    first = visit(venue, rounds=("closure",), answers={"shut": "ok"}, at=now)
    second = visit(venue, at=now + 3 * DAY, **FAILING)
    upon = {"actor": city.actor("alice"), "now": now + 3 * DAY, "reason": "记错了场所"}
    counter = countering.visit_counter(visit_id=second.id, **upon)
    venue.refresh_from_db()
    assert (venue.failed, venue.recheck_due_at, venue.last_visit_at) == ([], None, first.observed_at)
    assert Due.objects.get(venue=venue).due_on == local(now).date() + 7 * DAY
    [event] = told("duty.countered")
    assert (event.subject_id, event.data["sign"], event.data["premises"]) == (second.id, -1, 1)
    with pytest.raises(VisitCountered):
        countering.visit_counter(visit_id=second.id, **upon)
    with pytest.raises(VisitIsCounter):
        countering.visit_counter(visit_id=counter.id, **upon)


def test_who_may_not_visit_there_is_refused(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime
) -> None:
    venue = register()
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            visit(venue, who=who)
    made = visit(venue)
    with pytest.raises(NotPermitted):
        countering.visit_counter(actor=city.actor("olga"), visit_id=made.id, reason="不是我的", now=now)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("rounds", {"rounds": ("hygiene",)}),
        ("castle", {"rounds": ("closure",), "answers": {"castle": "ok"}}),
        ("shut", {"rounds": ("closure",), "answers": {"shut": "yes"}}),
        ("premises", {"quantities": {"premises": -1}}),
        ("people", {"quantities": {"people": 1}}),
        ("open_found", {"open_found": True}),
        ("note", {"note": "长" * 2001}),
        ("agencies", {"agencies": ("army",)}),
    ],
)
def test_what_cannot_be_taken_is_named(
    register: Callable[..., Venue], visit: Callable[..., Visit], field: str, said: dict[str, Any]
) -> None:
    with pytest.raises(InputInvalid) as refused:
        visit(register(), **said)
    assert refused.value.details["field"] == field


def test_the_list_of_the_day_begins_with_what_is_to_be_looked_at_again(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime
) -> None:
    fresh, failed, done = register("甲子网吧"), register("乙丑网咖"), register("丙寅电竞")
    hotel = register("蓬莱宾馆", "hotel")
    visit(failed, **FAILING)
    visit(done, rounds=("closure",), answers={"shut": "ok"})
    _, plan = pack_for(city.response_id)

    def listed(who: str) -> queries.DayList:
        actor, day = city.actor(who), local(now).date()
        return queries.day_list(actor=actor, response_id=city.response_id, plan=plan, day=day)

    assert [row.venue.number for row in listed("alice").rows] == [failed.number, fresh.number, hotel.number]
    assert [row.venue.number for row in listed("olga").rows] == []
    desk = listed("dan").rows
    assert {one.code for row in desk for one in row.rounds if row.venue == hotel} == {"lodging", "hygiene"}


def test_the_pages_of_the_list_of_the_day_name_everything_once(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime
) -> None:
    names = "甲子 乙丑 丙寅 丁卯 戊辰 己巳 庚午"
    venues = [register(f"{name}宾馆", "hotel") for name in names.split()]
    for failed in venues[:3]:
        visit(failed, rounds=("lodging",), answers=dict.fromkeys(_items(city, "lodging"), "failed"))
    _, plan = pack_for(city.response_id)
    seen: list[str] = []
    after, rechecked = None, False
    while True:
        page = queries.day_list(
            actor=city.actor("dan"), response_id=city.response_id, plan=plan, day=local(now).date(),
            after=after, rechecked=rechecked, limit=2,
        )  # fmt: skip
        seen += [row.venue.number for row in page.rows]
        if page.last is None:
            break
        after, rechecked = page.last.mark, page.last.since is not None
    assert seen == [one.number for one in venues]


def _items(city: City, code: str) -> tuple[str, ...]:
    return pack_for(city.response_id)[1].rounds[code].items


@pytest.mark.django_db(transaction=True)
def test_a_closed_venue_found_open_becomes_one_matter(
    register: Callable[..., Venue], visit: Callable[..., Visit], city: City, now: datetime,
    settle: Callable[[datetime], None],
) -> None:  # fmt: skip
    venue = register()
    draft = order_services.OrderDraft(
        "close", ("internet_cafe",), (city.area("4413"),), "市指挥部", "传染病防治法第四十二条"
    )
    order_services.order_issue(actor=city.actor("frank"), response_id=city.response_id, draft=draft, now=now)
    made = visit(venue, open_found=True, rounds=("closure",), answers={"shut": "failed"})
    settle(now + timedelta(minutes=1))
    settle(now + timedelta(minutes=2))
    [matter] = Matter.objects.filter(kind="closure_breach")
    made.refresh_from_db()
    assert (made.matter_id, matter.area_id) == (matter.id, venue.area_id)
    assert venue.number in matter.reports.get().fields["venue_name"]


def test_many_visits_at_once_give_each_its_result(register: Callable[..., Venue], city: City, now: datetime) -> None:
    venue = register()
    drafts = [VisitDraft(venue.id), VisitDraft(uuid4()), VisitDraft(venue.id, quantities={"closed": -1})]
    found = services.visits_record(actor=city.actor("alice"), response_id=city.response_id, drafts=drafts, now=now)
    assert [isinstance(one, Visit) for one in found] == [True, False, False]

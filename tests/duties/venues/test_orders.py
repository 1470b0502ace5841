"""Orders: the state of venues follows what is in force, lifting goes by stages, and the notice is kept as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import City
from wangge.duties.venues.models import Order, Venue
from wangge.duties.venues.queries import orders as queries
from wangge.duties.venues.services import orders as services
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, OrderEnded

ENGINE = system_actor("engine", "venue.order")
HOUR = timedelta(hours=1)
BASIS = "《传染病防治法》第四十二条：可以采取紧急措施"


@pytest.fixture
def issue(city: City, now: datetime) -> Callable[..., Order]:
    """Issue an order as the city's desk."""

    def issued(*kinds: str, area: str = "4413", who: str = "frank", at: datetime | None = None, **more: Any) -> Order:
        draft = services.OrderDraft(
            more.pop("effect", "close"),
            kinds or ("bar", "internet_cafe"),
            (city.area(area),),
            "市指挥部",
            BASIS,
            **more,
        )
        when = at or now
        return services.order_issue(actor=city.actor(who, when), response_id=city.response_id, draft=draft, now=when)

    return issued


def state(venue: Venue) -> str:
    venue.refresh_from_db()
    return venue.state


def test_an_order_closes_its_kinds_in_its_areas_and_venues_that_come_later(
    register: Callable[..., Venue], issue: Callable[..., Order]
) -> None:
    cafe, hotel = register(), register("蓬莱宾馆", "hotel")
    elsewhere = register("别处网吧", area="441323001001", who="olga")
    order = issue(area="441302")
    assert (state(cafe), state(hotel), state(elsewhere)) == ("closed", "open", "open")
    assert register("昆仑酒吧", "bar").state == "closed"
    assert cafe.order_id == order.id


def test_the_notice_names_authority_basis_kinds_area_and_start(issue: Callable[..., Order]) -> None:
    notice = issue().notice
    for piece in ("市指挥部", "《传染病防治法》第四十二条", "酒吧、网吧", "惠州市", "2020年2月3日09:00"):
        assert piece in notice
    assert "紧急措施" not in notice


def test_lifting_by_stages_opens_kind_by_kind_and_area_by_area(
    register: Callable[..., Venue], issue: Callable[..., Order], city: City, now: datetime
) -> None:
    cafe, bar = register(), register("昆仑酒吧", "bar")
    far = register("别处网吧", area="441323001001", who="olga")
    order = issue()
    upon: dict[str, Any] = {"actor": city.actor("frank"), "order_id": order.id}
    services.order_lift(**upon, now=now + HOUR, kinds=["internet_cafe"], area_ids=[city.area("441302")])
    assert (state(cafe), state(bar), state(far)) == ("open", "closed", "closed")
    services.order_lift(**upon, now=now + 2 * HOUR)
    assert (state(bar), state(far)) == ("open", "open")
    with pytest.raises(OrderEnded):
        services.order_lift(**upon, now=now + 3 * HOUR)


def test_the_strictest_of_two_orders_holds_and_the_other_when_it_is_gone(
    register: Callable[..., Venue], issue: Callable[..., Order], city: City, now: datetime
) -> None:
    cafe = register()
    issue(effect="limit", limits="减半接待")
    assert state(cafe) == "limited"
    closing = issue("internet_cafe", area="441302", at=now + HOUR)
    assert state(cafe) == "closed"
    services.order_lift(actor=city.actor("frank"), order_id=closing.id, now=now + 2 * HOUR)
    assert state(cafe) == "limited"


def test_what_begins_later_is_put_into_force_by_the_engine_once(
    register: Callable[..., Venue], issue: Callable[..., Order], now: datetime, told: Callable[[str], list[Any]]
) -> None:
    cafe = register()
    issue(starts_at=now + HOUR)
    assert services.orders_due(actor=ENGINE, now=now + HOUR / 2) == 0
    assert state(cafe) == "open"
    assert services.orders_due(actor=ENGINE, now=now + HOUR) == 1
    assert services.orders_due(actor=ENGINE, now=now + HOUR) == 0
    assert state(cafe) == "closed"
    assert len(told("order.applied")) == 1


def test_a_stage_of_a_later_day_opens_then(
    register: Callable[..., Venue], issue: Callable[..., Order], city: City, now: datetime
) -> None:
    cafe, order = register(), issue()
    services.order_lift(actor=city.actor("frank"), order_id=order.id, now=now, at=now + HOUR)
    assert state(cafe) == "closed"
    services.orders_due(actor=ENGINE, now=now + HOUR)
    assert state(cafe) == "open"


def test_only_whoever_may_in_all_of_its_areas_orders_and_lifts(
    issue: Callable[..., Order], city: City, now: datetime
) -> None:
    for who, area in (("alice", "441302001001"), ("erin", "4413"), ("omar", "441302"), ("adam", "4413")):
        with pytest.raises(NotPermitted):
            issue(area=area, who=who)
    order = issue()
    with pytest.raises(NotPermitted):
        services.order_lift(actor=city.actor("erin"), order_id=order.id, now=now)


def test_an_order_is_seen_by_those_it_reaches(issue: Callable[..., Order], city: City) -> None:
    order = issue(area="441302")
    assert queries.order_view(order.id, actor=city.actor("alice")).order == order
    for who in ("olga", "adam"):
        with pytest.raises(NotFound):
            queries.order_view(order.id, actor=city.actor(who))


@pytest.mark.parametrize(
    ("field", "said"),
    [("limits", {"effect": "limit"}), ("effect", {"effect": "burn"}), ("notice", {"notice": "长" * 2001})],
)
def test_what_cannot_be_ordered_is_named(issue: Callable[..., Order], field: str, said: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid) as refused:
        issue(**said)
    assert refused.value.details["field"] == field

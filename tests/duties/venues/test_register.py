"""The register: numbers, what is kept apart, look-alikes, corrections, ending, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import City
from tests.duties.venues.conftest import EAST
from wangge.duties.venues import rules
from wangge.duties.venues.models import Due, Venue
from wangge.duties.venues.queries import register as queries
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services import importing
from wangge.duties.venues.services import register as services
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotFound,
    NotPermitted,
    VenueChanged,
    VenueEnded,
    VenueKnown,
)


def test_a_venue_gets_a_number_of_its_village_and_the_rounds_of_its_kind(register: Callable[..., Venue]) -> None:
    first, second = register(), register("蓬莱宾馆", "hotel")
    assert (first.number, second.number) == (f"V{EAST}-0001", f"V{EAST}-0002")
    assert set(Due.objects.filter(venue=first).values_list("round", flat=True)) == {"closure"}
    assert set(Due.objects.filter(venue=second).values_list("round", flat=True)) == {"lodging", "hygiene"}


def test_contacts_are_masked_and_neither_in_the_row_nor_in_the_journal(
    register: Callable[..., Venue], city: City, told: Callable[[str], list[Any]]
) -> None:
    venue = register(contact_name="王小明", contact_phone="13812345678", operator="王小明个体经营")
    view = queries.venue_view(venue, actor=city.actor("alice"))
    assert (view.private["contact_name"], view.private["contact_phone"]) == ("王**", "138****5678")
    row = " ".join(str(value) for value in Venue.objects.values().get(id=venue.id).values())
    [event] = told("venue.registered")
    assert not any(piece in row + str(event.data) for piece in ("王小明", "13812345678"))


@pytest.mark.parametrize("name", ["瑶池网吧", "瑶池 网吧（东湖店）", "瑶池网吧有限公司"])
def test_the_same_venue_again_is_asked_about(register: Callable[..., Venue], name: str) -> None:
    first = register("瑶池网吧东湖店" if "店" in name else "瑶池网吧")
    with pytest.raises(VenueKnown) as refused:
        register(name)
    assert first.number in refused.value.sentence("zh")
    assert register(name, not_the_same=True).number != first.number


def test_one_telephone_is_one_venue_and_other_names_kinds_and_villages_are_others(
    register: Callable[..., Venue],
) -> None:
    register(contact_phone="13812345678")
    with pytest.raises(VenueKnown):
        register("蓬莱网咖", contact_phone="13812345678")
    register("昆仑棋牌室", "chess_card_room")
    register("瑶池网吧", "hotel")
    register("瑶池网吧", area="441302001003", who="dan")


def test_an_officer_of_another_county_neither_sees_nor_registers(register: Callable[..., Venue], city: City) -> None:
    venue = register()
    with pytest.raises(NotPermitted):
        register("别处酒吧", "bar", who="olga")
    with pytest.raises(NotFound):
        queries.venue_by_number(venue.number, actor=city.actor("olga"))
    page = queries.venues(actor=city.actor("olga"), response_id=city.response_id)
    assert (list(page.venues), page.following) == ([], None)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("name", {"name": "  "}),
        ("kind", {"kind": "castle"}),
        ("lon", {"lon": 114.4}),
        ("lon", {"lon": 14.4, "lat": 23.0}),
        ("size", {"size": -1}),
        ("contact_phone", {"contact_phone": "12"}),
        ("name", {"name": "瑶\x00池"}),
    ],
)
def test_what_cannot_be_taken_is_named(register: Callable[..., Venue], field: str, said: dict[str, Any]) -> None:
    with pytest.raises(InputInvalid) as refused:
        register(**said)
    assert refused.value.details["field"] == field


def test_a_list_is_narrowed_and_paged_by_number(register: Callable[..., Venue], city: City) -> None:
    names = ["甲子网吧", "乙丑网咖", "丙寅电竞", "丁卯冲浪", "戊辰上网"]
    made = [register(name, not_the_same=True) for name in names]
    register("蓬莱宾馆", "hotel")

    def asked(**more: Any) -> tuple[list[str], str | None]:
        page = queries.venues(actor=city.actor("erin"), response_id=city.response_id, **more)
        return [one.number for one in page.venues], page.following

    first, following = asked(group="entertainment", limit=3)
    second, end = asked(group="entertainment", limit=3, after=following)
    assert (first + second, end) == ([one.number for one in made], None)
    assert asked(kind="hotel")[0] == [f"V{EAST}-0006"]
    assert asked(text="丙寅")[0] == [made[2].number]


def test_a_correction_keeps_what_was_left_empty_and_the_slower_one_is_told(
    register: Callable[..., Venue], city: City, now: datetime, told: Callable[[str], list[Any]]
) -> None:
    venue = register(contact_name="王小明")
    draft = VenueDraft("internet_cafe", venue.area_id, "瑶池网络会所", address="东湖路1号")
    arguments = {"actor": city.actor("alice"), "venue_id": venue.id, "draft": draft, "version": 1, "now": now}
    changed = services.venue_change(**arguments)
    assert (changed.name, changed.version) == ("瑶池网络会所", 2)
    assert queries.venue_view(changed, actor=city.actor("alice")).private["contact_name"] == "王**"
    assert set(told("venue.changed")[0].data["fields"]) == {"name", "address"}
    with pytest.raises(VenueChanged):
        services.venue_change(**arguments)


def test_a_venue_that_is_no_more_is_on_no_list_and_can_be_taken_up_again(
    register: Callable[..., Venue], visit: Callable[..., Any], city: City, now: datetime
) -> None:
    venue, actor = register(), city.actor("alice")
    ended = services.venue_end(actor=actor, venue_id=venue.id, version=1, now=now)
    assert list(queries.venues(actor=actor, response_id=city.response_id).venues) == []
    assert not Due.objects.filter(venue=venue).exists()
    with pytest.raises(VenueEnded):
        visit(venue)
    back = services.venue_resume(actor=actor, venue_id=venue.id, version=ended.version, now=now)
    assert back.state == "open" and Due.objects.filter(venue=venue).exists()


def test_a_sent_list_is_looked_at_then_taken_once(register: Callable[..., Venue], city: City, now: datetime) -> None:
    register()
    area = city.area(EAST)
    drafts = [
        VenueDraft("internet_cafe", area, "瑶池网吧"),
        VenueDraft("bar", area, "昆仑酒吧"),
        VenueDraft("bar", area, "昆仑 酒吧"),
        VenueDraft("hotel", area, ""),
        VenueDraft("hotel", city.area("441323001001"), "别县酒店"),
    ]
    upon: dict[str, Any] = {"actor": city.actor("alice"), "response_id": city.response_id, "drafts": drafts}
    seen = importing.venues_preview(**upon)
    assert [(one.repeated, one.alike, bool(one.problem)) for one in seen] == [
        (True, "", False), (False, "", False), (False, "↑1", False), (False, "", True), (False, "", True),
    ]  # fmt: skip
    importing.venues_import(**upon, now=now)
    assert sorted(Venue.objects.values_list("name", flat=True)) == ["昆仑酒吧", "瑶池网吧"]
    again = importing.venues_import(**upon, now=now)
    assert [one.repeated for one in again[:3]] == [True, True, True]
    assert Venue.objects.count() == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("蓬莱大酒店", "蓬莱酒店", False),
        ("蓬莱国际大酒店", "蓬莱国际酒店", True),
        ("瑶池", "昆仑", False),
        ("一", "一", True),
    ],
)
def test_names_are_alike_by_the_pairs_they_share(one: str, other: str, same: bool) -> None:
    assert rules.alike(rules.name_key(one), rules.name_key(other)) is same

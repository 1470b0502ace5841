"""Outlines as the browser gets them: of a scope, rounded, once for each version of the areas."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.models import Area
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.situation.outlines import outlines, outlines_tag

RING = [[114.123456, 23.0], [114.2, 23.0], [114.20001, 23.00001], [114.2, 23.1], [114.123456, 23.0]]


@pytest.fixture
def drawn(city: Any) -> None:
    Area.objects.filter(id=city.area("441302001")).update(
        outline={"type": "Polygon", "coordinates": [RING]}, outline_kind="schematic", lon=114.15, lat=23.05
    )


def written(city: Any, who: str, code: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(outlines(actor=city.actor(who), area_id=city.area(code)).plain())
    return found


def test_a_scope_gets_its_own_places_and_no_others(city: Any, drawn: None) -> None:
    places = written(city, "dan", "441302001")["places"]
    assert places[0] == ["441302001", "桥东街道", "town", "441302", 114.15, 23.05, "schematic"]
    assert {place[0] for place in places[1:]} == {"441302001001", "441302001003", "441302001005"}
    assert "441323" in {place[0] for place in written(city, "frank", "4413")["places"]}


def test_coordinates_are_rounded_and_rings_stay_closed(city: Any, drawn: None) -> None:
    [ring] = written(city, "dan", "441302001")["shapes"]["441302001"]["coordinates"]
    assert ring == [[114.1235, 23.0], [114.2, 23.0], [114.2, 23.1], [114.1235, 23.0]]


def test_they_are_read_once_until_the_areas_change(city: Any, drawn: None, django_assert_num_queries: Any) -> None:
    dan, town = city.actor("dan"), city.area("441302001")
    first = outlines(actor=dan, area_id=town)
    with django_assert_num_queries(0):
        assert outlines(actor=dan, area_id=town) is first
        assert outlines_tag(actor=dan, area_id=town) == first.tag
    with areas_changing():
        Area.objects.filter(id=town).update(short_name="桥东")
    second = outlines(actor=dan, area_id=town)
    assert second.tag != first.tag
    assert "桥东街道" not in second.plain().decode()


def test_an_outsider_gets_none(city: Any, drawn: None) -> None:
    outlines(actor=city.actor("dan"), area_id=city.area("441302001"))
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            outlines(actor=city.actor(who), area_id=city.area("441302001"))

"""Outlines: every place has one, none overlaps, the same every time; and every point finds its place."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from wangge.ground.areas.drawing import outlines_draw
from wangge.ground.areas.locating import NOWHERE, locate, locate_many
from wangge.ground.areas.models import Area
from wangge.ground.areas.outlines import divide, spread_points
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import grids_create
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaFileUnreadable, NotPermitted

from .conftest import NOW, held

SQUARES = {"990102": (114.0, 23.0), "990103": (115.0, 23.0)}
POINTS = b"code9,lon_wgs84,lat_wgs84\n990102001,114.25,23.5\n990102100,114.75,23.5\n990103100,99.0,23.5\n"


def counties(squares: dict[str, tuple[float, float]] = SQUARES) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"adcode": code},
            "geometry": shapely.geometry.mapping(shapely.box(west, south, west + 1, south + 1)),
        }
        for code, (west, south) in squares.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def drawn(city: Preview, clerk: Actor) -> int:
    grids_create(actor=clerk, village_id=held("990102001001").id, count=2, now=NOW)
    return outlines_draw(actor=clerk, counties=counties(), town_points=POINTS, now=NOW)


def outline(code: str) -> shapely.Geometry:
    return shapely.geometry.shape(Area.objects.get(id=held(code).id).outline)


def test_counties_are_surveyed_and_everything_below_is_marked_schematic(drawn: int) -> None:
    assert drawn == 2 + 3 + 5
    kinds = set(Area.objects.exclude(outline_kind="").values_list("level", "outline_kind"))
    assert kinds == {("county", "surveyed"), ("town", "schematic"), ("village", "schematic")}
    assert outline("990102001").contains(shapely.Point(114.25, 23.5))


def test_parts_fill_the_whole_and_do_not_overlap(drawn: int) -> None:
    for whole, parts in {
        "990102": ["990102001", "990102100"],
        "990102001": ["990102001001", "990102001002"],
        "990103": ["990103100"],
    }.items():
        shapes = [outline(code) for code in parts]
        assert shapely.union_all(shapes).area == pytest.approx(outline(whole).area, rel=1e-3)
        assert sum(shape.area for shape in shapes) == pytest.approx(outline(whole).area, rel=1e-3)


def test_a_given_point_outside_its_county_is_moved_inside(drawn: int) -> None:
    town = Area.objects.get(id=held("990103100").id)
    assert shapely.box(115, 23, 116, 24).contains(shapely.Point(town.lon, town.lat))


def test_drawing_again_gives_the_same(drawn: int, clerk: Actor) -> None:
    before = list(Area.objects.order_by("id").values_list("id", "lon", "lat", "outline"))
    outlines_draw(actor=clerk, counties=counties(), town_points=POINTS, now=NOW)
    assert list(Area.objects.order_by("id").values_list("id", "lon", "lat", "outline")) == before


def test_a_point_finds_the_deepest_area_round_it(drawn: int) -> None:
    for code in ("990102001001", "990102100200", "990103100201"):
        area = Area.objects.get(id=held(code).id)
        assert locate(area.lon, area.lat) == (held(code).id, "village", True)
    grid = Area.objects.get(id=held("990102001001001").id)
    assert locate(grid.lon, grid.lat) == (held("990102001001").id, "village", True)


@pytest.mark.parametrize("point", [(0.0, 0.0), (114.5, 89.0), (float("nan"), 23.5), (114.5, float("inf"))])
def test_a_point_outside_lies_nowhere(drawn: int, point: tuple[float, float]) -> None:
    assert locate(*point) is None


def test_many_points_at_once_answer_as_one_by_one(drawn: int) -> None:
    dice = np.random.default_rng(5)
    lons, lats = dice.uniform(113.5, 116.5, 400), dice.uniform(22.5, 24.5, 400)
    numbers, areas = locate_many(lons, lats)
    assert [None if n == NOWHERE else areas[n] for n in numbers] == [
        locate(lon, lat) for lon, lat in zip(lons, lats, strict=True)
    ]
    assert {NOWHERE} < set(numbers.tolist())
    assert len(locate_many([], [])[0]) == 0
    with pytest.raises(ValueError, match="same length"):
        locate_many([1.0], [1.0, 2.0])


def test_before_anything_is_drawn_a_point_lies_nowhere(city: Preview) -> None:
    assert locate(114.5, 23.5) is None


def test_new_outlines_are_used_at_once(drawn: int, clerk: Actor) -> None:
    assert locate(114.5, 20.5) is None
    outlines_draw(actor=clerk, counties=counties({"990102": (114.0, 20.0)}), now=NOW)
    found = locate(114.5, 20.5)
    assert found and tree().covers(held("990102").id, found.area_id)


A_POINT = b'{"properties": {"adcode": "1"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}'


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"features": [{"properties": {}}]}', b'{"features": [' + A_POINT + b"]}"]
)
def test_what_is_no_outline_is_refused(city: Preview, clerk: Actor, data: bytes) -> None:
    with pytest.raises(AreaFileUnreadable):
        outlines_draw(actor=clerk, counties=data, now=NOW)


def test_a_town_point_that_is_no_number_is_named(city: Preview, clerk: Actor) -> None:
    with pytest.raises(AreaFileUnreadable, match="line 2"):
        outlines_draw(actor=clerk, counties=counties(), town_points=b"code9,lon_wgs84,lat_wgs84\n1,x,2\n", now=NOW)


def test_an_outsider_may_not_draw(city: Preview, outsider: Actor) -> None:
    with pytest.raises(NotPermitted):
        outlines_draw(actor=outsider, counties=counties(), now=NOW)


@given(st.lists(st.integers(1, 999), min_size=1, max_size=25, unique=True), st.floats(0.01, 1.0))
def test_any_number_of_places_share_any_outline(numbers: list[int], size: float) -> None:
    bent = shapely.Polygon([(0, 0), (size, 0), (size, size / 3), (size / 3, size / 3), (size / 3, size), (0, size)])
    points = spread_points(bent, [f"990102001{number:03}" for number in numbers], {})
    parts = divide(bent, points)
    assert parts.keys() == points.keys()
    assert all(shape.is_valid and shape.area > 0 for shape in parts.values())
    assert sum(shape.area for shape in parts.values()) == pytest.approx(bent.area, rel=0.01)

"""Drawing the outlines of all areas and keeping them: a service of its own, since it changes no code or name."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry

from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.events import OUTLINES_DRAWN
from wangge.ground.areas.models import Area, Level, OutlineKind
from wangge.ground.areas.outlines import Point, as_geojson, divide, label_point, spread_points, surveyed
from wangge.ground.areas.permission import Actor, require
from wangge.ground.areas.services import BATCH, root_id, tell
from wangge.ground.areas.tables import Line, read_table
from wangge.ground.areas.tree import AreaNode, AreaTree, tree
from wangge.ground.kernel.problems import AreaFileUnreadable

POINT_HEADINGS = ("code9", "lon_wgs84", "lat_wgs84")
OUTLINE_KEY = "adcode"


def outlines_draw(
    *, actor: Actor, counties: bytes, town_points: bytes = b"", now: datetime, step: Callable[[], None] | None = None
) -> int:
    """Give counties their surveyed outlines, towns and villages schematic ones, grids a point. Returns how many.

    `counties` is GeoJSON (WGS84) with the county code as property `adcode`; `town_points` a table
    of code9, lon_wgs84, lat_wgs84. Areas without a code in these, or above a county, stay as they
    are. Drawing again gives the same. Raises AreaFileUnreadable.
    """
    require(actor, "area.manage", root_id())
    shapes = read_outlines(counties)
    points = read_points(town_points)
    with areas_changing(covers=False):
        snapshot = tree()
        pen = _Pen(snapshot, points)
        for node in snapshot.at_level(Level.COUNTY):
            if node.code in shapes:
                pen.county(node, shapes[node.code])
            if step:
                step()
        pen.managers()
        pen.keep()
        drawn = pen.counts()
        tell(OUTLINES_DRAWN, actor, now, None, **drawn)
    return sum(drawn.values())


def read_outlines(data: bytes) -> dict[str, BaseGeometry]:
    """County outlines by code. Raises AreaFileUnreadable."""
    try:
        return surveyed(json.loads(data), OUTLINE_KEY)
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        raise AreaFileUnreadable(
            why_zh="轮廓文件不是 GeoJSON 面要素集", why_en=f"no GeoJSON polygons ({error})"
        ) from error


def read_points(data: bytes) -> dict[str, Point]:
    """Town points by code; a line that holds no two degrees is refused. Raises AreaFileUnreadable."""
    lines: list[Line] = read_table(data, POINT_HEADINGS)[0] if data else []
    points: dict[str, Point] = {}
    for line in lines:
        try:
            lon, lat = float(line["lon_wgs84"]), float(line["lat_wgs84"])
        except ValueError as error:
            raise AreaFileUnreadable(
                why_zh=f"第 {line.number} 行的经纬度不是数字",
                why_en=f"line {line.number} holds no longitude and latitude",
            ) from error
        points[line["code9"]] = (lon, lat)
    return points


class _Pen:
    """Collects what is drawn: label points for all, outlines for counties, towns and villages."""

    def __init__(self, snapshot: AreaTree, town_points: Mapping[str, Point]) -> None:
        self.tree = snapshot
        self.town_points = town_points
        self.points: dict[UUID, Point] = {}
        self.shapes: dict[UUID, tuple[OutlineKind, BaseGeometry]] = {}

    def county(self, node: AreaNode, shape: BaseGeometry) -> None:
        """Draw a county and everything inside it."""
        self.shapes[node.id] = (OutlineKind.SURVEYED, shape)
        self.points[node.id] = label_point(shape)
        for town, part in self.inside(node, shape, self.town_points).items():
            for village, piece in self.inside(self.tree.get(town), part, {}).items():
                self.grids(self.tree.get(village), piece)

    def inside(self, node: AreaNode, shape: BaseGeometry, given: Mapping[str, Point]) -> dict[UUID, BaseGeometry]:
        """Share an outline among the areas directly below; returns their parts."""
        ids = {self.tree.get(child).code: child for child in self.tree.children(node.id)}
        if not ids:
            return {}
        points = spread_points(shape, list(ids), given)
        parts = {ids[code]: part for code, part in divide(shape, points).items()}
        for code, point in points.items():
            self.points[ids[code]] = point
        self.shapes.update({area: (OutlineKind.SCHEMATIC, part) for area, part in parts.items()})
        return parts

    def grids(self, village: AreaNode, shape: BaseGeometry) -> None:
        """Give the grids of a village a point each; their outlines are for the village to draw."""
        ids = {self.tree.get(child).code: child for child in self.tree.children(village.id)}
        for code, point in spread_points(shape, list(ids), {}).items():
            self.points[ids[code]] = point

    def managers(self) -> None:
        """Put the name of a district or station in the middle of what it looks after."""
        for level in (Level.STATION, Level.DISTRICT):
            for node in self.tree.at_level(level):
                below = [self.points[area] for area in self.tree.children(node.id) if area in self.points]
                if below:
                    middle = shapely.MultiPoint(below).centroid
                    nearest = min(below, key=lambda point: middle.distance(shapely.Point(point)))
                    self.points[node.id] = nearest

    def keep(self) -> None:
        """Write everything drawn; one insert-or-update a batch, since single updates are slow by the thousand."""
        drawn: list[Area] = []
        pointed: list[Area] = []
        for area_id, (lon, lat) in self.points.items():
            node = self.tree.get(area_id)
            area = Area(id=area_id, level=node.level, name=node.name, parent_id=node.parent_id, lon=lon, lat=lat)
            if area_id in self.shapes:
                kind, shape = self.shapes[area_id]
                area.outline_kind, area.outline = kind, as_geojson(shape)
                drawn.append(area)
            else:
                pointed.append(area)
        _update(drawn, ["lon", "lat", "outline_kind", "outline"])
        _update(pointed, ["lon", "lat"])

    def counts(self) -> dict[str, int]:
        """How many outlines of each kind."""
        kinds: dict[str, int] = defaultdict(int)
        for kind, _ in self.shapes.values():
            kinds[str(kind.value)] += 1
        return {"surveyed": kinds["surveyed"], "schematic": kinds["schematic"]}


def _update(areas: list[Area], fields: list[str]) -> None:
    Area.objects.bulk_create(areas, update_conflicts=True, unique_fields=["id"], update_fields=fields, batch_size=BATCH)

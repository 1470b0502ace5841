"""Outlines 轮廓, pure: surveyed ones are taken as they are, the rest are sketched and marked 示意.

Below the counties nobody publishes outlines, so each town gets the part of its county that lies
nearest to its point (Voronoi), and each village likewise inside its town. Places whose point is
not known get one by a rule that gives the same point every time. Such outlines put a map and
`locate` to work; they are never surveyed boundaries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

GRID = 1e-5  # degrees; five decimals, about a metre
CANDIDATES = 24
Point = tuple[float, float]


def spread_points(outline: BaseGeometry, codes: Sequence[str], given: Mapping[str, Point]) -> dict[str, Point]:
    """A point inside the outline for every code: the given one, moved inside if need be, else a made one.

    Made points come from the digits of the code: of several inside the outline, the one farthest
    from all points so far.
    """
    placed: dict[str, Point] = {}
    for code in codes:
        point = _inside(outline, given[code]) if code in given else None
        if point and point not in placed.values():
            placed[code] = point
    for code in codes:
        if code not in placed:
            candidates = _candidates(outline, int(code))
            placed[code] = _farthest(candidates, list(placed.values()))
    return placed


def _inside(outline: BaseGeometry, point: Point) -> Point:
    """The point itself, or the nearest one a little way inside the outline."""
    shape = shapely.Point(point)
    if outline.contains(shape):
        return point
    core = outline.buffer(-min(0.002, outline.area**0.5 / 50))
    moved = shapely.get_point(shapely.shortest_line(core, shape), 0)
    return (round(moved.x, 5), round(moved.y, 5))


def _candidates(outline: BaseGeometry, seed: int) -> NDArray[np.float64]:
    """Points inside an outline, always the same ones for the same seed."""
    dice = np.random.default_rng(seed)
    west, south, east, north = outline.bounds
    found: list[NDArray[np.float64]] = []
    kept = 0
    for _ in range(50):
        tries = dice.uniform((west, south), (east, north), size=(CANDIDATES * 4, 2))
        inside = tries[shapely.contains_xy(outline, tries[:, 0], tries[:, 1])]
        found.append(inside)
        kept += len(inside)
        if kept >= CANDIDATES:
            break
    points = np.concatenate(found)[:CANDIDATES]
    if not len(points):
        spot = outline.representative_point()
        points = np.array([[spot.x, spot.y]])
    return np.round(points, 5)


def _farthest(candidates: NDArray[np.float64], placed: Sequence[Point]) -> Point:
    if not placed:
        return (float(candidates[0, 0]), float(candidates[0, 1]))
    others = np.array(placed)
    gaps = np.hypot(candidates[:, None, 0] - others[None, :, 0], candidates[:, None, 1] - others[None, :, 1]).min(
        axis=1
    )
    best = candidates[int(gaps.argmax())]
    return (float(best[0]), float(best[1]))


def divide(outline: BaseGeometry, points: Mapping[str, Point]) -> dict[str, BaseGeometry]:
    """The part of the outline nearest to each point, at five decimals. Points must differ."""
    codes = list(points)
    if len(codes) == 1:
        return {codes[0]: outline}
    cells = shapely.voronoi_polygons(shapely.MultiPoint([points[code] for code in codes]), extend_to=outline)
    parts = shapely.get_parts(cells)
    numbers, cells_of = shapely.STRtree(parts).query([shapely.Point(points[code]) for code in codes], "within")
    order = cells_of[np.argsort(numbers)]
    cut = shapely.intersection(parts[order], outline)
    return {code: _areal(shape) for code, shape in zip(codes, cut, strict=True)}


def _areal(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape at five decimals; cutting along an edge can leave lines and points beside them."""
    snapped = shapely.set_precision(shape, GRID)
    polygons = [part for part in shapely.get_parts(snapped) if part.geom_type == "Polygon"]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def surveyed(feature_collection: Mapping[str, object], key: str) -> dict[str, BaseGeometry]:
    """The outlines of a GeoJSON FeatureCollection (WGS84) by the property `key`, at five decimals.

    Raises ValueError for what is no such collection or holds no polygons.
    """
    features = feature_collection.get("features")
    if not isinstance(features, list):
        raise ValueError("no FeatureCollection")
    shapes: dict[str, BaseGeometry] = {}
    for feature in features:
        shape = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        if shape.geom_type not in {"Polygon", "MultiPolygon"}:
            raise ValueError(f"{feature['properties'][key]} is no polygon")
        shapes[str(feature["properties"][key])] = shapely.set_precision(shape, GRID)
    return shapes


def as_geojson(shape: BaseGeometry) -> dict[str, object]:
    """A GeoJSON geometry with coordinates at five decimals."""
    rounded = shapely.transform(shape, lambda pairs: np.round(pairs, 5))
    geometry: dict[str, object] = shapely.geometry.mapping(rounded)
    return geometry


def label_point(shape: BaseGeometry) -> Point:
    """A point well inside a shape to put a name at."""
    spot = shape.representative_point()
    return (round(spot.x, 5), round(spot.y, 5))

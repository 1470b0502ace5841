"""Which area a point lies in: an index over the outlines in memory, made anew when areas change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from wangge.ground.areas.models import Area, OutlineKind
from wangge.ground.areas.rules import LEVEL_OF_LENGTH
from wangge.ground.areas.tree import tree, version

NOWHERE = -1
CHUNK = 65536  # points looked up at a time, so that memory stays small


class Located(NamedTuple):
    """The deepest area with an outline round the point; `schematic` 示意: its outline is only a sketch."""

    area_id: UUID
    level: str
    schematic: bool


@dataclass(frozen=True)
class OutlineIndex:
    """The outlines of one version of the areas: `areas[i]` belongs to number i, deepest levels first.

    `whole` is all outlines together, prepared: points outside are sorted out at a glance, where the
    large outlines of counties would be asked one by one.
    """

    version: int
    areas: list[Located]
    layers: list[tuple[int, shapely.STRtree]]
    whole: BaseGeometry

    def numbers(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        """For every point the number of its area, or NOWHERE."""
        found = np.full(len(lons), NOWHERE, dtype=np.int32)
        for start in range(0, len(lons), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._chunk(lons[part], lats[part])
        return found

    def _chunk(self, lons: NDArray[np.float64], lats: NDArray[np.float64]) -> NDArray[np.int32]:
        found = np.full(len(lons), NOWHERE, dtype=np.int32)
        open_points = np.flatnonzero(shapely.intersects_xy(self.whole, lons, lats))
        for first, layer in self.layers:
            if not len(open_points):
                break
            points = shapely.points(lons[open_points], lats[open_points])
            hits, outlines = layer.query(points, predicate="intersects")
            # On a border the lowest number wins, so that the answer does not depend on the order of hits.
            best = np.full(len(open_points), np.iinfo(np.int32).max, dtype=np.int32)
            np.minimum.at(best, hits, outlines.astype(np.int32) + first)
            inside = best != np.iinfo(np.int32).max
            found[open_points[inside]] = best[inside]
            open_points = open_points[~inside]
        return found


_index: OutlineIndex | None = None


def outline_index() -> OutlineIndex:
    """The index over the areas as they stand."""
    global _index
    number = version()
    index = _index
    if index is None or index.version != number or (index.areas and index.areas[0].area_id not in tree()):
        index = _index = _read_index(number)
    return index


def _read_index(number: int) -> OutlineIndex:
    rows = (
        Area.objects.exclude(outline_kind=OutlineKind.NONE)
        .filter(until=None)
        .order_by("id")
        .values_list("id", "level", "outline_kind", "outline")
    )
    by_level: dict[str, list[tuple[Located, BaseGeometry]]] = {}
    for area_id, level, kind, outline in rows:
        if outline:
            located = Located(area_id, level, kind == OutlineKind.SCHEMATIC)
            by_level.setdefault(level, []).append((located, shape(outline)))
    areas: list[Located] = []
    layers: list[tuple[int, shapely.STRtree]] = []
    for level in reversed(LEVEL_OF_LENGTH.values()):
        if level in by_level:
            layers.append((len(areas), shapely.STRtree([outline for _, outline in by_level[level]])))
            areas += [located for located, _ in by_level[level]]
    whole = shapely.union_all([outline for _, layer in layers for outline in layer.geometries])
    shapely.prepare(whole)
    return OutlineIndex(number, areas, layers, whole)


def locate(lon: float, lat: float) -> Located | None:
    """The deepest area whose outline holds the point (WGS84 degrees); None outside all of them."""
    index = outline_index()
    number = int(index.numbers(np.array([lon], dtype=np.float64), np.array([lat], dtype=np.float64))[0])
    return None if number == NOWHERE else index.areas[number]


def locate_many(lons: ArrayLike, lats: ArrayLike) -> tuple[NDArray[np.int32], list[Located]]:
    """For every point a number into the list that comes with it, or NOWHERE (-1). Same length in, same out."""
    index = outline_index()
    east, north = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    if east.shape != north.shape or east.ndim != 1:
        raise ValueError("longitudes and latitudes must be two rows of the same length")
    return index.numbers(east, north), index.areas

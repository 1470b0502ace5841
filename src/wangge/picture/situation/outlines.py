"""Outlines 轮廓 as a map takes them: everything that an area covers, written once for each version of the areas."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson

from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import drawn_below
from wangge.ground.areas.tree import AreaTree, tree, version
from wangge.ground.kernel.permission import Actor

# Degrees to four decimals, about ten metres: less than a pixel on any screen that shows a village whole.
DECIMALS = 4


@dataclass(frozen=True)
class Outlines:
    """The outlines as JSON, compressed by gzip, and a tag that changes when the areas do.

    {"places": [[code, name, level, parent code, lon, lat, kind of outline], …], "shapes": {code: GeoJSON
    geometry, …}}, WGS84 degrees; the first place is the area asked for.
    """

    tag: str
    packed: bytes

    def plain(self) -> bytes:
        """The JSON itself, for a client that takes no gzip."""
        return gzip.decompress(self.packed)


# By the tree that they were written from; all scopes of a city together come to a few times the city's own.
_kept: WeakKeyDictionary[AreaTree, dict[UUID, Outlines]] = WeakKeyDictionary()


def outlines_tag(*, actor: Actor, area_id: UUID) -> str:
    """The tag of an area's outlines as they stand; asks nothing but whether areas have changed."""
    require(actor, "figure.view", area_id)
    return f"{area_id.hex}.{version()}"


def outlines(*, actor: Actor, area_id: UUID) -> Outlines:
    """The outlines of an area and of all that it covers; one query the first time, then none."""
    tag = outlines_tag(actor=actor, area_id=area_id)
    kept = _kept.setdefault(tree(), {})
    known = kept.get(area_id)
    if known is None or known.tag != tag:
        known = kept[area_id] = Outlines(tag, gzip.compress(orjson.dumps(_written(area_id)), 6, mtime=0))
    return known


def _written(area_id: UUID) -> dict[str, Any]:
    areas = tree()
    drawn = {row[0]: row[1:] for row in drawn_below(area_id)}
    shown = [node for node in map(areas.get, (area_id, *areas.descendants(area_id))) if not node.ended]
    places, shapes = [], {}
    for node in shown:
        lon, lat, kind, outline = drawn.get(node.id, (None, None, "", None))
        parent = areas.get(node.parent_id).code if node.parent_id else ""
        places.append([node.code, node.short_name, node.level, parent, _rounded(lon), _rounded(lat), kind])
        if outline:
            shapes[node.code] = {"type": outline["type"], "coordinates": _rounded(outline["coordinates"])}
    return {"places": places, "shapes": shapes}


def _rounded(coordinates: Any) -> Any:
    """Coordinates at fewer decimals; a point that repeats the one before it goes, but never the closing of a ring."""
    if not isinstance(coordinates, list | tuple):
        return None if coordinates is None else round(coordinates, DECIMALS)
    parts = [_rounded(part) for part in coordinates]
    if parts and isinstance(parts[0], list) and parts[0] and isinstance(parts[0][0], float):
        kept = [parts[0], *(part for before, part in pairwise(parts) if part != before)]
        return kept if len(kept) > 3 else parts
    return parts

"""Layers 图层: points that a map draws over its coloured areas. A layer is one entry in LAYERS, at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext

from wangge.doors.desk.requests import named
from wangge.duties.checkpoints.queries.overview import state_of
from wangge.duties.checkpoints.queries.register import points as checkpoint_points
from wangge.duties.venues.queries.register import Point as VenuePoint
from wangge.duties.venues.queries.register import points as venue_points
from wangge.ground.areas.tree import AreaNode
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.situation import queries


class Point(NamedTuple):
    """One point: WGS84 degrees, or None for the place of its area; `tone` and `word` are numbers in their lists."""

    area_id: UUID
    lon: float | None
    lat: float | None
    tone: int
    word: int
    label: str


@dataclass(frozen=True)
class Drawn:
    """The points of a layer; what is pointed at is told as its area, one of the words, and its label."""

    points: list[Point]
    words: list[str]
    said: str = ""


@dataclass(frozen=True)
class Layer:
    """A layer: the words beside its box, the verb that shows it, and how it is drawn.

    `tones` are colours of map.css (`--map-…`), the gravest last: points that lie close are gathered and
    take the gravest of theirs. A `counted` layer writes each point's label on it, and gathers nothing. A click
    opens the page `link`, with the label in the place of {}.
    """

    name: str
    verb: str
    tones: tuple[str, ...]
    drawn: Callable[[Actor, AreaNode, datetime], Drawn]
    counted: bool = False
    link: str = ""


def _matters(actor: Actor, area: AreaNode, now: datetime) -> Drawn:
    """The open matters: kind and number, no more."""
    response = response_current()
    found, more = queries.points(actor=actor, response_id=response.id, area_id=area.id, now=now)
    kinds = pack_of(response).kinds
    order = {code: number for number, code in enumerate(kinds)}
    return Drawn(
        [Point(one.area_id, one.lon, one.lat, int(one.overdue), order.get(one.kind, -1), one.number) for one in found],
        [named(kind) for kind in kinds.values()],
        gettext("事项较多，只显示最紧急的 %s 件。") % len(found) if more else "",
    )


def _posts(actor: Actor, area: AreaNode, now: datetime) -> Drawn:
    """How many can be reached at the responsible post of each village; nobody is named."""
    held = queries.posts(actor=actor, area_id=area.id, now=now)
    missing = sum(not people for people in held.values())
    said = gettext("%(total)s 个村（居）中，%(missing)s 个此刻联系不到责任岗位。")
    return Drawn(
        [Point(village, None, None, int(not people), 0, str(people)) for village, people in held.items()],
        [gettext("责任岗位可联系人数")],
        said % {"total": len(held), "missing": missing},
    )


def _venues(actor: Actor, area: AreaNode, now: datetime) -> Drawn:
    """The venues: number, kind, and whether they are closed or have to be seen again."""
    response = response_current()
    plan = pack_of(response).venues
    if plan is None:
        return Drawn([], [])
    found, more = venue_points(actor=actor, response_id=response.id, area_id=area.id, now=now)
    order = {code: number for number, code in enumerate(plan.kinds)}
    return Drawn(
        [Point(one.area_id, one.lon, one.lat, _venue_tone(one), order.get(one.kind, -1), one.number) for one in found],
        [named(kind) for kind in plan.kinds.values()],
        gettext("场所较多，只显示前 %s 处。") % len(found) if more else "",
    )


def _venue_tone(one: VenuePoint) -> int:
    if one.recheck:
        return 2
    return int(one.state in ("closed", "limited"))


def _checkpoints(actor: Actor, area: AreaNode, now: datetime) -> Drawn:
    """The checkpoints: number and kind, and which are open without a sign of life."""
    response = response_current()
    plan = pack_of(response).checkpoints
    if plan is None:
        return Drawn([], [])
    found = checkpoint_points(actor=actor, response_id=response.id, area_id=area.id)
    order = {code: number for number, code in enumerate(plan.kinds)}
    states = [state_of(one.checkpoint, plan.silent_minutes, now) for one in found]
    said = gettext("%(total)s 个检疫点中，%(silent)s 个失联。")
    return Drawn(
        [
            Point(one.area_id, one.lon, one.lat, CHECKPOINT_TONES[state], order.get(one.kind, -1), one.number)
            for one, state in zip(found, states, strict=True)
        ],
        [named(kind) for kind in plan.kinds.values()],
        said % {"total": len(found), "silent": states.count("silent")},
    )


CHECKPOINT_TONES = {"off": 0, "open": 1, "silent": 2}
LAYERS = {
    "matters": Layer("在办事项", "matter.view", ("matter", "over"), _matters, link="/matters/{}"),
    "venues": Layer("场所", "venue.view", ("venue", "shut", "over"), _venues, link="/venues/{}"),
    "checkpoints": Layer("检疫点", "checkpoint.view", ("post", "point", "over"), _checkpoints, link="/checkpoints/{}"),
    "posts": Layer("驻村（居）岗位", "coverage.view", ("post", "gap"), _posts, counted=True),
}

"""The situation 态势 of an area: a measure for each of the areas below it, now or at any instant of the response."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from weakref import WeakKeyDictionary

from wangge.duties.matters.places import OpenCount, OpenPoint, open_counts, open_points
from wangge.ground.accounts.queries import villages_held
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import AreaNode, AreaTree, tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.places import Amounts, figures_of_places
from wangge.picture.figures.rules import day_start, share
from wangge.picture.situation import rules
from wangge.picture.situation.rules import Formula, Measure

# From the top down; districts and stations are shown by what they look after.
LEVELS = ("county", "town", "village", "grid")
MOST_PLACES = 6000


@dataclass(frozen=True)
class Reading:
    """A measure of one place. `value` is None where there is nothing to have a share of; a share carries both sums."""

    value: float | None
    above: int | None = None
    below: int | None = None


@dataclass(frozen=True)
class Situation:
    """What a map shows: one reading for each place of a level below an area, and for the area itself.

    `levels` are those that the area has below it. `breaks` is where the
    classes of colour begin. Without `known` the measure cannot be had for that instant, and there are
    no readings.
    """

    area: AreaNode
    level: str
    levels: tuple[str, ...]
    measure: Measure
    at: datetime | None
    places: dict[UUID, Reading]
    whole: Reading
    breaks: tuple[float, ...]
    is_share: bool
    known: bool


# What lies below the areas that were asked for, for as long as the tree that says so is the one in use.
_below: WeakKeyDictionary[AreaTree, dict[UUID, dict[str, list[UUID]]]] = WeakKeyDictionary()


def by_level(area_id: UUID) -> dict[str, list[UUID]]:
    """An area and all that it covers by level, each level in order of code. Not to be changed."""
    areas = tree()
    known = _below.setdefault(areas, {})
    if area_id not in known:
        found: dict[str, list[UUID]] = {}
        nodes = (areas.get(place) for place in (area_id, *areas.descendants(area_id)))
        for node in sorted((node for node in nodes if not node.ended), key=lambda node: node.code):
            found.setdefault(node.level, []).append(node.id)
        known[area_id] = found
    return known[area_id]


def levels_below(area_id: UUID) -> tuple[str, ...]:
    """The levels of areas that a map can show below an area, from the top down."""
    own, found = tree().get(area_id).level, by_level(area_id)
    return tuple(level for level in LEVELS if level != own and 0 < len(found.get(level, ())) <= MOST_PLACES)


def places_below(area_id: UUID, level: str) -> list[UUID]:
    """The areas of one level that an area covers, in order of code; the area itself where it is of that level."""
    return by_level(area_id).get(level, [])


def usual_level(area_id: UUID) -> str:
    """The next level below an area that has more than one place there; without any the area's own level."""
    levels = levels_below(area_id)
    several = (level for level in levels if len(places_below(area_id, level)) > 1)
    return next(several, levels[-1] if levels else tree().get(area_id).level)


def situation(
    *,
    actor: Actor,
    response_id: UUID,
    area_id: UUID,
    measure: Measure,
    now: datetime,
    level: str = "",
    at: datetime | None = None,
) -> Situation:
    """The measure for every area of a level (by default the usual one) below an area, now or at an instant `at`.

    A fixed number of queries however many places. Open matters now are counted as they stand; at an
    instant of the past they come from the figures. How many were overdue then is not kept: nothing is
    guessed. Raises NotFound for a figure the pack has not, InputInvalid for an instant to come.
    """
    require(actor, "figure.view", area_id)
    levels = levels_below(area_id)
    level = level or usual_level(area_id)
    if level not in (*levels, tree().get(area_id).level):
        raise InputInvalid(
            field="level", why_zh="此区域下没有这一级。", why_en="There is no such level below this area."
        )
    if at is not None and at > now:
        raise InputInvalid(field="at", why_zh="不能晚于此刻。", why_en="It must not lie in the future.")
    asked = _Asked(actor, response_id, area_id, frozenset({area_id, *places_below(area_id, level)}), measure, now, at)
    readings, is_share = asked.readings()
    known = readings is not None
    found = readings or {}
    whole = found.pop(area_id, Reading(None)) if level != tree().get(area_id).level else found.get(area_id)
    values = [reading.value for reading in found.values() if reading.value is not None]
    return Situation(
        area=tree().get(area_id),
        level=level,
        levels=levels,
        measure=measure,
        at=at,
        places=found,
        whole=whole or Reading(None),
        breaks=rules.SHARE_BREAKS if is_share else rules.count_breaks(values),
        is_share=is_share,
        known=known,
    )


@dataclass(frozen=True)
class _Asked:
    actor: Actor
    response_id: UUID
    area_id: UUID
    places: frozenset[UUID]
    measure: Measure
    now: datetime
    at: datetime | None

    def readings(self) -> tuple[dict[UUID, Reading] | None, bool]:
        """The readings, None where they cannot be had; and whether they are shares."""
        if self.measure.code in ("open", "overdue") and self.at is None:
            rows = open_counts(actor=self.actor, response_id=self.response_id, area_id=self.area_id, now=self.now)
            return self._standing(rows), False
        pack = pack_by_id(response_by_id(self.response_id).pack_id)
        if self.measure.code == "figure" and self.measure.figure not in pack.figures:
            raise NotFound(what=f"指标 {self.measure.figure}")
        formula = rules.formula_of(self.measure, pack.figures)
        if formula is None:
            return None, False
        return _read(formula, self._amounts(formula.codes), self.places), bool(formula.below)

    def _standing(self, rows: Iterable[OpenCount]) -> dict[UUID, Reading]:
        overdue = self.measure.code == "overdue"
        counted = by_place(((row.area_id, row.overdue if overdue else row.open) for row in rows), self.places)
        return {place: Reading(counted[place]) for place in self.places}

    def _amounts(self, codes: Collection[str]) -> Amounts:
        until = self.at or self.now
        day = self.measure.period == "day" and self.measure.code != "open"
        return figures_of_places(
            actor=self.actor,
            response_id=self.response_id,
            area_id=self.area_id,
            places=self.places,
            codes=codes,
            until=until,
            first=day_start(until) if day else None,
        )


def by_place(rows: Iterable[tuple[UUID, int]], places: frozenset[UUID]) -> Counter[UUID]:
    """What lies in each of some places: every number added to those that cover the area it comes from."""
    areas, here, counted = tree(), Counter[UUID](), Counter[UUID]()
    for area_id, number in rows:
        here[area_id] += number
    for area_id, number in here.items():
        for place in places.intersection(areas.superiors(area_id) if area_id in areas else (area_id,)):
            counted[place] += number
    return counted


def _read(formula: Formula, amounts: Amounts, places: Collection[UUID]) -> dict[UUID, Reading]:
    readings = {}
    for place in places:
        above = sum(amounts[place][code] for code in formula.above)
        if not formula.below:
            readings[place] = Reading(above)
            continue
        below = sum(amounts[place][code] for code in formula.below)
        readings[place] = Reading(share(above, below, formula.precision), above, below)
    return readings


def points(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> tuple[list[OpenPoint], bool]:
    """The open matters of an area one by one, and whether there are more than a map takes.

    Where a report saw something is a household's door: who may not read the words of a kind there gets
    its matters without a place of their own, and sees them at their village.
    """
    found, more = open_points(actor=actor, response_id=response_id, area_id=area_id, now=now)
    kinds = pack_by_id(response_by_id(response_id).pack_id).kinds
    may_see = {code: actor.is_system or bool(actor.roles & set(kind.sees)) for code, kind in kinds.items()}
    reads = {area: may(actor, "vault.view", area) for area in {point.area_id for point in found}}
    return [
        point if may_see.get(point.kind) and reads[point.area_id] else point._replace(lon=None, lat=None)
        for point in found
    ], more


def posts(*, actor: Actor, area_id: UUID, now: datetime) -> dict[UUID, int]:
    """How many people hold the responsible post of each village below an area now; who they are is not told."""
    require(actor, "coverage.view", area_id)
    return villages_held([area_id], now)


def crumbs(actor: Actor, area_id: UUID, verb: str = "figure.view") -> list[AreaNode]:
    """The way down to an area from the highest that the actor may look at, itself last."""
    areas = tree()
    way = [area_id, *areas.ancestors(area_id)]
    seen = [place for place in way if may(actor, verb, place)]
    tops = [top for top in actor.area_ids if top not in way and areas.covers(top, area_id) and may(actor, verb, top)]
    # A station or district covers what has another parent: it then stands before what lies below it.
    above = [top for top in tops if not any(areas.covers(place, top) for place in seen)]
    below = [areas.get(place) for place in reversed(seen)]
    return [*map(areas.get, above[:1]), *below]

"""Questions about areas: by code and day, by name, by who covers whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from wangge.ground.areas.models import Area, AreaCode, Cover
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor

MOST_FOUND = 20


def area_by_code(code: str, on: date | None = None) -> AreaNode | None:
    """The area that held the code on the day; without a day the one that holds it or held it last."""
    if on is None:
        return tree().by_code(code)
    in_force = (Q(since=None) | Q(since__lte=on)) & (Q(until=None) | Q(until__gt=on))
    area_id = AreaCode.objects.filter(in_force, code=code).values_list("area_id", flat=True).first()
    return tree().get(area_id) if area_id else None


def code_history(area_id: UUID) -> list[tuple[str, str, date | None, date | None]]:
    """Every code and name the area went by, oldest first: code, name, since, until (exclusive)."""
    rows = AreaCode.objects.filter(area_id=area_id).order_by(F("until").asc(nulls_last=True))
    return list(rows.values_list("code", "name", "since", "until"))


def names_before() -> dict[UUID, set[str]]:
    """The names that areas went by before, by area."""
    found: dict[UUID, set[str]] = {}
    for area_id, name in AreaCode.objects.exclude(until=None).values_list("area_id", "name"):
        found.setdefault(area_id, set()).add(name)
    return found


def areas_search(text: str, within: UUID | None = None, limit: int = MOST_FOUND) -> list[AreaNode]:
    """Areas by the beginning of a code or a part of a name, shallow ones first; old codes and names count.

    `within` keeps to what that area covers. Areas that have ended are left out.
    """
    text = text.strip()
    if not text:
        return []
    by_code = text.isascii() and text.isdigit()
    codes = AreaCode.objects.filter(Q(code__startswith=text) if by_code else Q(name__icontains=text))
    named = Q(id__in=codes.values("area_id"))
    found = Area.objects.filter(named if by_code else named | Q(short_name__icontains=text), until=None)
    if within:
        found = found.filter(id__in=covered(within))
    nodes = [tree().get(area_id) for area_id in found.values_list("id", flat=True)]
    nodes.sort(key=lambda node: (text not in {node.code, node.name, node.short_name}, len(node.code), node.code))
    return nodes[:limit]


def covered(ancestor_id: UUID) -> QuerySet[Cover, UUID]:
    """A subquery of the ids of everything an area covers, itself included: `area_id__in=covered(x)`."""
    return Cover.objects.filter(ancestor_id=ancestor_id).values_list("area_id", flat=True)


def reach(actor: Actor, verb: str) -> list[UUID] | None:
    """The areas of the posts that allow the actor a verb, each once; None where one of them is everything."""
    areas = dict.fromkeys(grant.area_id for grant in actor.grants if verb in grant.verbs)
    if None in areas or (areas and tree().root().id in areas):
        return None
    return [area_id for area_id in areas if area_id is not None]


def within_reach(actor: Actor, verb: str, prefix: str = "") -> Q:
    """The condition for rows in the areas where the actor's posts allow a verb; none without such a post.

    `prefix` leads from the rows to what has the area, as "facility__".
    """
    areas = reach(actor, verb)
    return Q() if areas is None else within(areas, prefix)


def within(areas: Iterable[UUID], prefix: str = "") -> Q:
    """The condition for rows in what any of some areas covers."""
    condition = Q(pk__in=[])
    for area_id in areas:
        condition |= Q(**{f"{prefix}area_id__in": covered(area_id)})
    return condition


def one_after_the_other() -> None:
    """Hold what is decided for areas that overlap until the transaction ends, so that two at once see each other."""
    list(Area.objects.select_for_update(no_key=True).filter(id=tree().root().id).values_list("id"))


def covered_pairs() -> QuerySet[Cover, tuple[UUID, UUID]]:
    """Every (ancestor_id, area_id) of who covers whom, each area itself included, as a subquery."""
    return Cover.objects.values_list("ancestor_id", "area_id")


def superiors(area_id: UUID) -> list[UUID]:
    """Everything that covers the area, nearest first, without itself: parents, stations, districts."""
    return [upper for upper in tree().superiors(area_id) if upper != area_id]


def points(area_ids: Iterable[UUID]) -> dict[UUID, tuple[float, float]]:
    """Longitude and latitude of those of some areas that have a point; one query."""
    rows = Area.objects.filter(id__in=set(area_ids))
    known = rows.values_list("id", "lon", "lat")
    return {area_id: (lon, lat) for area_id, lon, lat in known if lon is not None and lat is not None}


def drawn_below(area_id: UUID) -> QuerySet[Area, tuple[UUID, float | None, float | None, str, dict[str, Any] | None]]:
    """Where an area and everything it covers lies: id, lon and lat of its name, kind of outline, outline (GeoJSON)."""
    rows = Area.objects.filter(id__in=covered(area_id), until=None).order_by("id")
    return rows.values_list("id", "lon", "lat", "outline_kind", "outline")

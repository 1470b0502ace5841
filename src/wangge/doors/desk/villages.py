"""Choosing a village by name or an area by its code, within the areas where somebody may act."""

from __future__ import annotations

from uuid import UUID

from django.http import QueryDict

from wangge.ground.areas.permission import may
from wangge.ground.areas.queries import areas_search
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted

MOST_SHOWN = 12


def villages_found(actor: Actor, verb: str, text: str) -> list[AreaNode]:
    """The areas that a part of a name or a code finds where the actor may do this, villages first."""
    tops = dict.fromkeys(grant.area_id for grant in actor.grants if verb in grant.verbs)
    found: dict[UUID, AreaNode] = {}
    for top in tops:
        found |= {node.id: node for node in areas_search(text, within=top, limit=MOST_SHOWN)}
    order = {"village": 0, "grid": 1, "town": 2}
    exact = text.strip()
    nodes = sorted(
        found.values(), key=lambda node: (exact not in {node.short_name, node.name}, order.get(node.level, 3))
    )
    return nodes[:MOST_SHOWN]


def chosen_area(actor: Actor, form: QueryDict, verb: str = "matter.report") -> UUID:
    """The area of a form: chosen from the list, or the only one its words find. Raises InputInvalid."""
    code, typed = form.get("area", "").strip(), form.get("area_name", "").strip()
    node = tree().by_code(code) if code else None
    if (
        node is not None
        and not node.ended
        and (not typed or typed in {node.name, node.short_name, tree().path_name(node.id)})
    ):
        return node.id
    found = villages_found(actor, verb, typed) if typed else []
    exact = [node for node in found if typed in {node.name, node.short_name}]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0].id
    if not typed:
        raise InputInvalid(field="area", why_zh="请填写村（居）名称。", why_en="Name the village or community.")
    if not found:
        raise InputInvalid(
            field="area", why_zh="您的辖区内没有这个村（居）。", why_en="There is no such village in your area."
        )
    raise InputInvalid(
        field="area",
        why_zh="有多个同名或相近的村（居）,请从列表中选择。",
        why_en="Several match; choose one from the list.",
    )


def own_area(actor: Actor, verb: str = "matter.report") -> AreaNode | None:
    """The one village that somebody works in, to be filled in beforehand; None for desks over many."""
    areas = [area for area in actor.area_ids if may(actor, verb, area)]
    if len(areas) != 1:
        return None
    node = tree().get(areas[0])
    return node if node.level in {"village", "grid"} else None


def area_of(code: str) -> AreaNode | None:
    """The area of a filter, None where none is named. Raises NotFound."""
    node = tree().by_code(code.strip()) if code.strip() else None
    if code.strip() and node is None:
        raise NotFound(what=f"区域 {code.strip()}")
    return node


def widest_area(actor: Actor, verb: str) -> AreaNode:
    """The widest area in which the actor may do this. Raises NotPermitted."""
    areas = [tree().get(area) for area in actor.area_ids if may(actor, verb, area)]
    if not areas:
        raise NotPermitted(verb=verb)
    return min(areas, key=lambda node: len(node.code))

"""The areas in memory: an immutable snapshot that a process asks thousands of times a second.

The snapshot is read again when `AreasVersion` has moved, looked at no more than once a second.
Whoever changes areas calls `bump()`; tests, whose database is rolled back, call `forget()`.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.ground.areas.models import Area, AreaCode, AreasVersion, Level, Membership, Tree
from wangge.ground.kernel.problems import AreaUnknown

LOOK_AGAIN_SECONDS = 1.0


class AreaNode(NamedTuple):
    """One area as others see it; `code` is the one in force, or the last one of an area that has ended."""

    id: UUID
    level: str
    tree: str
    name: str
    short_name: str
    kind: str
    code: str
    parent_id: UUID | None
    ended: bool


class AreaTree:
    """All areas of one moment. Unknown ids raise AreaUnknown, except in `covers`, which says no."""

    def __init__(
        self,
        nodes: Iterable[AreaNode],
        codes: dict[str, UUID],
        managers: dict[UUID, list[UUID]],
        members: dict[UUID, list[UUID]],
    ) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._codes = codes
        self._managers = managers
        self._members = members
        self._superiors: dict[UUID, dict[UUID, int]] = {}
        self._below: dict[UUID, list[UUID]] = defaultdict(list)
        for node in self._nodes.values():
            if node.parent_id:
                self._below[node.parent_id].append(node.id)

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._nodes)

    def __contains__(self, area_id: object) -> bool:
        return area_id in self._nodes

    def get(self, area_id: UUID) -> AreaNode:
        """The area with this id."""
        try:
            return self._nodes[area_id]
        except KeyError:
            raise AreaUnknown(area=str(area_id)) from None

    def by_code(self, code: str) -> AreaNode | None:
        """The area that holds the code now, else the one that held it last; None if nobody ever did."""
        area_id = self._codes.get(code)
        return self._nodes[area_id] if area_id else None

    def superiors(self, area_id: UUID) -> dict[UUID, int]:
        """Every area that covers this one and the shortest way to it; itself at 0, nearest first. Not to be changed."""
        known = self._superiors.get(area_id)
        if known is None:
            known = self._superiors[area_id] = self._climb(area_id)
        return known

    def _climb(self, area_id: UUID) -> dict[UUID, int]:
        found = {self.get(area_id).id: 0}
        edge = [area_id]
        while edge:
            above: list[UUID] = []
            for lower in edge:
                parent = self._nodes[lower].parent_id
                for upper in (*((parent,) if parent else ()), *self._managers.get(lower, ())):
                    if upper not in found:
                        found[upper] = found[lower] + 1
                        above.append(upper)
            edge = above
        return found

    def covers(self, ancestor_id: UUID, area_id: UUID) -> bool:
        """Whether the first area is the second, lies above it, or manages it or something above it."""
        return area_id in self._nodes and ancestor_id in self.superiors(area_id)

    def ancestors(self, area_id: UUID) -> list[UUID]:
        """The chain of parents, nearest first, without the area itself."""
        chain: list[UUID] = []
        parent = self.get(area_id).parent_id
        while parent:
            chain.append(parent)
            parent = self._nodes[parent].parent_id
        return chain

    def managers(self, area_id: UUID) -> list[UUID]:
        """Who manages the area or anything above it: stations first, then districts."""
        found = [self._nodes[upper] for upper in self.superiors(area_id) if upper != area_id]
        managing = [node for node in found if node.tree == Tree.MANAGEMENT]
        return [node.id for node in sorted(managing, key=lambda node: (node.level != Level.STATION, node.code))]

    def children(self, area_id: UUID) -> list[UUID]:
        """The areas directly below in the same tree, in order of code, without those that have ended.

        A district or station also has what it manages as children.
        """
        tree = self.get(area_id).tree
        below = [self._nodes[child] for child in self._below.get(area_id, ())]
        kept = [node for node in below if node.tree == tree and not node.ended]
        kept += [self._nodes[member] for member in self._members.get(area_id, ())]
        return [node.id for node in sorted(kept, key=lambda node: node.code)]

    def descendants(self, area_id: UUID) -> list[UUID]:
        """Everything the area covers but itself, ended areas too: records made there still lie there."""
        seen = {self.get(area_id).id}
        edge = [area_id]
        for upper in edge:
            for lower in (*self._below.get(upper, ()), *self._members.get(upper, ())):
                if lower not in seen:
                    seen.add(lower)
                    edge.append(lower)
        return edge[1:]

    def at_level(self, level: str) -> list[AreaNode]:
        """All areas of one level that have not ended, in order of code."""
        return sorted((n for n in self._nodes.values() if n.level == level and not n.ended), key=lambda n: n.code)

    def root(self) -> AreaNode:
        """The lowest area that lies above all the others: the city where there is one, else the province."""
        return self._root

    @cached_property
    def _root(self) -> AreaNode:
        tops = [n for n in self._nodes.values() if n.parent_id is None and n.tree == Tree.STATISTICAL and not n.ended]
        if len(tops) != 1:
            raise AreaUnknown(area="root")
        top = tops[0]
        below = self.children(top.id)
        while top.level == Level.PROVINCE and len(below) == 1:
            top = self._nodes[below[0]]
            below = self.children(top.id)
        return top

    def path_name(self, area_id: UUID) -> str:
        """The short names from the county (or district) down: 惠城区 桥东街道 东湖社区."""
        chain = [self.get(area_id), *(self._nodes[upper] for upper in self.ancestors(area_id))]
        named = [node for node in chain if node.level not in {Level.PROVINCE, Level.CITY}] or chain[:1]
        return " ".join(node.short_name for node in reversed(named))


@dataclass
class _Held:
    """What this process has read, and when it last asked whether that still holds."""

    number: int
    tree: AreaTree
    asked_at: float


_held: _Held | None = None


def tree() -> AreaTree:
    """The areas as they stand, at most a second old; read from the database when they have changed."""
    global _held
    held = _held
    if held and time.monotonic() - held.asked_at < LOOK_AGAIN_SECONDS:
        return held.tree
    asked_at = time.monotonic()
    number = AreasVersion.objects.values_list("number", flat=True).first() or 0
    if held and held.number == number:
        held.asked_at = asked_at
        return held.tree
    _held = _Held(number, read_tree(), asked_at)
    return _held.tree


def version() -> int:
    """The number of the snapshot that `tree()` gives, for what is derived from it."""
    tree()
    return _held.number if _held else 0


def look_again() -> None:
    """Let the next question ask whether areas have changed, however lately that was asked; the snapshot stays."""
    if _held:
        _held.asked_at = -math.inf


def forget() -> None:
    """Drop the snapshot; the next question reads the database."""
    global _held
    _held = None


def bump() -> None:
    """Tell every process that areas have changed; called in the transaction that changes them."""
    if not AreasVersion.objects.filter(id=1).update(number=F("number") + 1):
        AreasVersion.objects.create(id=1, number=1)
    forget()
    transaction.on_commit(forget)


def read_tree() -> AreaTree:
    """Build a snapshot from the database in three queries."""
    holders: dict[str, UUID] = {}
    code_of: dict[UUID, str] = {}
    dated = AreaCode.objects.order_by(F("until").asc(nulls_last=True)).values_list("area_id", "code")
    for area_id, code in dated:  # the latest comes last and stays
        holders[code] = area_id
        code_of[area_id] = code
    rows = Area.objects.order_by("id").values_list(
        "id", "level", "tree", "name", "short_name", "kind", "parent_id", "until"
    )
    nodes = [
        AreaNode(id, level, in_tree, name, short, kind, code_of.get(id, ""), parent, until is not None)
        for id, level, in_tree, name, short, kind, parent, until in rows
    ]
    managers: dict[UUID, list[UUID]] = defaultdict(list)
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for manager, member in Membership.objects.filter(until=None).order_by("id").values_list("manager_id", "member_id"):
        managers[member].append(manager)
        members[manager].append(member)
    return AreaTree(nodes, holders, dict(managers), dict(members))

"""Coverage of the villages of some areas, for every hour of the coming days, and what changes if people fall ill."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from wangge.ground.accounts.staffing import Standings, standings_between
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor
from wangge.picture.coverage import rules

DAYS = 14


@dataclass(frozen=True)
class Coverage:
    """Villages × hours from `start` on, each at a level of `rules`: own post, a desk, nobody."""

    start: datetime
    villages: list[AreaNode]
    level: NDArray[np.int8]

    def at(self, hour: int) -> datetime:
        """The instant at which an hour begins."""
        return self.start + hour * rules.HOUR

    def counts(self) -> list[tuple[int, int, int]]:
        """For each day the village-hours with their own post, with a desk alone, with nobody."""
        found = []
        for first in range(0, self.level.shape[1], 24):
            part = self.level[:, first : first + 24]
            found.append(
                (int((part == rules.OWN).sum()), int((part == rules.DESK).sum()), int((part == rules.NOBODY).sum()))
            )
        return found


def coverage_ahead(
    *, actor: Actor, area_ids: Iterable[UUID], now: datetime, days: int = DAYS, without: Collection[UUID] = ()
) -> Coverage:
    """Coverage from this hour on, some people thought away; eight queries, however many villages."""
    tops = list(area_ids)
    for top in tops:
        require(actor, "coverage.view", top)
    areas = tree()
    within = dict.fromkeys(place for top in tops for place in (top, *areas.descendants(top)))
    villages = sorted(
        (node for place in within if (node := areas.get(place)).level == "village" and not node.ended),
        key=lambda node: node.code,
    )
    start = now.replace(minute=0, second=0, microsecond=0)
    above = {node.id: areas.superiors(node.id) for node in villages}
    own = _Posts([node.id for node in villages], "responsible", start, days, without)
    desks = _Posts({place for places in above.values() for place in places}, "desk", start, days, without)
    level = rules.levels(
        own.covering([[node.id] for node in villages]), desks.covering([list(above[node.id]) for node in villages])
    )
    return Coverage(start, villages, level)


class _Posts:
    """The posts of a stand in some areas, and in which hours somebody stands at each."""

    def __init__(
        self, area_ids: Collection[UUID], stands: str, start: datetime, days: int, without: Collection[UUID]
    ) -> None:
        found: Standings = standings_between(area_ids, stands, start, start + timedelta(days=days))
        number = {post: place for place, post in enumerate(found.posts)}
        size = (len(number), days * 24, start)
        away = set(without)
        rostered = rules.spans(*size, ((number[post], *times) for post, *times in found.rostered))  # type: ignore[misc]
        duty, held = (
            rules.spans(*size, ((number[post], since, until) for post, who, since, until in rows if who not in away))
            for rows in (found.duties, found.held)
        )
        self.on = rules.standing(rostered, duty, held)
        self.at: dict[UUID, list[int]] = {}
        for post, area_id in found.posts.items():
            self.at.setdefault(area_id, []).append(number[post])

    def covering(self, groups: list[list[UUID]]) -> rules.Hours:
        """For each group of areas the hours in which somebody stands at any of its posts."""
        return rules.any_of(self.on, [[row for place in group for row in self.at.get(place, ())] for group in groups])

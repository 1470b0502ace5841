"""Coverage of the villages of some areas, for every hour of the coming days, and what changes if people fall ill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from wangge.duties.drills.queries import answered_last
from wangge.ground.accounts.staffing import Standings, standings_between
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor
from wangge.picture.coverage import rules

DAYS = 14
# Each level in a word, and in the words of a legend: (code, short, long).
LEVELS = {
    rules.OWN: ("own", "可联系", "责任岗位在岗，上次演练有应答"),
    rules.UNTESTED: ("untested", "未测试", "责任岗位在岗，还没有参加过演练"),
    rules.SILENT: ("silent", "未应答", "责任岗位在岗，上次演练没有应答"),
    rules.DESK: ("desk", "仅值班台", "责任岗位无人，值班台接应"),
    rules.NOBODY: ("nobody", "无人", "无人在岗，或只有上次演练没有应答的值班台"),
}


class Away(NamedTuple):
    """People thought away from one instant to another."""

    people: frozenset[UUID]
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Staff:
    """Who stands at the villages' own posts and at the desks above, and who of them answered in their last drill."""

    own: Standings
    desks: Standings
    answered: Mapping[UUID, bool]

    def people(self) -> dict[UUID, UUID]:
        """Everybody who stands anywhere, with the area of the first of their posts."""
        found: dict[UUID, UUID] = {}
        for one in (self.own, self.desks):
            for post, who, *_ in (*one.duties, *one.held):
                found.setdefault(who, one.posts[post])
        return found


@dataclass(frozen=True)
class Coverage:
    """Villages × hours from `start` on, each at a level of `rules`; who stands there, and who is thought away."""

    start: datetime
    villages: list[AreaNode]
    level: NDArray[np.int8]
    staff: Staff
    away: Away | None = None

    def at(self, hour: int) -> datetime:
        """The instant at which an hour begins."""
        return self.start + hour * rules.HOUR

    def counts(self) -> list[dict[int, int]]:
        """For each day how many village-hours lie at each level."""
        days = [self.level[:, first : first + 24] for first in range(0, self.level.shape[1], 24)]
        return [{level: int((part == level).sum()) for level in rules.LEVELS} for part in days]

    def without(self, away: Away) -> Coverage:
        """The same, some people thought away; nothing is asked of the database."""
        return _covered(self.start, self.level.shape[1] // 24, self.villages, self.staff, away)


def coverage_ahead(*, actor: Actor, area_ids: Iterable[UUID], now: datetime, days: int = DAYS) -> Coverage:
    """Coverage from this hour on; nine queries, however many villages."""
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
    above = {place for node in villages for place in areas.superiors(node.id)}
    until = start + timedelta(days=days)
    own = standings_between([node.id for node in villages], "responsible", start, until)
    desks = standings_between(above, "desk", start, until)
    people = {who for one in (own, desks) for _, who, *_ in (*one.duties, *one.held)}
    return _covered(start, days, villages, Staff(own, desks, answered_last(people, now)))


def _covered(start: datetime, days: int, villages: list[AreaNode], staff: Staff, away: Away | None = None) -> Coverage:
    areas = tree()
    own = _Posts(staff.own, staff.answered, start, days, away)
    desks = _Posts(staff.desks, staff.answered, start, days, away)
    level = rules.levels(
        own.covering([[node.id] for node in villages]),
        desks.covering([list(areas.superiors(node.id)) for node in villages]),
    )
    return Coverage(start, villages, level, staff, away)


class _Posts:
    """The posts of a stand in some areas, and in which hours who stands at each."""

    def __init__(
        self, found: Standings, answered: Mapping[UUID, bool], start: datetime, days: int, away: Away | None
    ) -> None:
        number = {post: place for place, post in enumerate(found.posts)}
        size = (len(number), days * 24, start)
        rostered = rules.spans(*size, ((number[post], *times) for post, *times in found.rostered))  # type: ignore[misc]
        rows = [
            [(number[post], answered.get(who), since, until) for post, who, since, until in _present(some, away)]
            for some in (found.duties, found.held)
        ]
        self.on = rules.Stands(
            *(
                rules.standing(rostered, *(rules.spans(*size, _those(some, said)) for some in rows))
                for said in (True, None, False)
            )
        )
        self.at: dict[UUID, list[int]] = {}
        for post, area_id in found.posts.items():
            self.at.setdefault(area_id, []).append(number[post])

    def covering(self, groups: list[list[UUID]]) -> rules.Stands:
        """For each group of areas the hours in which somebody stands at any of its posts."""
        rows = [[row for place in group for row in self.at.get(place, ())] for group in groups]
        return rules.Stands(*(rules.any_of(on, rows) for on in self.on))


Times = tuple[UUID, UUID, datetime, datetime | None]


def _present(rows: Iterable[Times], away: Away | None) -> Iterator[Times]:
    """The rows of who is there; of those thought away what is left of each."""
    for post, who, since, until in rows:
        if away is None or who not in away.people:
            yield post, who, since, until
        else:
            for left in rules.apart(since, until, away.since, away.until):
                yield post, who, *left


def _those(
    rows: Collection[tuple[int, bool | None, datetime, datetime | None]], said: bool | None
) -> Iterator[tuple[int, datetime, datetime | None]]:
    return ((post, since, until) for post, answer, since, until in rows if answer is said)

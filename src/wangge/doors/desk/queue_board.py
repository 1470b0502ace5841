"""What waits in all queues, as open pages follow it: what events name is read again, and nothing else.

To ask the queue of each of seventy changed pages anew took a second; the changes of half a second are read in two
questions, and each page's queue is led on from them in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from wangge.doors.desk.queries import COUNTED_TO, stage_counts
from wangge.duties.matters.lines import Line, lines_of, queue_lines, standing
from wangge.duties.matters.queries import PAGE, Mark
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas.queries import reach
from wangge.ground.areas.tree import AreaNode, AreaTree, tree
from wangge.ground.kernel.permission import Actor

# So many rows of a queue are kept, so that its page stays full while some of them go.
KEPT = 2 * PAGE
# How many matters of a kind wait at a stage.
Counts = Counter[tuple[str, str]]


class Wanted(NamedTuple):
    """Which queue a page shows: how it is narrowed, and after which row it begins."""

    stage: str
    kind: str
    area: AreaNode | None
    after: Mark | None

    @property
    def area_id(self) -> UUID | None:
        return self.area.id if self.area else None

    def holds(self, line: Line) -> bool:
        """Whether a matter of the right area belongs to the queue, and not before its beginning."""
        return (
            line.stage != "closed"
            and self.stage in {"", line.stage}
            and self.kind in {"", line.kind}
            and (self.after is None or mark_of(line) > self.after)
        )


class Waiting(NamedTuple):
    """A page of a queue, where the next one begins (None at the end), and how many wait at each stage."""

    lines: list[Line]
    following: Mark | None
    counts: dict[str, int]


def mark_of(line: Line) -> Mark:
    """The place of a matter in a queue."""
    return Mark(line.queue_at, line.id)


def page_of(lines: list[Line]) -> tuple[list[Line], Mark | None]:
    """As many matters as a page shows, and where the next one begins."""
    return lines[:PAGE], mark_of(lines[PAGE - 1]) if len(lines) > PAGE else None


def waiting(actor: Actor, wanted: Wanted) -> Waiting:
    """What waits, asked of the database; two queries."""
    lines = _lines(actor, wanted, PAGE + 1)
    return Waiting(*page_of(lines), stage_counts(actor=actor, kind=wanted.kind, area_id=wanted.area_id))


def _lines(actor: Actor, wanted: Wanted, limit: int) -> list[Line]:
    stage, kind, _, after = wanted
    return queue_lines(actor=actor, stage=stage, kind=kind, area_id=wanted.area_id, after=after, limit=limit)


class Board:
    """How many matters wait in every area, and which of them the last events named."""

    def __init__(self) -> None:
        self.areas: AreaTree | None = None
        self.changed: list[Line] = []
        self.own: dict[UUID, Counts] = {}
        # What waits in all that an area covers; under None everything.
        self.below: defaultdict[UUID | None, Counts] = defaultdict(Counter)

    def forget(self) -> None:
        """Read everything anew at the next reading."""
        self.areas = None

    def read(self, matter_ids: Collection[UUID]) -> None:
        """Read again what events name; everything at the first time, and where areas have changed."""
        self.changed = lines_of(matter_ids) if matter_ids else []
        if self.areas is tree():
            self._count({line.area_id for line in self.changed})
            return
        self.own, self.below, self.areas = {}, defaultdict(Counter), tree()
        self._count(None)

    def _count(self, areas: Collection[UUID] | None) -> None:
        """Count again what waits in some areas themselves (None: in all), and in all above by the difference."""
        assert self.areas is not None  # set before anything is counted
        counted = _counted(areas) if areas is None or areas else {}
        for area_id in counted if areas is None else areas:
            news, olds = counted.get(area_id, Counter()), self.own.get(area_id, Counter())
            self.own[area_id] = news
            differences = {cell: news[cell] - olds[cell] for cell in news.keys() | olds.keys()}
            for above in (None, *self.areas.superiors(area_id)):
                self.below[above].update(differences)

    def counts(self, area_id: UUID | None, kind: str) -> dict[str, int]:
        """How many matters wait at each stage in all that an area covers (None: everywhere), at most COUNTED_TO."""
        found = dict.fromkeys(OPEN_STAGES, 0)
        for (stage, of_kind), matters in self.below[area_id].items():
            if kind in {"", of_kind}:
                found[stage] += matters
        return {stage: min(matters, COUNTED_TO) for stage, matters in found.items()}


def _counted(area_ids: Collection[UUID] | None) -> dict[UUID, Counts]:
    found: dict[UUID, Counts] = {}
    for one in standing(area_ids):
        found.setdefault(one.area_id, Counter())[one.stage, one.kind] += one.matters
    return found


class Follower:
    """A page of a queue that is led on from what changes, and asked only where it no longer has enough rows."""

    def __init__(self, actor: Actor, wanted: Wanted, areas: AreaTree | None) -> None:
        self.actor, self.wanted, self.areas = actor, wanted, areas
        posts = [wanted.area_id] if wanted.area else reach(actor, "matter.view")
        # Led on is the queue of one area or of all; that of a few areas, which may overlap, is asked each time.
        self.follows = wanted.stage != "closed" and (posts is None or len(posts) == 1)
        self.top = posts[0] if posts else None
        self.lines: list[Line] = []
        # Whether more wait than the lines that are kept.
        self.more = False
        if self.follows:
            self._ask()

    def waiting(self, board: Board) -> Waiting | None:
        """What waits when the changes of the board are added; None where it has to be asked."""
        if not self.follows:
            return None
        self._lead_on(board)
        return Waiting(*page_of(self.lines), board.counts(self.top, self.wanted.kind))

    def _ask(self) -> None:
        self.lines = _lines(self.actor, self.wanted, KEPT)
        self.more = len(self.lines) == KEPT

    def _lead_on(self, board: Board) -> None:
        assert self.areas is not None  # those of a board that has been read
        above, top = self.areas.superiors, self.top
        named = {line.id: line for line in board.changed if top is None or top in above(line.area_id)}
        if not named:
            return
        last = mark_of(self.lines[-1]) if self.more else None
        lines = [line for line in self.lines if line.id not in named]
        lines += [one for one in named.values() if self.wanted.holds(one) and (last is None or mark_of(one) <= last)]
        lines.sort(key=mark_of)
        self.lines, self.more = lines[:KEPT], self.more or len(lines) > KEPT
        if self.more and len(self.lines) <= PAGE:
            self._ask()

"""What a wall screen 大屏 shows of an area: stages, overdue by place, figures of today, what just happened.

Counts, kinds and places down to the village; never a number of a matter, a name or a word of a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from wangge.duties.matters.places import OpenCount, open_counts
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.gaps import gaps
from wangge.ground.responses.packs.schema import FigureDef, Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.places import figures_of_places
from wangge.picture.figures.rules import day_start, share
from wangge.picture.situation.queries import by_place, levels_below, places_below, usual_level
from wangge.picture.situation.rules import STAGES, stage_figures

MOST_FIGURES = 9
MOST_NEWS = 30
NEWS_AGE = timedelta(hours=24)
DAY = timedelta(days=1)
# What is told as it happens; who was reminded, what went up a level or was put on hold is for desks.
NEWS = (
    "matter.received",
    "matter.acknowledged",
    "matter.triaged",
    "matter.coordinated",
    "matter.verified",
    "matter.verification_failed",
    "matter.closed",
    "matter.dismissed",
    "matter.overdue",
    "matter.reopened",
)


@dataclass(frozen=True)
class StageState:
    """One of the four firsts 四个一: open and overdue now, and the first-moment rate of today and since the start.

    A rate is None where nothing was due, or where the pack declares none.
    """

    stage: str
    open: int
    overdue: int
    today: float | None
    total: float | None


@dataclass(frozen=True)
class PlaceState:
    """Open and overdue matters of one place now."""

    place: AreaNode
    open: int
    overdue: int


@dataclass(frozen=True)
class FigureState:
    """A figure of today so far, and of yesterday up to the same time of day; None for a share of nothing.

    A ratio is that of everything since the start, up to either instant: corrections of earlier days, which count
    on the day they are made, would lift the ratio of a single day above its hundred.
    """

    figure: FigureDef
    today: float | None
    yesterday: float | None


@dataclass(frozen=True)
class News:
    """Something that happened: when, what, to a matter of which kind, in which village."""

    id: int
    at: datetime
    type: str
    kind: str
    area_id: UUID


@dataclass(frozen=True)
class WallState:
    """All that a wall shows at one instant; `drawn` is what is open in each place of the level that its map draws."""

    now: datetime
    open: int
    overdue: int
    stages: tuple[StageState, ...]
    places: tuple[PlaceState, ...]
    figures: tuple[FigureState, ...]
    news: tuple[News, ...]
    level: str
    drawn: Mapping[UUID, int]


def wall(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> WallState:
    """The state of an area now; a fixed number of queries whatever there is."""
    require(actor, "figure.view", area_id)
    pack = pack_by_id(response_by_id(response_id).pack_id)
    standing = open_counts(actor=actor, response_id=response_id, area_id=area_id, now=now)
    rates, shown = stage_figures(pack.figures), headlines(pack)
    parts = {part for rate in rates.values() for part in parts_of(rate)}
    counts = {figure.code for figure in shown if figure.measure != "ratio"}
    shares = {part for figure in shown if figure.measure == "ratio" for part in parts_of(figure)}

    def counted(codes: Iterable[str], until: datetime, first: datetime | None) -> Counter[str]:
        return figures_of_places(
            actor=actor,
            response_id=response_id,
            area_id=area_id,
            places=[area_id],
            codes=sorted(set(codes)),
            until=until,
            first=first,
        )[area_id]

    level = drawn_level(levels_below(area_id)) or tree().get(area_id).level
    drawn = places_below(area_id, level)
    opened = by_place(((row.area_id, row.open) for row in standing), frozenset(drawn))
    today, total = counted(parts | counts, now, day_start(now)), counted(parts | shares, now, None)
    yesterday, before = counted(counts, now - DAY, day_start(now - DAY)), counted(shares, now - DAY, None)
    return WallState(
        now=now,
        open=sum(row.open for row in standing),
        overdue=sum(row.overdue for row in standing),
        stages=tuple(_stage(stage, standing, rates.get(stage), today, total) for stage in STAGES),
        places=_places(area_id, standing),
        figures=tuple(
            FigureState(figure, _amount(figure, total), _amount(figure, before))
            if figure.measure == "ratio"
            else FigureState(figure, _amount(figure, today), _amount(figure, yesterday))
            for figure in shown
        ),
        news=tuple(news(actor=actor, response_id=response_id, area_id=area_id, now=now)),
        level=level,
        drawn={place: opened[place] for place in drawn},
    )


def drawn_level(levels: Sequence[str]) -> str:
    """The level a wall draws: the second below its area, fine enough to see where and large enough to read."""
    drawn = [level for level in levels if level != "grid"] or list(levels)
    return "".join(drawn[:2][-1:])


def headlines(pack: Pack) -> list[FigureDef]:
    """The figures of a wall: those that the pack names for it.

    Where it names none they are counts and sums: first those whose news the bulletin's prose states, then
    those of its tables.
    """
    if pack.bulletin.wall:
        return [pack.figures[code] for code in pack.bulletin.wall][:MOST_FIGURES]
    stated = [code for code, view in gaps(pack.bulletin.prose) if view == "new"]
    listed = chain.from_iterable(section.figures for section in pack.bulletin.sections.values())
    codes = dict.fromkeys([*stated, *listed])
    return [pack.figures[code] for code in codes if pack.figures[code].of][:MOST_FIGURES]


def parts_of(figure: FigureDef) -> tuple[str, ...]:
    """What a figure is made from: for a ratio the figures above and below, else itself."""
    return (figure.numerator, figure.denominator) if figure.numerator and figure.denominator else (figure.code,)


def _amount(figure: FigureDef, amounts: Counter[str]) -> float | None:
    above, *below = (amounts[code] for code in parts_of(figure))
    return share(above, below[0], figure.precision) if below else above


def _stage(
    stage: str, counts: Sequence[OpenCount], rate: FigureDef | None, today: Counter[str], total: Counter[str]
) -> StageState:
    def rated(amounts: Counter[str]) -> float | None:
        return _amount(rate, amounts) if rate else None

    here = [row for row in counts if row.stage == stage]
    return StageState(
        stage, sum(row.open for row in here), sum(row.overdue for row in here), rated(today), rated(total)
    )


def _places(area_id: UUID, counts: Sequence[OpenCount]) -> tuple[PlaceState, ...]:
    """The places right below an area, those with most overdue first."""
    below = places_below(area_id, usual_level(area_id))
    opened = by_place(((row.area_id, row.open) for row in counts), frozenset(below))
    overdue = by_place(((row.area_id, row.overdue) for row in counts), frozenset(below))
    states = [PlaceState(tree().get(place), opened[place], overdue[place]) for place in below]
    return tuple(sorted(states, key=lambda state: (-state.overdue, -state.open, state.place.code)))


def news(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime, limit: int = MOST_NEWS) -> list[News]:
    """What happened to matters of an area in the last day, the newest first; one query. Exercises are not told."""
    require(actor, "matter.view", area_id)
    rows = Event.objects.filter(type__in=NEWS, at__gt=now - NEWS_AGE, at__lte=now, exercise=False)
    rows = rows.filter(response_id=response_id)
    if area_id != tree().root().id:
        rows = rows.filter(area_id__in=covered(area_id))
    found = rows.order_by("-at", "-id").values_list("id", "at", "type", "data", "area_id")[:limit]
    return [
        News(id, at, type_, str(data.get("kind", "")), village_of(place))
        for id, at, type_, data, place in found
        if place
    ]


def village_of(area_id: UUID) -> UUID:
    """The village of a grid; any other area itself."""
    node = tree().get(area_id)
    return node.parent_id if node.level == "grid" and node.parent_id else area_id

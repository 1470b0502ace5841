"""What a bulletin says beside its figures: the areas compared, what is overdue and why, and the days as charts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wangge.duties.matters.backlog import Overdue, overdue_by_area
from wangge.duties.matters.rules import STAGES
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import FigureDef, Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.bulletins.content import (
    AreaLine,
    BulletinContent,
    ChartData,
    FigureLine,
    OverdueLine,
    Series,
)
from wangge.picture.figures.days import figure_days
from wangge.picture.figures.places import figures_of_places
from wangge.picture.figures.queries import figures_counted
from wangge.picture.figures.rules import day_start, share

CHART_DAYS = 14


@dataclass(frozen=True)
class _About:
    """Whose parts are gathered, up to when, as whom."""

    actor: Actor
    response_id: UUID
    area_id: UUID
    cutoff: datetime
    now: datetime
    pack: Pack

    @property
    def below(self) -> list[UUID]:
        """The areas directly below, in the order of their codes."""
        return tree().children(self.area_id)


def with_parts(
    content: BulletinContent, *, actor: Actor, response_id: UUID, area_id: UUID, cutoff: datetime, now: datetime
) -> BulletinContent:
    """The same bulletin with its parts; a fixed number of statements."""
    pack = pack_by_id(response_by_id(response_id).pack_id)
    about = _About(actor, response_id, area_id, cutoff, now, pack)
    return replace(
        content,
        by_area=tuple(_by_area(about)),
        overdue=tuple(_overdue(about)),
        overdue_at=local(now).isoformat(timespec="seconds"),
        charts=tuple(_charts(about)),
    )


# -- the areas below ---------------------------------------------------------------------------------


def _by_area(about: _About) -> Iterable[AreaLine]:
    figures = [about.pack.figures[code] for code in about.pack.bulletin.by_area]
    places = about.below
    if not figures or not places:
        return
    counted = figures_of_places(
        actor=about.actor,
        response_id=about.response_id,
        area_id=about.area_id,
        places=places,
        codes={part for figure in figures for part in _parts(figure)},
        until=about.cutoff,
    )
    for place in places:
        node = tree().get(place)
        yield AreaLine(node.code, node.short_name, tuple(_line(figure, counted[place]) for figure in figures))


def _parts(figure: FigureDef) -> Sequence[str]:
    return (figure.numerator or "", figure.denominator or "") if figure.measure == "ratio" else (figure.code,)


def _line(figure: FigureDef, counted: Mapping[str, int]) -> FigureLine:
    if figure.measure != "ratio":
        return FigureLine(**_named(figure), total=counted[figure.code], new=None)
    above, below = (counted[part] for part in _parts(figure))
    total = share(above, below, figure.precision)
    return FigureLine(**_named(figure), total=total, new=None, numerator=above, denominator=below)


def _named(figure: FigureDef) -> dict[str, Any]:
    """What a line says of its figure beside its numbers."""
    return {
        name: getattr(figure, name) for name in ("code", "name", "name_en", "unit", "group", "measure", "precision")
    }


# -- what is overdue ---------------------------------------------------------------------------------


def _overdue(about: _About) -> Iterable[OverdueLine]:
    """By the area directly below, stage and reason; the scope itself stands for what lies in none of them."""
    summed: dict[tuple[UUID, str, str], list[Overdue]] = defaultdict(list)
    found = overdue_by_area(actor=about.actor, response_id=about.response_id, area_id=about.area_id, now=about.now)
    places = about.below
    for line in found:
        place = next((place for place in places if tree().covers(place, line.area_id)), about.area_id)
        summed[place, line.stage, line.why].append(line)
    for (place, stage, why), lines in sorted(summed.items(), key=_in_order):
        node = tree().get(place)
        yield OverdueLine(
            area_code=node.code,
            area=node.short_name,
            stage=stage,
            why=why,
            count=sum(line.matters for line in lines),
            escalated=sum(line.escalated for line in lines),
            since=local(min(line.since for line in lines)).isoformat(timespec="seconds"),
        )


def _in_order(item: tuple[tuple[UUID, str, str], object]) -> tuple[str, int, str]:
    place, stage, why = item[0]
    return tree().get(place).code, STAGES.index(stage) if stage in STAGES else len(STAGES), why


# -- the days ----------------------------------------------------------------------------------------


def _charts(about: _About) -> Iterable[ChartData]:
    """The last fortnight up to the cut-off, not before the response; the day of the cut-off ends there."""
    charts = about.pack.bulletin.charts.values()
    codes = tuple(dict.fromkeys(code for chart in charts for code in chart.figures))
    if not codes:
        return
    ending = about.cutoff - timedelta(microseconds=1)  # at midnight the day before is the last
    last = local(ending).date()
    started = local(response_by_id(about.response_id).started_at).date()
    first = max(started, last - timedelta(days=CHART_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    whole: dict[str, list[float | None]] = {code: [] for code in codes}
    if len(days) > 1:
        found = figure_days(
            actor=about.actor,
            response_id=about.response_id,
            codes=codes,
            area_id=about.area_id,
            first=first,
            last=days[-2],
        )
        whole = {code: [day.value for day in found[code]] for code in codes}
    today, _ = figures_counted(
        response_id=about.response_id, area_id=about.area_id, until=about.cutoff, since=day_start(ending)
    )
    for chart in charts:
        series = [(about.pack.figures[code], (*whole[code], today[code].new)) for code in chart.figures]
        yield ChartData(
            chart.code,
            chart.name,
            chart.name_en,
            tuple(day.isoformat() for day in days),
            tuple(Series(one.code, one.name, one.name_en, one.unit, values) for one, values in series),
        )

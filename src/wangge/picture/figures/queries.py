"""Reading figures: for any scope and cut-off minute, day by day, and the rows behind each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wangge.ground.areas.permission import require
from wangge.ground.journal.readers import Position
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.responses.packs.schema import FigureDef, Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.rules import share
from wangge.picture.figures.summing import plan_by_pack
from wangge.picture.figures.tally import Question, Tally, tally


@dataclass(frozen=True)
class FigureValue:
    """One figure of a scope up to a cut-off: `total` cumulative 累计, `new` since the period began 新增.

    Counts and sums are whole numbers. A ratio is a share in per cent, None of nothing, and carries
    numerator and denominator, cumulative and new. A catalogue is its size, and nothing of it is new.
    """

    code: str
    name: str
    name_en: str
    unit: str
    group: str
    measure: str
    precision: int
    total: float | None
    new: float | None
    numerator: int | None = None
    denominator: int | None = None
    new_numerator: int | None = None
    new_denominator: int | None = None


def figures(
    *, actor: Actor, response_id: UUID, area_id: UUID, until: datetime, since: datetime | None = None
) -> dict[str, FigureValue]:
    """Every figure of the response's pack: `total` of all before `until`, `new` of that what is not before `since`.

    Without `since` everything is new. Exercises never count. A fixed number of statements whatever
    the data; exact wherever the reader stands.
    """
    require(actor, "figure.view", area_id)
    values, _ = figures_counted(response_id=response_id, area_id=area_id, until=until, since=since)
    return values


def figures_counted(
    *, response_id: UUID, area_id: UUID, until: datetime, since: datetime | None, below: Position | None = None
) -> tuple[dict[str, FigureValue], Position]:
    """The figures, and the position up to which the journal was counted; for callers that have asked for permission.

    With `below` nothing after that position counts, unless the reader has rolled it up already; the
    position returned says where that ended.
    """
    if since is not None and since > until:
        raise InputInvalid(field="since", why_zh="起始时间晚于截止时间。", why_en="The start lies after the cut-off.")
    pack_id = response_by_id(response_id).pack_id
    pack = pack_by_id(pack_id)
    counted = tally(Question(plan_by_pack(pack_id), response_id, area_id, until, since, below))
    return {code: _value(figure, pack, counted) for code, figure in pack.figures.items()}, counted.position


def _value(figure: FigureDef, pack: Pack, counted: Tally) -> FigureValue:
    if figure.measure == "ratio":
        return _ratio(figure, counted)
    if figure.measure == "catalogue":
        size = len(pack.tasks if figure.catalogue == "tasks" else pack.services)
        return _plain(figure, size, 0)
    return _plain(figure, counted.until[figure.code], _new(counted, figure.code))


def _new(counted: Tally, code: str) -> int:
    return counted.until[code] - counted.since[code]


def _plain(figure: FigureDef, total: int, new: int) -> FigureValue:
    return FigureValue(
        figure.code,
        figure.name,
        figure.name_en,
        figure.unit,
        figure.group,
        figure.measure,
        figure.precision,
        total,
        new,
    )


def _ratio(figure: FigureDef, counted: Tally) -> FigureValue:
    above, below = figure.numerator or "", figure.denominator or ""
    new_above, new_below = _new(counted, above), _new(counted, below)
    return FigureValue(
        code=figure.code,
        name=figure.name,
        name_en=figure.name_en,
        unit=figure.unit,
        group=figure.group,
        measure=figure.measure,
        precision=figure.precision,
        total=share(counted.until[above], counted.until[below], figure.precision),
        new=share(new_above, new_below, figure.precision),
        numerator=counted.until[above],
        denominator=counted.until[below],
        new_numerator=new_above,
        new_denominator=new_below,
    )

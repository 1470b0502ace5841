"""The content of a bulletin 战报: all that printing needs, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class FigureLine:
    """One figure as the bulletin shows it; numbers as in `figures.queries.FigureValue`."""

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


@dataclass(frozen=True)
class TableText:
    """One table: its heading and the codes of its figures in order."""

    code: str
    name: str
    name_en: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class CorrectionLine:
    """A correction: `cause` is late, corrected or pending, see `figures.corrections`."""

    code: str
    name: str
    name_en: str
    unit: str
    cause: str
    amount: int


@dataclass(frozen=True)
class AreaLine:
    """One of the areas directly below the scope, with the figures that the pack compares, cumulative."""

    area_code: str
    area: str
    figures: tuple[FigureLine, ...]


@dataclass(frozen=True)
class OverdueLine:
    """Matters of one area that have run over their time, waiting at one stage for one reason (see `rules.REASONS`).

    `escalated` of them have been escalated; the first of them fell due at `since`, an ISO instant.
    """

    area_code: str
    area: str
    stage: str
    why: str
    count: int
    escalated: int
    since: str


@dataclass(frozen=True)
class Series:
    """One figure of a chart, a value for each of its days; None is a share of nothing."""

    code: str
    name: str
    name_en: str
    unit: str
    values: tuple[float | None, ...]


@dataclass(frozen=True)
class ChartData:
    """One chart: figures day by day, the days as ISO dates; the last ends at the cut-off."""

    code: str
    name: str
    name_en: str
    days: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Remark:
    """What is to be said of how a bulletin was issued: its cause (see `rules.REMARKS`) and what fills its gaps."""

    cause: str
    details: dict[str, str]


@dataclass(frozen=True)
class BulletinContent:
    """A bulletin, drafted or issued; `serial` 0, no `issued_at` and no `seal_head` in a draft.

    Instants are ISO 8601 with the city's zone. `since` to `cutoff` is what counts as new, `start` to
    `cutoff` what counts at all. `position` is how far the journal was read, as tx.id. What is overdue
    was overdue at `overdue_at`, the moment of drafting, because nobody can tell that of the past. Bulletins
    issued before there were parts by area have none.
    """

    title: str
    title_en: str
    prose: str
    prose_en: str
    response: str
    authority: str
    area_code: str
    scope: str
    start: str
    since: str
    cutoff: str
    figures: tuple[FigureLine, ...]
    tables: tuple[TableText, ...]
    corrections: tuple[CorrectionLine, ...]
    exercise: bool
    position: str
    serial: int = 0
    issued_at: str = ""
    issued_by: str = ""
    seal_number: int = 0
    seal_head: str = ""
    by_area: tuple[AreaLine, ...] = ()
    overdue: tuple[OverdueLine, ...] = ()
    overdue_at: str = ""
    charts: tuple[ChartData, ...] = ()
    remark: Remark | None = None

    def figure(self, code: str) -> FigureLine:
        """One figure by its code; KeyError for any other word."""
        return {line.code: line for line in self.figures}[code]

    def issued(self, **marks: Any) -> BulletinContent:
        """The same content with serial, time, name and seal of its issue."""
        return replace(self, **marks)

    def as_stored(self) -> dict[str, Any]:
        """The content for a JSON column; `from_stored` reads it back to an equal content."""
        return asdict(self)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The content that `as_stored` wrote."""
        parts = {
            "figures": tuple(FigureLine(**line) for line in stored["figures"]),
            "tables": tuple(TableText(**{**table, "figures": tuple(table["figures"])}) for table in stored["tables"]),
            "corrections": tuple(CorrectionLine(**line) for line in stored["corrections"]),
            "by_area": tuple(
                AreaLine(**{**line, "figures": tuple(FigureLine(**value) for value in line["figures"])})
                for line in stored.get("by_area", ())
            ),
            "overdue": tuple(OverdueLine(**line) for line in stored.get("overdue", ())),
            "charts": tuple(map(_chart, stored.get("charts", ()))),
            "remark": Remark(**stored["remark"]) if stored.get("remark") else None,
        }
        return cls(**{**stored, **parts})


def _chart(stored: Mapping[str, Any]) -> ChartData:
    series = tuple(Series(**{**line, "values": tuple(line["values"])}) for line in stored["series"])
    return ChartData(**{**stored, "days": tuple(stored["days"]), "series": series})

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
class BulletinContent:
    """A bulletin, drafted or issued; `serial` 0, no `issued_at` and no `seal_head` in a draft.

    Instants are ISO 8601 with the city's zone. `since` to `cutoff` is what counts as new, `start` to
    `cutoff` what counts at all. `position` is how far the journal was read, as tx.id.
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
        }
        return cls(**{**stored, **parts})

"""The totals that a replay has to add up to: the pack's own, or those of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wangge.ground.kernel.problems import DemoTotalsInvalid
from wangge.ground.responses.packs.schema import FigureDef, Pack

LARGEST = 10_000_000
LOGGED, COUNTERED = "duty.logged", "duty.countered"
CLOSED = "matter.closed"


@dataclass(frozen=True)
class Ledger:
    """A figure that sums one quantity of one log kind."""

    kind: str
    quantity: str


@dataclass(frozen=True)
class Closings:
    """A figure that counts matters closed: the pairs of kind and outcome that it counts."""

    cells: frozenset[tuple[str, str]]


Way = Ledger | Closings


@dataclass(frozen=True)
class Totals:
    """What the figures have to show: counts and sums by code, rates in percent.

    `left_out` are figures of a printed bulletin that follow from the records.
    """

    values: Mapping[str, int]
    rates: Mapping[str, int]
    left_out: tuple[str, ...] = ()


def way_of(figure: FigureDef, pack: Pack) -> Way | None:
    """How records make this figure, or None where it follows from others or from what the engine does."""
    events = {source.event for source in figure.of if source.sign == 1}
    kinds = {kind for source in figure.of for kind in source.where.get("kind", ())}
    if figure.measure == "sum" and LOGGED in events <= {LOGGED, COUNTERED} and len(kinds) == 1:
        quantities = {source.quantity for source in figure.of}
        if len(quantities) == 1 and (quantity := quantities.pop()):
            return Ledger(str(kinds.pop()), quantity)
    if figure.measure == "count" and events == {CLOSED}:
        cells = frozenset(cell for source in figure.of if source.event == CLOSED for cell in _cells(source.where, pack))
        narrowed = all({"kind", "outcome"} & source.where.keys() for source in figure.of)
        return Closings(cells) if cells and narrowed else None
    return None


def _cells(where: Mapping[str, Iterable[Any]], pack: Pack) -> list[tuple[str, str]]:
    kinds, outcomes = where.get("kind"), where.get("outcome")
    return [
        (kind.code, outcome.code)
        for kind in pack.kinds.values()
        for outcome in kind.outcomes
        if (kinds is None or kind.code in kinds) and (outcomes is None or outcome.code in outcomes)
    ]


def read_totals(file: Path | None, pack: Pack) -> Totals:
    """The totals of a file over those of the pack.

    The file holds {figure: number}, by code or Chinese name, or what `wangge bulletin --json` prints.
    Raises DemoTotalsInvalid for what cannot be taken.
    """
    values: dict[str, int] = dict(pack.demo.totals) if pack.demo else {}
    if file is None:
        return Totals(values, {})
    given, printed = _entries(_load(file), file.name)
    by_name = {figure.name: code for code, figure in pack.figures.items()}
    rates: dict[str, int] = {}
    left_out: list[str] = []
    for key, number in given:
        code = key if key in pack.figures else by_name.get(key, "")
        if not code:
            raise _wrong(f"没有“{key}”这一指标", f"there is no figure “{key}”")
        steered = way_of(pack.figures[code], pack) is not None
        if steered:
            values[code] = _whole(key, number)
        elif lodging_rate(pack.figures[code], pack) and number is not None:
            rates[code] = _percent(key, number)
        elif printed:
            left_out.append(code)  # a printed bulletin also holds what follows from the records
        else:
            raise _wrong(
                f"“{key}”由其他记录得出，不能直接指定", f"“{key}” follows from other records and cannot be set"
            )
    return Totals(values, rates, tuple(left_out))


def lodging_rate(figure: FigureDef, pack: Pack) -> tuple[Ledger, Ledger] | None:
    """The two sums that a rate divides, where both are quantities of one log kind."""
    if figure.measure != "ratio":
        return None
    parts = [pack.figures[code] for code in (figure.numerator, figure.denominator) if code]
    ways = [way_of(part, pack) for part in parts]
    if len(ways) == 2 and isinstance(ways[0], Ledger) and isinstance(ways[1], Ledger) and ways[0].kind == ways[1].kind:
        return ways[0], ways[1]
    return None


def _load(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _wrong(f"打不开 {file}({error.strerror})", f"{file} cannot be opened ({error.strerror})") from None
    except ValueError:
        raise _wrong(f"{file.name} 不是 JSON", f"{file.name} is not JSON") from None


def _entries(content: Any, name: str) -> tuple[list[tuple[str, Any]], bool]:
    """The pairs of figure and number, and whether they come from a printed bulletin."""
    figures = content.get("figures") if isinstance(content, dict) else content
    if isinstance(figures, list):
        if not all(isinstance(row, dict) and "code" in row and "total" in row for row in figures):
            raise _wrong(f"{name} 中有一行缺少 code 或 total", f"a row of {name} lacks code or total")
        return [(str(row["code"]), row["total"]) for row in figures], True
    if isinstance(figures, dict):
        return [(code, row["total"] if isinstance(row, dict) else row) for code, row in figures.items()], True
    if not isinstance(content, dict):
        raise _wrong(f"{name} 应为“指标: 数值”", f"{name} must hold figure: number")
    return list(content.items()), False


def _whole(key: str, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise _wrong(f"“{key}”的数值须为整数", f"the number of “{key}” must be whole")
    if not 0 <= number <= LARGEST:
        raise _wrong(f"“{key}”须在 0 至 {LARGEST} 之间", f"“{key}” must lie between 0 and {LARGEST}")
    return number


def _percent(key: str, number: Any) -> int:
    if isinstance(number, str):
        number = number.removesuffix("%")
        number = float(number) if number.replace(".", "", 1).isdigit() else number
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise _wrong(f"“{key}”须为整数百分比", f"“{key}” must be a whole percentage")
    if not 0 <= number <= 100:
        raise _wrong(f"“{key}”须在 0 至 100 之间", f"“{key}” must lie between 0 and 100")
    return int(number)


def _wrong(zh: str, en: str) -> DemoTotalsInvalid:
    return DemoTotalsInvalid(why_zh=zh, why_en=en)

"""What a map or a wall shows, and how numbers become classes of colour: pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from wangge.ground.responses.packs.schema import FigureDef

STAGES = ("push", "triage", "coordinate", "verify")
MOST_CLASSES = 5
# Shares in per cent: below the first is the worst class.
SHARE_BREAKS = (60.0, 80.0, 90.0, 95.0)
NICE = (1, 2, 3, 5)

MeasureCode = Literal["open", "overdue", "rate", "figure"]
Period = Literal["total", "day"]


@dataclass(frozen=True)
class Measure:
    """What an area is coloured by.

    open 在办: open matters; overdue 超时: those of them past their time; rate 第一时间率: the share of
    all four stages done in time; figure 指标: one figure of the pack. `period` day counts from the
    beginning of the instant's day 当日, total from the beginning of the response 累计; it says
    something of a rate or a figure only.
    """

    code: MeasureCode
    figure: str = ""
    period: Period = "total"


@dataclass(frozen=True)
class Formula:
    """How a measure is made from counts and sums: their sum, or a share of two sums in per cent."""

    above: tuple[str, ...]
    below: tuple[str, ...] = ()
    precision: int = 0

    @property
    def codes(self) -> tuple[str, ...]:
        return (*self.above, *self.below)


def open_figure(figures: Mapping[str, FigureDef]) -> str | None:
    """The figure that says how many matters are open 在办: all received less all that ended, of every kind.

    A pack need not have one; then how many were open at a past instant is not known.
    """
    ends = {("matter.closed", -1), ("matter.dismissed", -1), ("matter.merged", -1)}
    begins = {("matter.received", 1), ("matter.reopened", 1), ("matter.merge_undone", 1)}
    for code, figure in figures.items():
        plain = not figure.area and all(not source.where and source.quantity is None for source in figure.of)
        if figure.measure == "count" and plain and {(one.event, one.sign) for one in figure.of} == begins | ends:
            return code
    return None


def stage_figures(figures: Mapping[str, FigureDef]) -> dict[str, FigureDef]:
    """The first-moment rate 第一时间率 of each stage: the ratio whose whole counts that stage's overdue matters."""
    found: dict[str, FigureDef] = {}
    for figure in figures.values():
        whole = figures.get(figure.denominator or "")
        for source in whole.of if whole and figure.measure == "ratio" else ():
            stages = source.where.get("stage", ())
            if source.event == "matter.overdue" and len(stages) == 1 and set(source.where) == {"stage"}:
                found.setdefault(str(stages[0]), figure)
    return {stage: found[stage] for stage in STAGES if stage in found}


def formula_of(measure: Measure, figures: Mapping[str, FigureDef]) -> Formula | None:
    """What a measure is counted from; None where the pack has nothing to count it from."""
    if measure.code == "open":
        code = open_figure(figures)
        return Formula((code,)) if code else None
    if measure.code == "rate":
        rates = [rate for rate in stage_figures(figures).values() if rate.numerator and rate.denominator]
        above = tuple(rate.numerator or "" for rate in rates)
        return Formula(above, tuple(rate.denominator or "" for rate in rates), 1) if rates else None
    figure = figures.get(measure.figure) if measure.code == "figure" else None
    if figure is None or figure.measure == "catalogue":
        return None
    if figure.numerator and figure.denominator:
        return Formula((figure.numerator,), (figure.denominator,), figure.precision)
    return Formula((figure.code,))


def count_breaks(values: Iterable[float]) -> tuple[float, ...]:
    """Where classes of counts begin, round numbers of which the first is 1; nothing where nothing is counted.

    What lies below the first is its own class: nothing. Each further class begins near a fifth more of
    the places, so that a map of many villages is not all one colour.
    """
    counted = sorted(value for value in values if value >= 1)
    breaks: list[float] = [1.0] if counted else []
    for part in range(1, MOST_CLASSES):
        at = nice(counted[len(counted) * part // MOST_CLASSES]) if counted else 0
        if counted and at > breaks[-1]:
            breaks.append(at)
    return tuple(breaks)


def nice(value: float) -> float:
    """The largest of 1, 2, 3, 5, 10, 20, 30, 50, … that is not more than the value, which is 1 or more."""
    step = 1.0
    while step * 10 <= value:
        step *= 10
    return step * NICE[bisect_right([step * one for one in NICE], value) - 1]

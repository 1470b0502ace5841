"""How numbers and instants stand in a bulletin: pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wangge.ground.kernel.clock import local
from wangge.ground.responses.packs.gaps import fill
from wangge.picture.bulletins.content import FigureLine

CAUSES = {
    "late": ("补报", "seen before the last cut-off, recorded after it"),
    "corrected": ("更正", "takes back what was recorded before the last cut-off"),
    "pending": ("迟到", "recorded before the last cut-off, written to the journal after it"),
}
# The names are not the locale's: the same bulletin must come out on every machine.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def number(line: FigureLine, value: float | None, *, english: bool = False) -> str:
    """A figure's value as people write it: 32300, 98.5%; a share of nothing is 暂无."""
    if value is None:
        return "n/a" if english else "暂无"
    if line.measure == "ratio":
        return f"{value:.{line.precision}f}%"
    return f"{int(value):,}" if english else str(int(value))


def instant_zh(instant: datetime) -> str:
    """2020年2月5日20时, or 20时03分."""
    at = local(instant)
    minutes = f"{at.minute:02d}分" if at.minute else ""
    return f"{at.year}年{at.month}月{at.day}日{at.hour}时{minutes}"


def instant_en(instant: datetime) -> str:
    """20:03 on 5 February 2020."""
    at = local(instant)
    return f"{at:%H:%M} on {at.day} {MONTHS[at.month - 1]} {at.year}"


def day_zh(instant: datetime) -> str:
    """2020年2月5日."""
    at = local(instant)
    return f"{at.year}年{at.month}月{at.day}日"


def whole_minute(instant: datetime) -> bool:
    """Whether an instant is a minute without seconds, as a cut-off must be."""
    return instant.second == 0 and instant.microsecond == 0


def filled(
    template: str,
    lines: Iterable[FigureLine],
    *,
    city: str,
    scope: str,
    start: datetime,
    cutoff: datetime,
    english: bool = False,
) -> str:
    """A template of the pack with its gaps filled; KeyError where a value is missing."""
    said = instant_en if english else instant_zh
    values = {"city": city, "scope": scope, "start": said(start), "cutoff": said(cutoff)}
    for line in lines:
        values[f"{line.code}.total"] = number(line, line.total, english=english)
        values[f"{line.code}.new"] = number(line, line.new, english=english)
    return fill(template, values).strip()

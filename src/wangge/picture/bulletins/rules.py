"""How numbers and instants stand in a bulletin, and when one is due: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta

from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.responses.packs.gaps import fill
from wangge.picture.bulletins.content import FigureLine

CAUSES = {
    "late": ("补报", "seen before the last cut-off, recorded after it"),
    "corrected": ("更正", "takes back what was recorded before the last cut-off"),
    "pending": ("迟到", "recorded before the last cut-off, written to the journal after it"),
}
# What has to be said of how a bulletin was issued, by its cause.
REMARKS = {
    "late": (
        "本期原定{planned}发布，因系统当时未运行，于{issued}补发。",
        "This issue was planned for {planned}; the system was not running then, and issued it at {issued}.",
    ),
    "late_after_missing": (
        "本期原定{planned}发布，因系统当时未运行，于{issued}补发；此前错过的{missed}次定时发布不再单独补发，数据已计入本期。",
        "This issue was planned for {planned}; the system was not running then, and issued it at {issued}. It also "
        "covers the {missed} issues missed before it.",
    ),
}
STAGE_WORDS = {
    "push": ("推送", "push"),
    "triage": ("分流", "triage"),
    "coordinate": ("协调", "coordinate"),
    "verify": ("核查", "verify"),
    "close": ("结案", "close"),
}
EVERY_DAY = "1234567"
# An issue that comes this much after its time says why.
LATE_AFTER = timedelta(minutes=10)
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


def planned_times(at: time, weekdays: str, since: datetime) -> Iterator[datetime]:
    """The instants of a schedule from `since` on, itself included: `at` on the wall clock of the city, on the
    weekdays named by their ISO numbers (1 is Monday)."""
    day = local(since).date()
    while True:
        instant = datetime.combine(day, at, LOCAL).astimezone(UTC)
        if str(day.isoweekday()) in weekdays and instant >= since:
            yield instant
        day += timedelta(days=1)


def next_time(at: time, weekdays: str, after: datetime) -> datetime:
    """The first instant of a schedule after another."""
    return next(instant for instant in planned_times(at, weekdays, after) if instant > after)


def last_time(at: time, weekdays: str, planned: datetime, now: datetime) -> tuple[datetime, int]:
    """Of the instants of a schedule from `planned` to now the last one, and how many were missed before it.

    `planned` itself counts, also where the schedule has been changed since.
    """
    last, missed = planned, 0
    for instant in planned_times(at, weekdays, planned + timedelta(microseconds=1)):
        if instant > now:
            return last, missed
        last, missed = instant, missed + 1
    raise AssertionError("a schedule has no end")


def check_weekdays(weekdays: str) -> bool:
    """Whether at least one weekday is named, each once and in order."""
    return bool(weekdays) and weekdays == "".join(sorted(set(weekdays) & set(EVERY_DAY)))

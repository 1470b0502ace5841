"""Figures day by day, for charts and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from wangge.ground.areas.permission import require
from wangge.ground.journal.readers import position_of
from wangge.ground.kernel.clock import midnight
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound
from wangge.ground.responses.packs.schema import FigureDef
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.rules import plan_of, share
from wangge.picture.figures.statements import Piece, bound_all, local_day
from wangge.picture.figures.tally import READER, Question, added_up, grouped, padded, unread

MOST_DAYS = 400


@dataclass(frozen=True)
class FigureDay:
    """What was added to a figure on one day; a ratio is that of the day alone, None of nothing."""

    day: date
    value: float | None


def figure_days(
    *, actor: Actor, response_id: UUID, codes: Sequence[str], area_id: UUID, first: date, last: date
) -> dict[str, list[FigureDay]]:
    """For each figure every day from `first` to `last`, both included, zeros too; at most 400 days.

    Counts, sums and ratios; a catalogue has no days. Raises NotFound for a figure the pack has not.
    """
    require(actor, "figure.view", area_id)
    if not first <= last < first + timedelta(days=MOST_DAYS):
        zh, en = f"日期范围应为 1 至 {MOST_DAYS} 天。", f"Between 1 and {MOST_DAYS} days, please."
        raise InputInvalid(field="first", why_zh=zh, why_en=en)
    known = pack_by_id(response_by_id(response_id).pack_id).figures
    for code in codes:
        if code not in known or known[code].measure == "catalogue":
            raise NotFound(what=f"指标 {code}")
    parts = {part for code in codes for part in (known[code].numerator, known[code].denominator, code) if part}
    if not codes:
        return {}
    counted = _count({part: known[part] for part in sorted(parts)}, response_id, area_id, first, last)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return {code: [FigureDay(day, _value(known[code], counted, day)) for day in days] for code in codes}


def _value(figure: FigureDef, counted: Counter[tuple[str, date]], day: date) -> float | None:
    if figure.numerator and figure.denominator:
        return share(counted[figure.numerator, day], counted[figure.denominator, day], figure.precision)
    return counted[figure.code, day]


def _count(
    figures: dict[str, FigureDef], response_id: UUID, area_id: UUID, first: date, last: date
) -> Counter[tuple[str, date]]:
    plan = plan_of(figures)
    since = midnight(first)
    until = midnight(last + timedelta(days=1))
    shown = padded(plan, "'r'", local_day("start"), "figure", "value")
    rolled = Piece(
        f"{shown} FROM {Rollup._meta.db_table} WHERE response_id = %s AND area_id = %s "
        "AND grain = 'day' AND start >= %s AND start < %s",
        bound_all([response_id, area_id, since, until]),
    )
    question = Question(plan, response_id, area_id, until)
    beyond = unread(position_of(READER))
    values = [*beyond.values, *bound_all([since, until])]
    where = f"{beyond.sql} AND at >= %s AND at < %s"
    tail = grouped(question, "t", Piece(local_day("at"), []), "journal_event_position", where, values)
    counted: Counter[tuple[str, date]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"{rolled.sql} UNION ALL {tail.sql}", [*rolled.values, *tail.values])
        for part, flag, name, *columns in cursor.fetchall():
            for figure, value in added_up(plan, part, name, columns).items():
                counted[figure, date.fromisoformat(flag)] += value
    return counted

"""The rows behind a figure: the click-through.

Which hours hold any row of a figure in an area, or which days of a small area, is known from the rollups,
so that a page of 50 rows looks at no more than 52 of them in the journal, however long ago they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Max

from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event, Position, position_of
from wangge.ground.kernel.bulk import bound, gaps
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.rules import START_OF, Counted, Plan, grains_of, plan_of
from wangge.picture.figures.statements import after, bound_all, event_quantity, indexed

PAGE = 50
LASTS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class RowMark(NamedTuple):
    """Where a page of rows ended: the key of its last row."""

    at: datetime
    tx: int
    event_id: int


@dataclass(frozen=True)
class FigureRow:
    """One event behind a figure. `amount` is what it adds; in a ratio `out_of` what it adds to the denominator."""

    at: datetime
    observed_at: datetime | None
    type: str
    kind: str
    amount: int
    out_of: int | None
    subject_id: UUID | None
    area_id: UUID
    area_name: str
    mark: RowMark


@dataclass(frozen=True)
class RowPage:
    """One page of rows, the newest first, and where the next one begins, None at the end."""

    rows: list[FigureRow]
    following: RowMark | None


@dataclass(frozen=True)
class _Look:
    """What is looked for: the sources of the figure, where and when, and how finely the area's rollups tell."""

    plan: Plan
    codes: tuple[str, ...]
    response_id: UUID
    area_id: UUID
    since: datetime
    until: datetime
    after: RowMark | None
    limit: int
    grain: str


def figure_rows(
    *,
    actor: Actor,
    response_id: UUID,
    code: str,
    area_id: UUID,
    since: datetime | None,
    until: datetime,
    after: RowMark | None = None,
    limit: int = PAGE,
) -> RowPage:
    """A page of the events that a figure is made of, recorded from `since` to before `until`, the newest first.

    Of a ratio the events of numerator and denominator. Raises NotFound for a figure the pack has not.
    """
    require(actor, "figure.view", area_id)
    response = response_by_id(response_id)
    figure = pack_by_id(response.pack_id).figures.get(code)
    if figure is None:
        raise NotFound(what=f"指标 {code}")
    codes = tuple(part for part in (figure.numerator, figure.denominator) if part) or (code,)
    plan = plan_of({part: pack_by_id(response.pack_id).figures[part] for part in codes})
    start = since or datetime(1970, 1, 1, tzinfo=UTC)
    grain = grains_of(tree().get(area_id).level)[-1]
    look = _Look(plan, codes, response_id, area_id, start, until, after, limit, grain)
    if not plan.types:
        return RowPage([], None)
    rows = [_row(event, look) for event in _events(look)]
    following = rows[limit - 1].mark if len(rows) > limit else None
    return RowPage(rows[:limit], following)


def _events(look: _Look) -> list[Event]:
    cursor = position_of("figures")
    starts = _starts(look)
    found = {event.position: event for event in _within(look, starts)}
    found |= {event.position: event for event in _beyond(look, cursor)}
    newest = sorted(found.values(), key=lambda event: (event.at, event.tx, event.id), reverse=True)
    return newest[: look.limit + 1]


def _starts(look: _Look) -> list[datetime]:
    """The newest hours, or days, that hold the rows of a page, by the rollups' count."""
    begun = START_OF[look.grain]
    last = min(look.until, look.after.at + timedelta(microseconds=1)) if look.after else look.until
    known = Rollup.objects.filter(response_id=look.response_id, area_id=look.area_id, grain=look.grain, rows__gt=0)
    known = known.filter(figure__in=look.codes, start__gte=begun(look.since), start__lt=last)
    counted = known.values("start").annotate(most=Max("rows")).order_by("-start")
    starts, enough = [], 0
    for start, rows in counted.values_list("start", "most")[: look.limit + 2]:
        starts.append(start)
        if start < begun(last):  # of the begun one nobody knows how many rows lie before `last`
            enough += rows
        if enough > look.limit:
            break
    return starts


def _spans(look: _Look, starts: list[datetime]) -> list[tuple[datetime, datetime]]:
    """The hours or days, newest first, with those that follow each other joined."""
    lasts = LASTS[look.grain]
    spans: list[tuple[datetime, datetime]] = []
    for start in starts:
        if spans and spans[-1][0] == start + lasts:
            spans[-1] = (start, spans[-1][1])
        else:
            spans.append((start, start + lasts))
    return spans


def _within(look: _Look, starts: list[datetime]) -> Iterable[Event]:
    """One SELECT a span, each with its own bounds, so that the planner sees how little each one is."""
    source = f"journal_event e {indexed('journal_event_type_at' if look.grain == 'hour' else 'journal_event_area_at')}"
    spans = [(max(start, look.since), min(end, look.until)) for start, end in _spans(look, starts)]
    return _select(look, [(source, "e.at >= %s AND e.at < %s", bound_all(span)) for span in spans])


def _beyond(look: _Look, cursor: Position) -> Iterable[Event]:
    source = f"journal_event e {indexed('journal_event_position')}"
    later = after(cursor)
    where = f"{later.sql} AND e.at >= %s AND e.at < %s"
    return _select(look, [(source, where, [*later.values, *bound_all([look.since, look.until])])])


def _select(look: _Look, parts: list[tuple[str, str, list[Any]]]) -> Iterable[Event]:
    """The newest events of the figure among the parts of the journal: (source, condition, its values) each."""
    if not parts:
        return []
    meant, meant_values = _meant(look.plan)
    scope, scope_values = covered(look.area_id).query.sql_with_params()
    mark = " AND (e.at, e.tx, e.id) < (%s, %s, %s)" if look.after else ""
    mark_values = [bound(look.after.at), *look.after[1:]] if look.after else []
    common = (
        f"e.type IN {gaps(len(look.plan.types))} AND e.response_id = %s AND NOT e.exercise "
        f"AND e.area_id IN ({scope}) AND ({meant}){mark}"
    )
    common_values = [*look.plan.types, bound(look.response_id), *scope_values, *meant_values, *mark_values]
    selects = [f"SELECT e.* FROM {source} WHERE {where} AND {common}" for source, where, _ in parts]  # noqa: S608
    sql = f"SELECT * FROM ({' UNION ALL '.join(selects)}) x ORDER BY at DESC, tx DESC, id DESC LIMIT %s"  # noqa: S608
    values = [value for _, _, where_values in parts for value in (*where_values, *common_values)]
    return Event.objects.raw(sql, [*values, look.limit + 1])


def _meant(plan: Plan) -> tuple[str, list[Any]]:
    """The condition under which an event adds something to any source of the plan."""
    conditions, values = [], []
    for counted in (item for group in plan.sources.values() for item in group):
        parts, part_values = _source_meant(counted)
        conditions.append("(" + " AND ".join(parts) + ")")
        values += part_values
    return " OR ".join(conditions), values


def _source_meant(counted: Counted) -> tuple[list[str], list[Any]]:
    parts, values = ["e.type = %s"], [counted.source.event]
    for key, wanted in counted.source.where.items():
        texts = [json.dumps(value, ensure_ascii=False) for value in wanted]
        if connection.vendor == "postgresql":
            parts.append(f"e.data->'{key}' IN ({', '.join(['%s::jsonb'] * len(texts))})")
        else:
            parts.append(f"(e.data -> '$.{key}') IN {gaps(len(texts))}")
        values += texts
    if counted.source.quantity is not None:
        parts.append(f"{event_quantity(counted.source.quantity)} <> 0")
    if counted.area is not None:
        node = tree().by_code(counted.area)
        sub, sub_values = covered(node.id if node else UUID(int=0)).query.sql_with_params()
        parts.append(f"e.area_id IN ({sub})")
        values += sub_values
    return parts, values


def _row(event: Event, look: _Look) -> FigureRow:
    assert event.area_id is not None
    areas = tree()
    upper = areas.superiors(event.area_id)

    def within(code: str) -> bool:
        node = areas.by_code(code)
        return node is not None and node.id in upper

    added = look.plan.contributions(event.type, event.data, within)
    return FigureRow(
        at=event.at,
        observed_at=event.observed_at,
        type=event.type,
        kind=str(event.data.get("kind", "")),
        amount=added[look.codes[0]],
        out_of=added[look.codes[1]] if len(look.codes) > 1 else None,
        subject_id=event.subject_id,
        area_id=event.area_id,
        area_name=areas.path_name(event.area_id),
        mark=RowMark(event.at, event.tx, event.id),
    )

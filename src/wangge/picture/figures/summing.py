"""Adding events to the rollups inside the database: they are grouped where they lie, and never brought here.

Two statements for the events of a response. The first asks which sorts of events there are, alike in
all that figures look at: a few dozen, however many events. What a sort means for each figure is
decided here, by the same rule as everywhere; the second statement gets it as a table, counts by
area and hour, climbs to the areas above and adds to the rollups.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Position, Span
from wangge.ground.kernel.bulk import bound, gaps
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Climb, Rollup
from wangge.picture.figures.rules import Meanings, Plan, Sort, Take, meanings_of, plan_of_pack
from wangge.picture.figures.statements import (
    Piece,
    bound_all,
    event_field,
    event_quantity,
    grain_start,
    indexed,
    table_of,
)

ROLLUPS, CLIMBS = Rollup._meta.db_table, Climb._meta.db_table
KEY = "response_id, area_id, grain, start, figure"
SUMS = ("value", "rows", "own")
FINEST = (("hour", "hourly"), ("day", "daily"))
MANY = 1000


def _sum(expression: str) -> str:
    """A sum that stays a whole number of the database's own; PostgreSQL would make it a decimal."""
    return f"CAST(SUM({expression}) AS bigint)"


SUMMED = f"{_sum('value')} AS value, {_sum('rows')} AS rows"


@lru_cache(maxsize=16)
def plan_by_pack(pack_id: UUID) -> Plan:
    """The plan of a loaded pack version, which never changes."""
    return plan_of_pack(pack_by_id(pack_id))


class Chosen(NamedTuple):
    """Which events are added: a subquery of them, and how many those are at most."""

    events: Piece
    number: int


def chosen_span(span: Span) -> Chosen:
    """The events of one stretch of the journal.

    The order and the limit change nothing: they tell PostgreSQL's planner by which index to read, where it would
    expect nearly all events or none between two positions, as when one transaction wrote very many.
    """
    where, values = span.condition()
    events = Piece(f"{_events('journal_event_position', where)} ORDER BY tx, id LIMIT %s", [*values, span.events])
    return Chosen(events, span.events)


def chosen_areas(areas: Collection[UUID], until: Position) -> Chosen:
    """The events of some areas up to a position; nobody knows how many."""
    where = f"area_id IN {gaps(len(areas))} AND (tx, id) <= (%s, %s)"
    return Chosen(Piece(_events("journal_event_area_at", where), [*bound_all([*areas]), *until]), MANY)


def _events(index: str, where: str) -> str:
    columns = "type, at, area_id, response_id, exercise, data"
    return f"SELECT {columns} FROM journal_event {indexed(index)} WHERE {where}"  # noqa: S608 - constants


def add_events(chosen: Chosen, *, sign: int = 1, response_id: UUID | None = None) -> None:
    """Add events to the rollups, those of one response or of all; with `sign` −1 take away what was added.

    Exercises and events without area or response add nothing, nor do those of an area that nobody knows.
    """
    for one in _responses(chosen) if response_id is None else [response_id]:
        plan = _plan(one)
        if plan is not None and plan.types:
            add_for_response(plan, chosen, one, sign)


def add_for_response(plan: Plan, chosen: Chosen, response_id: UUID, sign: int = 1) -> None:
    """Add the events of one response, by its plan."""
    events, marks = _counted_events(plan, chosen, response_id), _marks(plan)
    with connection.cursor() as cursor:
        columns = ", ".join(piece.sql for piece in marks)
        values = [value for piece in marks for value in piece.values]
        cursor.execute(f"SELECT DISTINCT {columns} {events.sql}", [*values, *events.values])
        meanings = meanings_of(plan, [_sort(plan, row) for row in cursor.fetchall()])
        if meanings.rows:
            with _told_of_many(chosen.number):
                addition = _addition(meanings, events, marks, sign)
                cursor.execute(addition.sql, [*addition.values, bound(response_id)])


def _plan(response_id: UUID) -> Plan | None:
    try:
        return plan_by_pack(response_by_id(response_id).pack_id)
    except NotFound:
        return None


def _responses(chosen: Chosen) -> list[UUID]:
    sql = f"SELECT DISTINCT response_id FROM ({chosen.events.sql}) e WHERE response_id IS NOT NULL AND NOT exercise"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, chosen.events.values)
        found = [row[0] for row in cursor.fetchall()]
    return [one if isinstance(one, UUID) else UUID(one) for one in found]


def _counted_events(plan: Plan, chosen: Chosen, response_id: UUID) -> Piece:
    """The events of one response that any of its figures may count, as a FROM clause."""
    return Piece(
        f"FROM ({chosen.events.sql}) e WHERE type IN {gaps(len(plan.types))} "
        "AND response_id = %s AND NOT exercise AND area_id IS NOT NULL",
        [*chosen.events.values, *plan.types, bound(response_id)],
    )


def _marks(plan: Plan) -> list[Piece]:
    """What makes a sort: the type, the data that figures look at as JSON, whether their areas cover the event."""
    marks = [Piece("type", []), *(Piece(f"COALESCE({event_field(key)}, '')", []) for key in plan.marked)]
    for code in plan.areas:
        node = tree().by_code(code)
        inside = f"area_id IN (SELECT area_id FROM {CLIMBS} WHERE ancestor_id = %s)"  # noqa: S608
        marks.append(Piece(f"CASE WHEN {inside} THEN '1' ELSE '' END", [bound(node.id if node else UUID(int=0))]))
    return marks


def _sort(plan: Plan, texts: Sequence[str]) -> Sort:
    type_, known, inside = texts[0], texts[1 : 1 + len(plan.marked)], texts[1 + len(plan.marked) :]
    data = {key: json.loads(text) for key, text in zip(plan.marked, known, strict=True) if text}
    within = frozenset(code for code, flag in zip(plan.areas, inside, strict=True) if flag)
    return Sort("|".join(texts), type_, data, within)


def _addition(meanings: Meanings, events: Piece, marks: list[Piece], sign: int) -> Piece:
    """The statement that adds the events; what it still lacks is the response, its last value."""
    rows = [{"sort": sort, "figure": figure, "take": take} for sort, figure, take in meanings.rows]
    sort = " || '|' || ".join(piece.sql for piece in marks)
    amount, meant = _cases(meanings.takes)
    # To SQLite, CROSS says which comes first, so that it looks up the events of a sort instead of the sort of each.
    taken = (
        f"SELECT e.area_id, {grain_start('hour', 'e.at')} AS start, m.figure, {amount} AS value, {meant} AS rows "  # noqa: S608
        "FROM meaning m CROSS JOIN sorted e WHERE m.sort = e.sort"
    )
    parts = {
        "meaning": table_of({"sort": "text", "figure": "text", "take": "integer"}),
        "sorted": f"SELECT area_id, at, data, {sort} AS sort {events.sql}",
        **_sums(taken),
    }
    every = " UNION ALL ".join(f"SELECT * FROM {part}" for part in ("climbed", "days", "months"))  # noqa: S608
    sql = (
        f"WITH {', '.join(f'{name} AS MATERIALIZED ({part})' for name, part in parts.items())} "  # noqa: S608
        f"INSERT INTO {ROLLUPS} ({KEY}, {', '.join(SUMS)}) "
        f"SELECT %s, ancestor_id, grain, start, figure, {', '.join(f'{sign} * {column}' for column in SUMS)} "
        f"FROM ({every}) e WHERE rows > 0 ON CONFLICT ({KEY}) DO UPDATE SET "
        + ", ".join(f"{column} = {ROLLUPS}.{column} + excluded.{column}" for column in SUMS)
    )
    values = [orjson.dumps(rows).decode(), *(value for piece in marks for value in piece.values), *events.values]
    return Piece(sql, values)


def _sums(taken: str) -> dict[str, str]:
    """The steps from what is taken of each event to the sums of every area above: each one as small as it can be.

    Areas that keep hours get their days and months from those; a village's events are never carried up twice.
    """
    fine = " UNION ALL ".join(f"SELECT '{grain}' AS grain, {part}.* FROM {part}" for grain, part in FINEST)  # noqa: S608
    own = f"{_sum('CASE WHEN c.ancestor_id = g.area_id THEN g.value ELSE 0 END')} AS own"
    day = grain_start("day", "start")
    daily = "(SELECT * FROM climbed WHERE grain = 'day' UNION ALL SELECT * FROM days) d"
    return {
        "hourly": f"SELECT area_id, start, figure, {SUMMED} FROM ({taken}) t GROUP BY 1, 2, 3",  # noqa: S608
        "daily": f"SELECT area_id, {day} AS start, figure, {SUMMED} FROM hourly GROUP BY 1, 2, 3",  # noqa: S608
        "climbed": (
            f"SELECT c.ancestor_id, c.monthly, g.grain, g.start, g.figure, {SUMMED}, {own} "  # noqa: S608
            f"FROM ({fine}) g JOIN {CLIMBS} c ON c.area_id = g.area_id AND c.grain = g.grain GROUP BY 1, 2, 3, 4, 5"
        ),
        "days": _coarser("day", "climbed WHERE grain = 'hour'"),
        "months": _coarser("month", f"{daily} WHERE monthly"),
    }


def _coarser(grain: str, finer: str) -> str:
    """What was climbed in a finer grain, by day or month."""
    start = grain_start(grain, "start")
    return (
        f"SELECT ancestor_id, monthly, '{grain}' AS grain, {start} AS start, figure, {SUMMED}, {_sum('own')} AS own "  # noqa: S608
        f"FROM {finer} GROUP BY 1, 2, 3, 4, 5"
    )


def _cases(takes: Sequence[Take]) -> tuple[str, str]:
    """What an event adds, and whether that makes it a row of the figure, by the number of what is taken."""
    amounts, rows = [], []
    for number, take in enumerate(takes):
        terms = [(sign, "1" if code is None else event_quantity(code)) for sign, code in take]
        amounts.append(f"WHEN {number} THEN " + " + ".join(f"{sign} * {term}" for sign, term in terms))
        meant = "1" if any(code is None for _, code in take) else "CASE WHEN {} THEN 1 ELSE 0 END"
        rows.append(f"WHEN {number} THEN " + meant.format(" OR ".join(f"{term} <> 0" for _, term in terms)))
    return f"CASE m.take {' '.join(amounts)} END", f"CASE m.take {' '.join(rows)} END"


@contextmanager
def _told_of_many(number: int) -> Iterator[None]:
    """Tell PostgreSQL's planner that there are many events: between two positions it cannot know and expects a few."""
    if connection.vendor != "postgresql" or number < MANY:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL enable_sort TO DEFAULT")

"""Counting exactly, at any cut-off, in one statement on one snapshot.

A figure up to an instant is: whole months, days and hours from the rollups as finely as the area's are
kept, the begun one counted from the journal among the events that the reader has handled, and every
event after its cursor.
One statement sees rollups, cursor and journal at one moment, so nothing is counted twice or missed
while the reader runs. Events are grouped by the data that figures look at, so that the answer is as
small with a million events as with ten.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree, version
from wangge.ground.journal.readers import START, Position, position_of
from wangge.ground.kernel.bulk import bound, gaps
from wangge.picture.figures.models import Rollup, RollupState
from wangge.picture.figures.rules import START_OF, Plan, grains_of
from wangge.picture.figures.statements import (
    Piece,
    after,
    bound_all,
    event_field,
    event_quantity,
    event_sign_sql,
    indexed,
)

READER = "figures"
# Where the reader stands at the moment of the statement; before its first batch it stands before everything.
CURSOR = tuple(
    f"COALESCE((SELECT {column} FROM journal_cursor WHERE reader = '{READER}'), {before})"  # noqa: S608 - constants
    for column, before in (("tx", START[0]), ("event_id", START[1]))
)
AREAS_TRIES = 5
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Tally:
    """What was counted: by figure up to `until` and up to `since`, and up to where the journal was read."""

    until: Counter[str] = field(default_factory=Counter)
    since: Counter[str] = field(default_factory=Counter)
    position: Position = START
    areas_version: int | None = None


@dataclass(frozen=True)
class Question:
    """What is to be counted. `below` leaves out what stands after a position of the journal, unless it is rolled up."""

    plan: Plan
    response_id: UUID
    area_id: UUID
    until: datetime
    since: datetime | None = None
    below: Position | None = None


def tally(question: Question) -> Tally:
    """Count. Two statements, more only while areas are being changed."""
    for _ in range(AREAS_TRIES):
        cursor, rolled = position_of(READER), _areas_version()
        counted = _count(question, cursor, covering=rolled == version())
        if counted.areas_version == rolled:
            break
    return counted


def _areas_version() -> int | None:
    return RollupState.objects.filter(id=1).values_list("areas_version", flat=True).first()


def _count(question: Question, cursor: Position, *, covering: bool) -> Tally:
    # While the areas are newer than the sums, only what each area has of its own is right, and only days have that.
    grains = grains_of(tree().get(question.area_id).level) if covering else ("day",)
    pieces = [
        *_standing(question.plan),
        *_rolled(question, grains, covering),
        *_begun(question, grains),
        _tail(question, cursor),
    ]
    with connection.cursor() as statement:
        statement.execute(
            " UNION ALL ".join(piece.sql for piece in pieces), [value for piece in pieces for value in piece.values]
        )
        return _read(question, statement.fetchall())


def _standing(plan: Plan) -> list[Piece]:
    version_now = f"COALESCE((SELECT areas_version FROM {RollupState._meta.db_table} WHERE id = 1), -1)"  # noqa: S608
    shown = (("tx", CURSOR[0]), ("event_id", CURSOR[1]), ("areas", version_now))
    return [Piece(padded(plan, "'c'", f"'{name}'", "''", value), []) for name, value in shown]


def padded(plan: Plan, part: str, flag: str, name: str, value: str) -> str:
    """A SELECT list in the columns of the events' part, with nothing where only events have something."""
    empty = ["CAST(NULL AS text)"] * (len(plan.keys) + len(plan.areas))
    return "SELECT " + ", ".join([part, flag, name, *empty, value, *["0"] * len(plan.quantities)])


def _rolled(question: Question, grains: Sequence[str], covering: bool) -> Iterable[Piece]:
    table = Rollup._meta.db_table
    where, values = "response_id = %s AND area_id = %s", bound_all([question.response_id, question.area_id])
    if not covering:
        sub, sub_values = covered(question.area_id).query.sql_with_params()
        where, values = f"response_id = %s AND area_id IN ({sub})", [bound(question.response_id), *sub_values]
    column = "value" if covering else "own"
    for flag, grain, start, end in _stretches(question, grains):
        shown = padded(question.plan, "'r'", f"'{flag}'", "figure", f"SUM({column})")
        stretch = (
            f"{shown} FROM {table} WHERE {where} AND grain = '{grain}' AND start >= %s AND start < %s GROUP BY figure"
        )
        yield Piece(stretch, [*values, *bound_all([start, end])])


def _stretches(question: Question, grains: Sequence[str]) -> Iterable[tuple[str, str, datetime, datetime]]:
    """What to read in which grain: up to `until` (u), up to `since` (s), or up to both (b), that read only once."""
    common = LONG_AGO
    if question.since is not None:
        common = START_OF[grains[0]](question.since)
        yield "b", grains[0], LONG_AGO, common
        yield from _down(grains, "s", common, question.since)
    yield from _down(grains, "u", common, question.until)


def _down(
    grains: Sequence[str], flag: str, start: datetime, end: datetime
) -> Iterable[tuple[str, str, datetime, datetime]]:
    """From a start as far towards the end as each grain goes, the coarsest first."""
    for grain in grains:
        reached = START_OF[grain](end)
        if start < reached:
            yield flag, grain, start, reached
        start = max(start, reached)


def grouped(question: Question, part: str, flag: Piece, index: str, where: str, values: Sequence[Any]) -> Piece:
    """Events grouped by all that figures look at: their signs summed, and each quantity times its sign."""
    plan = question.plan
    inside: list[str] = []
    inside_values: list[Any] = []
    for code in plan.areas:
        node = tree().by_code(code)
        sub, sub_values = covered(node.id if node else UUID(int=0)).query.sql_with_params()
        inside.append(f"CASE WHEN area_id IN ({sub}) THEN '1' ELSE '0' END")
        inside_values += sub_values
    sign = event_sign_sql()
    columns = [f"'{part}'", flag.sql, "type", *map(event_field, plan.keys), *inside]
    sums = [f"SUM({sign})", *(f"SUM({sign} * {event_quantity(code)})" for code in plan.quantities)]
    scope, scope_values = covered(question.area_id).query.sql_with_params()
    sql = (
        f"SELECT {', '.join(columns + sums)} FROM journal_event {indexed(index)} "  # noqa: S608 - codes of the pack
        f"WHERE type IN {gaps(len(plan.types))} AND response_id = %s AND NOT exercise "
        f"AND area_id IN ({scope}) AND {where} "
        f"GROUP BY {', '.join(str(number + 1) for number in range(len(columns)))}"
    )
    return Piece(sql, [*flag.values, *inside_values, *plan.types, bound(question.response_id), *scope_values, *values])


def _begun(question: Question, grains: Sequence[str]) -> Iterable[Piece]:
    """What lies between the last whole hour, or day, and a cut-off."""
    if not question.plan.types:
        return
    index = "journal_event_type_at" if "hour" in grains else "journal_event_area_at"
    handled = f"(tx, id) <= ({CURSOR[0]}, {CURSOR[1]})"
    for flag, cutoff in (("u", question.until), ("s", question.since)):
        begun = START_OF[grains[-1]](cutoff) if cutoff is not None else None
        if begun is not None and begun != cutoff:
            where = f"at >= %s AND at < %s AND {handled}"
            yield grouped(question, "e", Piece(f"'{flag}'", []), index, where, bound_all([begun, cutoff]))


def unread(cursor: Position) -> Piece:
    """The condition that the reader has not handled an event; `cursor` is where it stood a moment ago.

    What counts is the second part, where it stands now; the first lets the planner see how few events that leaves.
    """
    since = after(cursor)
    return Piece(f"{since.sql} AND (tx, id) > ({CURSOR[0]}, {CURSOR[1]})", since.values)


def _tail(question: Question, cursor: Position) -> Piece:
    """What the reader has not handled yet."""
    if not question.plan.types:
        return Piece(padded(question.plan, "'t'", "'u'", "''", "0"), [])
    beyond = unread(cursor)
    where, values = f"{beyond.sql} AND at < %s", [*beyond.values, bound(question.until)]
    if question.below is not None:
        where += " AND (tx, id) <= (%s, %s)"
        values += question.below
    flag = Piece("'u'", [])
    if question.since is not None:
        flag = Piece("CASE WHEN at < %s THEN 'b' ELSE 'u' END", [bound(question.since)])
    return grouped(question, "t", flag, "journal_event_position", where, values)


def _read(question: Question, rows: Sequence[Sequence[Any]]) -> Tally:
    plan, counted, standing = question.plan, Tally(), {}
    for part, flag, name, *rest in rows:
        if part == "c":
            standing[flag] = int(rest[len(plan.keys) + len(plan.areas)])
            continue
        sums = added_up(plan, part, name, rest)
        if flag in "ub":
            counted.until.update(sums)
        if flag in "sb":
            counted.since.update(sums)
    counted.position = max((standing["tx"], standing["event_id"]), question.below or START)
    counted.areas_version = None if standing["areas"] < 0 else standing["areas"]
    return counted


def added_up(plan: Plan, part: str, name: str, columns: Sequence[Any]) -> Mapping[str, int]:
    """What a row of the statement adds to each figure: one figure's rollups, or a group of events of one type."""
    if part == "r":
        return {name: int(columns[len(plan.keys) + len(plan.areas)])}
    return weighed(plan, name, columns)


def weighed(plan: Plan, type_: str, columns: Sequence[Any]) -> Counter[str]:
    """What a group of events adds to each figure; `columns` are keys, areas, the sum of signs, quantities."""
    keys, rest = columns[: len(plan.keys)], columns[len(plan.keys) :]
    inside, sums = rest[: len(plan.areas)], rest[len(plan.areas) :]
    data = {key: json.loads(text) for key, text in zip(plan.keys, keys, strict=True) if text is not None}
    within = {code for code, flag in zip(plan.areas, inside, strict=True) if flag == "1"}
    amounts: dict[str | None, int] = {code: int(sums[n + 1]) for n, code in enumerate(plan.quantities)}
    amounts[None] = int(sums[0])
    added: Counter[str] = Counter()
    for counted in plan.sources.get(type_, ()):
        if counted.meant(data, within.__contains__):
            added[counted.figure] += counted.source.sign * amounts[counted.source.quantity]
    return added

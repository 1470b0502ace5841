"""Figures of many places at once, for maps: every child of an area in one statement, at any instant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered_pairs
from wangge.ground.areas.tree import tree, version
from wangge.ground.journal.readers import Position, position_of
from wangge.ground.kernel.bulk import bound, one_of
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Rollup, RollupState
from wangge.picture.figures.rules import START_OF, day_start, grains_of, hour_start, plan_of
from wangge.picture.figures.statements import Piece, bound_all
from wangge.picture.figures.tally import CURSOR, LONG_AGO, READER, Question, added_up, grouped, padded, unread

AREAS_TRIES = 5
STANDING = f"COALESCE((SELECT areas_version FROM {RollupState._meta.db_table} WHERE id = 1), -1)"  # noqa: S608
Amounts = dict[UUID, Counter[str]]


@dataclass(frozen=True)
class _Asked:
    """Whose figures are asked for: `places` lie in the question's area; `first` is where the counting begins."""

    question: Question
    places: frozenset[UUID]
    codes: tuple[str, ...]
    first: datetime | None

    def by_grains(self, covering: bool) -> dict[tuple[str, ...], list[UUID]]:
        """The places by the grains that their figures are kept in."""
        found: defaultdict[tuple[str, ...], list[UUID]] = defaultdict(list)
        for place in sorted(self.places):
            # While the areas are newer than the sums, only what each area has of its own is right, by days.
            grains = grains_of(tree().get(place).level) if covering else ("day",)
            found[grains if self.first is None else tuple(grain for grain in grains if grain != "month")].append(place)
        return found


def figures_of_places(
    *,
    actor: Actor,
    response_id: UUID,
    area_id: UUID,
    places: Collection[UUID],
    codes: Collection[str],
    until: datetime,
    first: datetime | None = None,
) -> Amounts:
    """Counts and sums for each of the places, which lie in the area, of all before `until`.

    With `first`, where a day of the city begins, only what is not before that. A figure that nothing
    was added to is 0. A fixed number of statements however many places; exact wherever the reader
    stands. Raises NotFound for what is no count or sum of the pack.
    """
    require(actor, "figure.view", area_id)
    if first is not None and first != day_start(first):
        raise InputInvalid(field="first", why_zh="应为一日之始。", why_en="It must be the beginning of a day.")
    known = pack_by_id(response_by_id(response_id).pack_id).figures
    missing = [code for code in codes if code not in known or not known[code].of]
    if missing:
        raise NotFound(what=f"指标 {missing[0]}")
    if not codes or not places:
        return {place: Counter() for place in places}
    plan = plan_of({code: known[code] for code in sorted(set(codes))})
    return _tally(
        _Asked(Question(plan, response_id, area_id, until), frozenset(places), tuple(sorted(set(codes))), first)
    )


def _tally(asked: _Asked) -> Amounts:
    for _ in range(AREAS_TRIES):
        cursor = position_of(READER)
        rolled = RollupState.objects.filter(id=1).values_list("areas_version", flat=True).first()
        covering = rolled == version()
        pieces = [
            Piece(padded(asked.question.plan, "'c'", "''", "''", STANDING), []),
            *(
                piece
                for grains, places in asked.by_grains(covering).items()
                for piece in _rolled(asked, grains, places, covering)
            ),
            *_begun(asked, covering),
            _tail(asked, cursor),
        ]
        with connection.cursor() as statement:
            statement.execute(
                " UNION ALL ".join(piece.sql for piece in pieces), [value for piece in pieces for value in piece.values]
            )
            amounts, standing = _read(asked, statement.fetchall(), covering)
        if standing == rolled:
            break
    return amounts


def _rolled(asked: _Asked, grains: tuple[str, ...], places: list[UUID], covering: bool) -> Iterable[Piece]:
    """From the rollups of places kept in the same grains, the coarsest first."""
    question, table = asked.question, Rollup._meta.db_table
    if covering:
        source, source_values, place, column = f"{table} r", [], "r.area_id", "r.value"
    else:
        pairs, pair_values = covered_pairs().query.sql_with_params()
        source, source_values = f"{table} r JOIN ({pairs}) c ON c.area_id = r.area_id", [*pair_values]
        place, column = "c.ancestor_id", "r.own"
    within, within_values = one_of(place, bound_all(places))
    figures, figure_values = one_of("r.figure", asked.codes)
    shown = padded(question.plan, "'r'", f"CAST({place} AS text)", "r.figure", f"SUM({column})")
    start = asked.first or LONG_AGO
    for grain in grains:
        reached = START_OF[grain](question.until)
        if start < reached:
            sql = (
                f"{shown} FROM {source} WHERE r.response_id = %s AND {within} AND r.grain = '{grain}' "
                f"AND r.start >= %s AND r.start < %s AND {figures} GROUP BY {place}, r.figure"
            )
            between = bound_all([start, reached])
            yield Piece(sql, [*source_values, bound(question.response_id), *within_values, *between, *figure_values])
        start = max(start, reached)


def _begun(asked: _Asked, covering: bool) -> Iterable[Piece]:
    """What the reader has handled since the last whole hour, or since the last whole day where no hours are kept."""
    until = asked.question.until
    start = min(START_OF[grains[-1]](until) for grains in asked.by_grains(covering))
    if start < until:
        where = f"at >= %s AND at < %s AND (tx, id) <= ({CURSOR[0]}, {CURSOR[1]})"
        flag = Piece("CAST(area_id AS text) || CASE WHEN at < %s THEN 'd' ELSE 'h' END", [bound(hour_start(until))])
        yield grouped(asked.question, "e", flag, "journal_event_type_at", where, bound_all([start, until]))


def _tail(asked: _Asked, cursor: Position) -> Piece:
    beyond = unread(cursor)
    where = f"{beyond.sql} AND at >= %s AND at < %s"
    values = [*beyond.values, *bound_all([asked.first or LONG_AGO, asked.question.until])]
    return grouped(asked.question, "t", Piece("CAST(area_id AS text)", []), "journal_event_position", where, values)


def _read(asked: _Asked, rows: Sequence[Sequence[Any]], covering: bool) -> tuple[Amounts, int | None]:
    plan, areas, standing = asked.question.plan, tree(), -1
    by_hours = {place for grains, group in asked.by_grains(covering).items() if "hour" in grains for place in group}
    amounts: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for part, where, name, *rest in rows:
        if part == "c":
            standing = int(rest[len(plan.keys) + len(plan.areas)])
            continue
        place = UUID(where[:-1] if part == "e" else where)
        # Rollups tell of the place itself, events of where they happened.
        upper = (place,) if part == "r" or place not in areas else areas.superiors(place)
        wanted = asked.places.intersection(upper)
        if part == "e" and where.endswith("d"):
            wanted -= by_hours  # those hours are in their rollups
        added = added_up(plan, part, name, rest)
        for above in wanted:
            amounts[above].update(added)
    return {place: amounts[place] for place in asked.places}, None if standing < 0 else standing

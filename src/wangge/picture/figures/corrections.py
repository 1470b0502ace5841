"""What a new bulletin has to say about the time of the one before it.

Three things change a figure afterwards: what was seen before the last cut-off but recorded after it
(late 补报); what takes back something recorded before it (corrected 更正: a counter-entry, a matter
reopened); and what was recorded before it by its own clock, but written to the journal only after
the bulletin was counted (pending 迟到). The first two are part of the new figures and are named so
that nobody wonders; the third is not, so that last total + new + pending = this total, always.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from wangge.ground.journal.readers import Position
from wangge.ground.kernel.bulk import bound, gaps
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.rules import Plan
from wangge.picture.figures.statements import Piece, after, bound_all, event_sign_sql
from wangge.picture.figures.summing import plan_by_pack
from wangge.picture.figures.tally import Question, added_up, grouped

CAUSES = ("late", "corrected", "pending")


@dataclass(frozen=True)
class Correction:
    """How much of a figure comes from one cause."""

    code: str
    cause: str
    amount: int


@dataclass(frozen=True)
class Period:
    """The time of a bulletin: from the last cut-off to its own, and the journal from `seen` up to `below`."""

    since: datetime
    until: datetime
    seen: Position
    below: Position


def corrections(*, response_id: UUID, area_id: UUID, period: Period) -> list[Correction]:
    """Every correction of a period, by figure and cause; for callers that have asked for permission. Two statements."""
    pack_id = response_by_id(response_id).pack_id
    pack, plan = pack_by_id(pack_id), plan_by_pack(pack_id)
    if not plan.types:
        return []
    question = Question(plan, response_id, area_id, period.until)
    pieces = [_late(question, period), _corrected(question, period), _pending(question, period)]
    found: Counter[tuple[str, str]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(piece.sql for piece in pieces), [value for piece in pieces for value in piece.values]
        )
        for part, cause, name, *columns in cursor.fetchall():
            for code, amount in added_up(plan, part, name, columns).items():
                found[code, cause] += amount
    return list(_listed(pack, found))


def _listed(pack: Pack, found: Counter[tuple[str, str]]) -> Iterable[Correction]:
    for code in pack.figures:
        for cause in CAUSES:
            if found[code, cause]:
                yield Correction(code, cause, found[code, cause])


def _within(period: Period) -> tuple[str, list[object]]:
    return "at >= %s AND at < %s AND (tx, id) <= (%s, %s)", [*bound_all([period.since, period.until]), *period.below]


def takes_back(plan: Plan) -> tuple[str, list[str]]:
    """The condition for an event that takes something back, by its own sign or by that of its type."""
    types = sorted({type_ for type_, group in plan.sources.items() if any(item.source.sign < 0 for item in group)})
    if not types:
        return f"{event_sign_sql()} < 0", []
    return f"({event_sign_sql()} < 0 OR type IN {gaps(len(types))})", list(types)


def taken_back(plan: Plan) -> list[str]:
    """The types of events that can be taken back: what the same figures count upwards."""
    figures = {item.figure for group in plan.sources.values() for item in group if item.source.sign < 0}
    both = [item for group in plan.sources.values() for item in group]
    return sorted(
        {item.source.event for item in both if item.source.sign > 0 and item.figure in figures} | {"duty.logged"}
    )


def _late(question: Question, period: Period) -> Piece:
    within, values = _within(period)
    back, back_values = takes_back(question.plan)
    where = f"{within} AND observed_at < %s AND NOT {back}"
    values = [*values, bound(period.since), *back_values]
    return grouped(question, "k", Piece("'late'", []), "journal_event_type_at", where, values)


def _corrected(question: Question, period: Period) -> Piece:
    """Takes back what was recorded before the period; what was done and undone within it is nobody's concern."""
    within, values = _within(period)
    back, back_values = takes_back(question.plan)
    types = taken_back(question.plan)
    first = (
        "SELECT 1 FROM journal_event o WHERE o.subject_id = journal_event.subject_id "  # noqa: S608 - constants
        f"AND o.type IN {gaps(len(types))}"
    )
    where = (
        f"{within} AND {back} AND EXISTS ({first} AND o.at < %s) "
        f"AND NOT EXISTS ({first} AND o.at >= %s AND (o.tx, o.id) < (journal_event.tx, journal_event.id))"
    )
    since = bound(period.since)
    values = [*values, *back_values, *types, since, *types, since]
    return grouped(question, "k", Piece("'corrected'", []), "journal_event_type_at", where, values)


def _pending(question: Question, period: Period) -> Piece:
    later = after(period.seen)
    where = f"{later.sql} AND (tx, id) <= (%s, %s) AND at < %s"
    values = [*later.values, *period.below, bound(period.since)]
    return grouped(question, "k", Piece("'pending'", []), "journal_event_position", where, values)

"""Who may take a seat, best first, and what keeps the others from it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.models import Roster, RosterSeat
from wangge.duties.rosters.queries.making import Case, case_of
from wangge.duties.rosters.rules.ledger import Ledger
from wangge.duties.rosters.rules.words import said


class Candidate(NamedTuple):
    """Somebody of the unit and a seat: the hours of that week, and why they may not, in both languages, or None."""

    person_id: UUID
    name: str
    own_post: bool
    week_hours: float
    why: tuple[str, str] | None


def candidates(case: Case, seat_id: UUID) -> list[Candidate]:
    """Everybody of the unit: who may take the seat first, on their own post and with the fewest hours before others."""
    return _ranked(case, case.ledger(without=[seat_id]), case.number_of[seat_id])


def _ranked(case: Case, ledger: Ledger, number: int) -> list[Candidate]:
    problem = case.problem
    work = problem.seats[number].work
    found = []
    for place, person in enumerate(case.people):
        why = ledger.why_not(number, place)
        found.append(
            Candidate(
                person,
                case.names.get(person, ""),
                problem.workers[place].home == work.post,
                ledger.minutes(place)[problem.week_of(work.since)] / 60,
                said(why, problem.limits) if why else None,
            )
        )
    return sorted(found, key=lambda one: (one.why is not None, not one.own_post, one.week_hours, one.name))


class Vacated(NamedTuple):
    """A seat that people who are away leave empty, and who of the others may take it, best first."""

    post_id: UUID
    since: datetime
    until: datetime
    candidates: list[Candidate]


def vacated(away: Collection[UUID], since: datetime, until: datetime, now: datetime) -> list[Vacated]:
    """The seats of some people in published rosters that begin in a time, and who may take each instead.

    Each seat by itself, as if the others stayed empty. As many queries as there are rosters, whatever the seats.
    """
    seats = RosterSeat.objects.filter(
        person_id__in=away, since__gte=max(since, now), since__lt=until, roster__state="published"
    )
    by_roster: dict[UUID, list[RosterSeat]] = {}
    for seat in seats.order_by("since", "rank", "id"):
        by_roster.setdefault(seat.roster_id, []).append(seat)
    gone, found = set(away), []
    for roster in Roster.objects.filter(id__in=by_roster).order_by("since", "id"):
        case = case_of(roster, now)
        empty = by_roster[roster.id]
        ledger = case.ledger(without=[seat.id for seat in empty])
        for seat in empty:
            ranked = _ranked(case, ledger, case.number_of[seat.id])
            able = [one for one in ranked if one.why is None and one.person_id not in gone]
            found.append(Vacated(seat.post_id, seat.since, seat.until, able))
    return found

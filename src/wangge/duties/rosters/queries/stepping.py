"""Who may take a seat, best first, and what keeps the others from it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.queries.making import Case
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
    number = case.number_of[seat_id]
    ledger, problem = case.ledger(without=[seat_id]), case.problem
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

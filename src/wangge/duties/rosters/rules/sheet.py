"""Changes of many seats at once, as a sheet that came back asks for them: which of them no rule forbids.

A cell is taken whole or not at all: who may not have the night keeps the day they had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wangge.duties.rosters.rules.ledger import Ledger, Why
from wangge.duties.rosters.rules.problem import Problem, Roster

# What stands in the way beside the rules of the ledger: all seats are taken, or seats of several posts are free.
FULL, SEVERAL = "full", "several"


class Cell(NamedTuple):
    """What changes for somebody on a day: the seats they leave, and for each new shift the seats that it has."""

    worker: int
    leaves: tuple[int, ...]
    gets: tuple[tuple[int, ...], ...]


def settled(problem: Problem, roster: Roster, cells: Sequence[Cell]) -> list[tuple[int, ...] | Why]:
    """For each cell the seats that its shifts become, or the first rule in its way.

    Who is refused keeps what they have, which may stand in the way of others: so it is tried anew without them until
    all that is left goes together.
    """
    refused: dict[int, Why] = {}
    while True:
        given, found = _tried(problem, roster, cells, refused)
        if not found:
            return [refused.get(number, given.get(number, ())) for number in range(len(cells))]
        refused |= found


def _tried(
    problem: Problem, roster: Roster, cells: Sequence[Cell], refused: dict[int, Why]
) -> tuple[dict[int, tuple[int, ...]], dict[int, Why]]:
    left = {seat for number, cell in enumerate(cells) if number not in refused for seat in cell.leaves}
    ledger = Ledger(problem, {seat: worker for seat, worker in roster.items() if seat not in left})
    given: dict[int, tuple[int, ...]] = {}
    found: dict[int, Why] = {}
    # Whoever belongs to a post has its seat before others take it.
    for number in sorted(set(range(len(cells))) - set(refused), key=lambda one: (_strays(problem, cells[one]), one)):
        got: list[int] = []
        for seats in cells[number].gets:
            seat = _seat(ledger, cells[number].worker, seats)
            if isinstance(seat, Why):
                found[number] = seat
                for one in got:
                    ledger.take(one)
                break
            ledger.give(seat, cells[number].worker)
            got.append(seat)
        else:
            given[number] = tuple(got)
    return given, found


def _strays(problem: Problem, cell: Cell) -> bool:
    home = problem.workers[cell.worker].home
    return any(all(problem.seats[seat].work.post != home for seat in seats) for seats in cell.gets)


def _seat(ledger: Ledger, worker: int, seats: Sequence[int]) -> int | Why:
    """The seat of a shift that somebody gets: on their own post, or on the only other one that they fit."""
    works, home = ledger.problem.seats, ledger.problem.workers[worker].home
    free = [seat for seat in seats if seat not in ledger.roster]
    if not free:
        return Why(FULL)
    fitting = [seat for seat in free if ledger.unfit(seat, worker) is None]
    fitting = [seat for seat in fitting if works[seat].work.post == home] or fitting
    if len({works[seat].work.post for seat in fitting}) > 1:
        return Why(SEVERAL)
    why = None
    for seat in fitting or free:
        found = ledger.why_not(seat, worker)
        if found is None:
            return seat
        why = why or found
    assert why is not None
    return why

"""A legal roster at once: the scarcest seats of the highest rank first, to whom they weigh least on."""

from __future__ import annotations

from collections.abc import Iterable

from wangge.duties.rosters.rules.broken import needed_blocks
from wangge.duties.rosters.rules.ledger import Ledger
from wangge.duties.rosters.rules.problem import KINDS, Problem, Roster, Work


def greedy(problem: Problem, keep: Roster | None = None) -> Roster:
    """A roster that breaks no rule; what stands in `keep` and may stay stays."""
    ledger = Ledger(problem)
    fixed = {seat: one.fixed for seat, one in enumerate(problem.seats) if one.fixed is not None}
    for seat, worker in [*fixed.items(), *sorted((keep or {}).items())]:
        if seat not in ledger.roster and ledger.why_not(seat, worker) is None:
            ledger.give(seat, worker)
    fill(ledger, range(len(problem.seats)))
    return ledger.roster


def fill(ledger: Ledger, seats: Iterable[int]) -> None:
    """Fill the empty ones among some seats as far as the rules allow."""
    problem = ledger.problem
    fit = {
        seat: [worker for worker in range(len(problem.workers)) if ledger.unfit(seat, worker) is None]
        for seat in seats
        if seat not in ledger.roster
    }
    had = [list(worker.before) for worker in problem.workers]
    for seat, worker in ledger.roster.items():
        _count(problem, had, seat, worker)
    for seat in sorted(fit, key=lambda seat: (problem.seats[seat].rank, _day(problem, seat), len(fit[seat]), seat)):
        may = [worker for worker in fit[seat] if ledger.why_not(seat, worker) is None]
        if may:
            worker = min(may, key=lambda one: _burden(ledger, had, seat, one))
            ledger.give(seat, worker)
            _count(problem, had, seat, worker)


def _day(problem: Problem, seat: int) -> int:
    return problem.seats[seat].work.since


def _count(problem: Problem, had: list[list[int]], seat: int, worker: int) -> None:
    for place, kind in enumerate(KINDS):
        had[worker][place] += problem.seats[seat].counts(kind)


def _burden(ledger: Ledger, had: list[list[int]], seat: int, worker: int) -> tuple[int, ...]:
    """How much a seat weighs on somebody; the least goes there, on their own post sooner than elsewhere.

    Whom it would part from their household for longer than they should be comes last.
    """
    wanted, who = ledger.problem.seats[seat], ledger.problem.workers[worker]
    special = sum(had[worker][place] for place, kind in enumerate(KINDS) if wanted.counts(kind))
    rare = len(who.skills - wanted.skills)
    return (
        _parted(ledger, wanted.work, worker),
        special,
        rare,
        who.home != wanted.work.post,
        ledger.load(worker),
        worker,
    )


def _parted(ledger: Ledger, work: Work, worker: int) -> int:
    """With how many of their household somebody would miss time in common that they need this week, at such work."""
    problem, parted = ledger.problem, 0
    for home in problem.households:
        if worker not in home.workers:
            continue
        busy = [(one.since, one.until) for one in home.elsewhere]
        busy += [(since, until) for one in home.workers for since, until, _ in ledger.works(one)]
        week = problem.week_of(work.since)
        free = [
            not (work.since < until and since < work.until)
            for since, until in problem.shared_blocks()
            if problem.week_of(since) == week and not any(one < until and since < other for one, other in busy)
        ]
        parted += sum(free) < min(len(free), needed_blocks(problem))
    return parted

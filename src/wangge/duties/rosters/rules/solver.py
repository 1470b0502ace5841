"""A better roster by CP-SAT, from the greedy one on: coverage by rank, then fewest moves, shared rest, fairness.

Seats that the same people may take at the same time are alike, so the model only asks who works in which group
of them; who sits where is settled afterwards, own post first. What comes out went through the ledger seat by seat.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from ortools.sat.python import cp_model

from wangge.duties.rosters.rules.broken import Score, days_in, needed_blocks, score
from wangge.duties.rosters.rules.greedy import fill, greedy
from wangge.duties.rosters.rules.ledger import Ledger
from wangge.duties.rosters.rules.problem import KINDS, Home, Problem, Roster, Seat

POLL_SECONDS = 0.1
Linear = Any  # an expression of the model
Chosen = Callable[[cp_model.IntVar], int]  # what a solution says of a variable


@dataclass(frozen=True, slots=True)
class Solution:
    """A roster that breaks no rule, what it is worth, and for each rank how many seats could be filled at most.

    What a rank could have at most is said for as many seats of the ranks before it as this roster fills.
    """

    roster: Roster
    score: Score
    most: Mapping[int, int]

    def filled(self, problem: Problem) -> dict[int, int]:
        """How many seats of each rank are filled."""
        return {rank: sum(problem.seats[seat].rank == rank for seat in self.roster) for rank in self.most}


def _sum(terms: Iterable[Linear]) -> Linear:
    return sum(terms)


class Group(NamedTuple):
    """Seats at one time and of one rank that the same workers may take."""

    since: int
    until: int
    seats: tuple[int, ...]
    workers: tuple[int, ...]


def groups_of(problem: Problem) -> list[Group]:
    """The seats of a problem by time, rank and who may take them at all."""
    free = Ledger(problem)
    found: dict[tuple[object, ...], list[int]] = {}
    for number, seat in enumerate(problem.seats):
        may = tuple(worker for worker in range(len(problem.workers)) if free.why_not(number, worker) is None)
        key = (seat.work.since, seat.work.until, seat.rank, may, seat.work.night, seat.weekend, seat.holiday)
        found.setdefault(key, []).append(number)
    groups = []
    for seats in found.values():
        first = problem.seats[seats[0]].work
        may = tuple(worker for worker in range(len(problem.workers)) if free.why_not(seats[0], worker) is None)
        groups.append(Group(first.since, first.until, tuple(seats), may))
    return sorted(groups)


class Model:
    """The CP-SAT model of a problem: `x[worker, group]` says that somebody works at a seat of a group."""

    def __init__(self, problem: Problem, keep: Roster, start: Roster) -> None:
        self.problem, self.keep = problem, keep
        self.pinned = {seat: who for seat, who in start.items() if problem.seats[seat].fixed is not None}
        self.groups = groups_of(problem)
        self.model = cp_model.CpModel()
        self.x = {
            (worker, number): self.model.new_bool_var("")
            for number, group in enumerate(self.groups)
            for worker in group.workers
        }
        self._by_worker: list[list[tuple[int, cp_model.IntVar]]] = [[] for _ in problem.workers]
        for (worker, number), var in self.x.items():
            self._by_worker[worker].append((number, var))
        for number, group in enumerate(self.groups):
            self.model.add(_sum(self.x[worker, number] for worker in group.workers) <= len(group.seats))
        for worker in range(len(problem.workers)):
            self._rest(worker)
            self._weeks(worker)
        for seat, worker in self.pinned.items():
            self.model.add(self.x[self._key(seat, worker)] == 1)

    def _rest(self, worker: int) -> None:
        """Nobody is in two shifts that overlap, or with too little rest between them."""
        slots: dict[tuple[int, int], list[cp_model.IntVar]] = {}
        for number, var in self._by_worker[worker]:
            group = self.groups[number]
            slots.setdefault((group.since, group.until), []).append(var)
        rest, times = self.problem.limits.rest, sorted(slots)
        for place, (since, until) in enumerate(times):
            near = [later for later in times[place + 1 :] if later[0] < until + rest]
            together = [(since, until)]
            for later in near:  # what excludes each other all round is said at once, which bounds better than pairs
                if all(later[0] < one[1] + rest for one in together):
                    together.append(later)
            self.model.add_at_most_one(var for one in together for var in slots[one])
            for later in near:
                if later not in together:
                    self.model.add_at_most_one(slots[since, until] + slots[later])

    def _weeks(self, worker: int) -> None:
        limits, ledger = self.problem.limits, Ledger(self.problem)
        others = self.problem.workers[worker].other
        weeks: dict[int, list[tuple[int, cp_model.IntVar]]] = {}
        for number, var in self._by_worker[worker]:
            weeks.setdefault(self.problem.week_of(self.groups[number].since), []).append((number, var))
        for week, these in weeks.items():
            minutes = [(self.groups[number].until - self.groups[number].since) * var for number, var in these]
            self.model.add(_sum(minutes) <= limits.week - ledger.minutes(worker)[week])
            nights = [var for number, var in these if self._first(number).work.night]
            had = sum(work.night for work in others if self.problem.week_of(work.since) == week)
            self.model.add(_sum(nights) <= max(0, limits.week_nights - had))

    def _first(self, number: int) -> Seat:
        return self.problem.seats[self.groups[number].seats[0]]

    def filled(self, rank: int) -> Linear:
        """How many seats of a rank are filled."""
        return _sum(var for (_, number), var in self.x.items() if self._first(number).rank == rank)

    def soft(self) -> Linear:
        """What is to be small once coverage is settled: moves, then missed shared rest, then unevenness."""
        uneven, most_uneven = self._uneven()
        missed, most_missed = self._missed()
        return self._moved() * (most_missed + 1) * (most_uneven + 1) + missed * (most_uneven + 1) + uneven

    def _moved(self) -> Linear:
        if not self.keep:
            return 0
        held = {self._key(seat, worker) for seat, worker in self.keep.items()}
        return _sum((1 - var) if key in held else var for key, var in self.x.items())

    def _key(self, seat: int, worker: int) -> tuple[int, int]:
        number = next(place for place, group in enumerate(self.groups) if seat in group.seats)
        return worker, number

    def _missed(self) -> tuple[Linear, int]:
        """The shared stretches that households miss, and how many that can be at most."""
        needed, missed, most = needed_blocks(self.problem), [], 0
        for home in self.problem.households:
            free: dict[int, list[cp_model.IntVar]] = {}
            for since, until in self.problem.shared_blocks():
                both = self._both_free(home, since, until)
                free.setdefault(self.problem.week_of(since), []).extend([both] if both is not None else [])
            for week, blocks in free.items():
                wanted = min(needed, days_in(self.problem, week))
                short = self.model.new_int_var(0, wanted, "")
                self.model.add(short >= wanted - _sum(blocks))
                missed.append(short)
                most += wanted
        return _sum(missed), most

    def _both_free(self, home: Home, since: int, until: int) -> cp_model.IntVar | None:
        """Whether both of a household are free between two times; None where one of them has another duty then."""
        others = [*home.elsewhere, *(work for worker in home.workers for work in self.problem.workers[worker].other)]
        if any(work.since < until and since < work.until for work in others):
            return None
        busy = []
        for worker in home.workers:
            for number, var in self._by_worker[worker]:
                if self.groups[number].since < until and since < self.groups[number].until:
                    busy.append(var)
        both = self.model.new_bool_var("")
        for var in busy:
            self.model.add_implication(var, ~both)
        return both

    def _uneven(self) -> tuple[Linear, int]:
        ranges, most = [], 0
        agencies: dict[str, list[int]] = {}
        for number, who in enumerate(self.problem.workers):
            agencies.setdefault(who.agency, []).append(number)
        top = self.problem.days + max((max(worker.before) for worker in self.problem.workers), default=0)
        for place, kind in enumerate(KINDS):
            for workers in agencies.values():
                high, low = self.model.new_int_var(0, top, ""), self.model.new_int_var(0, top, "")
                for worker in workers:
                    these = [var for number, var in self._by_worker[worker] if self._first(number).counts(kind)]
                    count = _sum(these) + self.problem.workers[worker].before[place]
                    self.model.add(count <= high)
                    self.model.add(count >= low)
                ranges.append(high - low)
                most += top
        return _sum(ranges), most

    def hint(self, roster: Roster) -> None:
        """Start from a roster."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        held = {self._key(seat, worker) for seat, worker in roster.items()}
        for key, var in self.x.items():
            self.model.add_hint(var, key in held)

    def roster(self, chosen: Chosen) -> Roster:
        """Who sits where, once it is known who works in which group: through the ledger, own post first."""
        ledger = Ledger(self.problem, self.pinned)
        for number, group in enumerate(self.groups):
            workers = [worker for worker in group.workers if chosen(self.x[worker, number])]
            _seat(ledger, group, workers, self.keep)
        fill(ledger, range(len(self.problem.seats)))
        return ledger.roster


def _seat(ledger: Ledger, group: Group, workers: list[int], keep: Roster) -> None:
    """Put the workers of a group on its seats: where they sat before, on their own post, and wherever travel allows."""
    problem = ledger.problem
    free = dict.fromkeys(seat for seat in group.seats if seat not in ledger.roster)

    def wish(worker: int, seat: int) -> tuple[bool, bool]:
        return keep.get(seat) != worker, problem.workers[worker].home != problem.seats[seat].work.post

    pairs = sorted((wish(worker, seat), worker, seat) for worker in workers for seat in group.seats)
    waiting = dict.fromkeys(workers)
    for _, worker, seat in pairs:
        if worker in waiting and seat in free and ledger.why_not(seat, worker) is None:
            ledger.give(seat, worker)
            del waiting[worker], free[seat]


class _Watch(cp_model.CpSolverSolutionCallback):
    """Tells of each better roster while the search goes on."""

    def __init__(self, found: Callable[[Chosen], None]) -> None:
        super().__init__()
        self._found = found

    def on_solution_callback(self) -> None:
        self._found(lambda var: int(self.value(var)))


Progress = Callable[[Solution], None]


def solve(
    problem: Problem,
    *,
    seconds: float,
    keep: Roster | None = None,
    workers: int = 2,
    progress: Progress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Solution:
    """The best roster found in so many seconds, or until `stop`; never worse than the greedy one, never illegal."""
    ends_at = time.monotonic() + seconds
    start = greedy(problem, keep)
    most = {rank: sum(seat.rank == rank for seat in problem.seats) for rank in sorted(problem.weights)}
    best = Solution(start, score(problem, start, keep), most)
    progress(best)
    if not (problem.seats and problem.workers) or stop():
        return best
    model = Model(problem, keep or {}, start)
    search = _Search(model, best, ends_at, workers, progress, stop)
    search.coverage()
    search.rest()
    return search.best


class _Search:
    """Two searches over one model: for coverage, and, that being kept, for everything else."""

    def __init__(
        self,
        model: Model,
        best: Solution,
        ends_at: float,
        workers: int,
        progress: Progress,
        stop: Callable[[], bool],
    ) -> None:
        self.model, self.best, self.ends_at, self.workers = model, best, ends_at, workers
        self.progress, self.stop = progress, stop

    def coverage(self) -> None:
        """Cover as much as there is to cover, the highest rank first; at most half the time."""
        problem, began, time_left = self.model.problem, time.monotonic(), self.ends_at - time.monotonic()
        for place, (rank, most) in enumerate(self.best.most.items(), 1):
            filled = self.model.filled(rank)
            if self.best.filled(problem)[rank] < most:
                self.model.model.maximize(filled)
                until = began + time_left * place / len(self.best.most) / 2
                solver, status = self._run(until, self._better)
                if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                    bound = min(most, round(solver.best_objective_bound))
                    self.best = replace(self.best, most={**self.best.most, rank: bound})
                    self._better(solver.value)
            # Travel, which the model does not know, may have left a seat empty: what counts is the roster.
            self.model.model.add(filled >= self.best.filled(problem)[rank])

    def rest(self) -> None:
        """Fewest moves, shared rest and fairness, without giving up coverage."""
        if self.stop():
            return
        self.model.model.minimize(self.model.soft())
        solver, status = self._run(self.ends_at, self._better)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self._better(solver.value)

    def _better(self, chosen: Chosen) -> None:
        roster = self.model.roster(chosen)
        reached = score(self.model.problem, roster, self.model.keep)
        if reached > self.best.score:
            self.best = replace(self.best, roster=roster, score=reached)
            self.progress(self.best)

    def _run(self, until: float, found: Callable[[Chosen], None]) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, until - time.monotonic())
        solver.parameters.num_workers = self.workers
        solver.parameters.linearization_level = 2
        self.model.hint(self.best.roster)
        done = threading.Event()
        watcher = threading.Thread(target=partial(self._watch, solver, done), daemon=True)
        watcher.start()
        try:
            return solver, solver.solve(self.model.model, _Watch(found))
        finally:
            done.set()
            watcher.join()

    def _watch(self, solver: cp_model.CpSolver, done: threading.Event) -> None:
        while not done.wait(POLL_SECONDS):
            if self.stop():
                solver.stop_search()
                return

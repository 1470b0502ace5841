"""A better roster by CP-SAT, from the greedy one on: coverage by rank, then shared rest, then evenness.

In a roster in use people are moved for the first rank alone, and as few of them as will do.

The whole model says how much could be covered at most. What betters a roster is the same model for a few people at a
time, the others left as they are: so small it is solved to its best in a moment, with all that counts in its order.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from ortools.sat.python import cp_model

from wangge.duties.rosters.rules.broken import Score, score
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.model import Chosen, Model, capacity, groups_of
from wangge.duties.rosters.rules.problem import Problem, Roster

POLL_SECONDS = 0.1
FEW = 4  # so many people at a time, one more whenever that finds nothing any more
PART_SECONDS = 2.0
BOUND_SHARE = 0.1  # of the time, to learn what a rank could have at most
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


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


Progress = Callable[[Solution], None]


def solve(
    problem: Problem,
    *,
    seconds: float,
    keep: Roster | None = None,
    progress: Progress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Solution:
    """The best roster found in so many seconds on one core, or until `stop`; never illegal, nor worse than greedy."""
    ends_at = time.monotonic() + seconds
    search = _Search(problem, keep or {}, progress, stop)
    if problem.seats and problem.workers and not stop():
        search.bound(time.monotonic() + seconds * BOUND_SHARE)
        search.improve(ends_at)
    return search.best


class _Search:
    """First what could be covered at most, then a few people at a time."""

    def __init__(self, problem: Problem, keep: Roster, progress: Progress, stop: Callable[[], bool]) -> None:
        self.problem, self.keep, self.progress, self.stop = problem, keep, progress, stop
        self.groups = groups_of(problem)
        self.capacity = capacity(problem, self.groups)
        self.most = {rank: sum(seat.rank == rank for seat in problem.seats) for rank in sorted(problem.weights)}
        self.chance = random.Random(len(problem.seats))  # noqa: S311 - nothing secret is drawn
        self.homes: dict[int, set[int]] = {}
        for home in problem.households:
            for worker in home.workers:
                self.homes.setdefault(worker, set()).update(home.workers)
        start = greedy(problem, keep)
        self.best = self._found(start, score(problem, start, keep))

    def _found(self, roster: Roster, reached: Score) -> Solution:
        """A better roster, told; a rank can have what people can work at all less what the ranks before it take."""
        filled, left, most = Solution(roster, reached, self.most).filled(self.problem), self.capacity, {}
        for rank, number in filled.items():
            most[rank] = min(self.most[rank], left)
            left -= number
        found = Solution(roster, reached, most)
        self.progress(found)
        return found

    def bound(self, until: float) -> None:
        """How many seats of the first rank with empty ones could be filled, those before it being full."""
        model = self._model(range(len(self.problem.workers)))
        for rank, number in self.best.filled(self.problem).items():
            filled = model.filled(rank)
            if number < self.best.most[rank]:
                model.model.maximize(filled)
                solver, status = self._run(model, until)
                if status in FOUND:
                    self.most[rank] = min(self.most[rank], round(solver.best_objective_bound))
                    self.best = self._found(self.best.roster, self.best.score)
                return
            model.model.add(filled >= number)

    def improve(self, ends_at: float) -> None:
        """Let a few people at a time have the best there is for them, the others staying as they are."""
        everybody, few, vain = range(len(self.problem.workers)), FEW, 0
        while not self.stop() and time.monotonic() < ends_at:
            drawn = self.chance.sample(everybody, min(few, len(everybody)))
            people = {one for worker in drawn for one in self.homes.get(worker, {worker})}
            model = self._model(people)
            model.model.maximize(model.worth())
            solver, status = self._run(model, min(ends_at, time.monotonic() + PART_SECONDS))
            found = status in FOUND and self._better(model, solver.value)
            if len(people) == len(everybody) and status == cp_model.OPTIMAL:
                return
            vain = 0 if found else vain + 1
            if vain > len(everybody):
                few, vain = few + 1, 0

    def _model(self, people: Collection[int]) -> Model:
        return Model(self.problem, self.groups, people, self.best.roster, self.keep)

    def _better(self, model: Model, chosen: Chosen) -> bool:
        roster = model.roster(chosen)
        reached = score(self.problem, roster, self.keep)
        if reached <= self.best.score:
            return False
        self.best = self._found(roster, reached)
        return True

    def _run(self, model: Model, until: float) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.05, until - time.monotonic())
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        model.hint()
        done = threading.Event()
        watcher = threading.Thread(target=partial(self._watch, solver, done), daemon=True)
        watcher.start()
        try:
            return solver, solver.solve(model.model)
        finally:
            done.set()
            watcher.join()

    def _watch(self, solver: cp_model.CpSolver, done: threading.Event) -> None:
        while not done.wait(POLL_SECONDS):
            if self.stop():
                solver.stop_search()
                return

"""A roster, or a part of one, as a CP-SAT model: who works in which group of seats.

Seats that the same people may take at the same time are alike, so the model only asks who works in which group
of them; who sits where is settled afterwards, own post first. What comes out went through the ledger seat by seat.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from ortools.sat.python import cp_model

from wangge.duties.rosters.rules.broken import days_in, needed_blocks
from wangge.duties.rosters.rules.greedy import fill
from wangge.duties.rosters.rules.ledger import Ledger
from wangge.duties.rosters.rules.problem import KINDS, Home, Problem, Roster, Seat

Linear = Any  # an expression of the model
Chosen = Callable[[cp_model.IntVar], int]  # what a solution says of a variable


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
        key = (seat.work.since, seat.work.until, may, seat.rank, seat.work.night, seat.weekend, seat.holiday)
        found.setdefault(key, []).append(number)
    return sorted(Group(since, until, tuple(seats), may) for (since, until, may, *_), seats in found.items())  # type: ignore[arg-type]


def works_at_most(groups: Iterable[Group], rest: int) -> int:
    """In how many of some groups one person can work, for the rest between them."""
    works, free_at = 0, None
    for until, since in sorted({(group.until, group.since) for group in groups}):
        if free_at is None or since >= free_at:
            works, free_at = works + 1, until + rest
    return works


def capacity(problem: Problem, groups: Iterable[Group]) -> int:
    """How many seats all people together can fill at most, for rest and hours alone."""
    before, rest, most = Ledger(problem), problem.limits.rest, 0
    reach: list[dict[int, list[Group]]] = [{} for _ in problem.workers]
    for group in groups:
        for worker in group.workers:
            reach[worker].setdefault(problem.week_of(group.since), []).append(group)
    for worker, weeks in enumerate(reach):
        by_week = 0
        for week, these in weeks.items():
            hours = problem.limits.week - before.minutes(worker)[week]
            by_week += min(works_at_most(these, rest), hours // min(group.until - group.since for group in these))
        most += min(by_week, works_at_most((group for these in weeks.values() for group in these), rest))
    return most


class Model:
    """The model of some people's part in a roster: `x[worker, group]` says that somebody works at a seat of a group.

    What `roster` gives to others stays theirs, and so does what is fixed.
    """

    def __init__(
        self, problem: Problem, groups: Iterable[Group], people: Collection[int], roster: Roster, keep: Roster
    ) -> None:
        self.problem, self.people, self.keep = problem, sorted(people), keep
        mine = set(people)
        self.rest = {seat: who for seat, who in roster.items() if who not in mine}
        self.own = {seat: who for seat, who in roster.items() if who in mine}
        self.groups = list(_within(groups, mine, self.rest))
        self._number = {seat: number for number, group in enumerate(self.groups) for seat in group.seats}
        self.model = cp_model.CpModel()
        self.x = {
            (worker, number): self.model.new_bool_var("")
            for number, group in enumerate(self.groups)
            for worker in group.workers
        }
        self._by_worker: dict[int, list[tuple[int, cp_model.IntVar]]] = {worker: [] for worker in self.people}
        for (worker, number), var in self.x.items():
            self._by_worker[worker].append((number, var))
        for number, group in enumerate(self.groups):
            if len(group.workers) > len(group.seats):
                self.model.add(_sum(self.x[worker, number] for worker in group.workers) <= len(group.seats))
        before = Ledger(problem)
        for worker in self.people:
            self._rest(worker)
            self._weeks(worker, before)
        for seat, worker in self.own.items():
            if problem.seats[seat].fixed is not None:
                self.model.add(self.x[worker, self._number[seat]] == 1)

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

    def _weeks(self, worker: int, before: Ledger) -> None:
        limits, others = self.problem.limits, self.problem.workers[worker].other
        weeks: dict[int, list[tuple[int, cp_model.IntVar]]] = {}
        for number, var in self._by_worker[worker]:
            weeks.setdefault(self.problem.week_of(self.groups[number].since), []).append((number, var))
        for week, these in weeks.items():
            minutes = [(self.groups[number].until - self.groups[number].since) * var for number, var in these]
            self.model.add(_sum(minutes) <= limits.week - before.minutes(worker)[week])
            nights = [var for number, var in these if self._first(number).work.night]
            had = sum(work.night for work in others if self.problem.week_of(work.since) == week)
            self.model.add(_sum(nights) <= max(0, limits.week_nights - had))

    def _first(self, number: int) -> Seat:
        return self.problem.seats[self.groups[number].seats[0]]

    def filled(self, rank: int) -> Linear:
        """How many seats of a rank these people fill."""
        return _sum(var for (_, number), var in self.x.items() if self._first(number).rank == rank)

    def worth(self) -> Linear:
        """All that counts in one number, in the order of a score."""
        uneven, most_uneven = self._uneven()
        missed, most_missed = self._missed()
        most = len(self.people) * works_at_most(self.groups, self.problem.limits.rest)
        worth, weight = -uneven - missed * (most_uneven + 1), (most_uneven + 1) * (most_missed + 1)
        first, *others = sorted(self.problem.weights)
        for rank in reversed(others):
            worth, weight = worth + self.filled(rank) * weight, weight * (most + 1)
        worth, weight = worth - self._moved() * weight, weight * (len(self.keep) + 1)
        return worth + self.filled(first) * weight

    def _moved(self) -> Linear:
        held = {(worker, self._number[seat]) for seat, worker in self.keep.items() if seat in self._number}
        return _sum(1 - var for key, var in self.x.items() if key in held)

    def _missed(self) -> tuple[Linear, int]:
        """The shared stretches that households of these people miss, and how many that can be at most."""
        needed, missed, most = needed_blocks(self.problem), [], 0
        for home in self.problem.households:
            if not set(home.workers) <= set(self.people):
                continue
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
        """Somebody's first night counts one, the second three, the third five; and how much that can be at most."""
        costs, most = [], 0
        for place, kind in enumerate(KINDS):
            for worker in self.people:
                these = [(number, var) for number, var in self._by_worker[worker] if self._first(number).counts(kind)]
                had, there = self.problem.workers[worker].before[place], (self.groups[number] for number, _ in these)
                most_of_them = works_at_most(there, self.problem.limits.rest)
                weights = [2 * (had + step) + 1 for step in range(most_of_them)]
                steps = [self.model.new_bool_var("") for _ in weights]
                self.model.add(_sum(var for _, var in these) <= _sum(steps))
                costs += [weight * step for weight, step in zip(weights, steps, strict=True)]
                most += sum(weights)
        return _sum(costs), most

    def hint(self) -> None:
        """Start from the roster as it is."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        held = {(worker, self._number[seat]) for seat, worker in self.own.items()}
        for key, var in self.x.items():
            self.model.add_hint(var, key in held)

    def roster(self, chosen: Chosen) -> Roster:
        """Who sits where, once it is known who works in which group: through the ledger, own post first."""
        pinned = {seat: who for seat, who in self.own.items() if self.problem.seats[seat].fixed is not None}
        ledger = Ledger(self.problem, {**self.rest, **pinned})
        wanted = 0
        for number, group in enumerate(self.groups):
            workers = [worker for worker in group.workers if chosen(self.x[worker, number])]
            wanted += len(workers)
            _seat(ledger, group, workers, self.keep)
        if wanted + len(self.rest) > len(ledger.roster):  # travel, which the model does not know, stood in the way
            fill(ledger, range(len(self.problem.seats)))
        return ledger.roster


def _within(groups: Iterable[Group], people: Collection[int], rest: Roster) -> Iterable[Group]:
    """What is left of groups for some people, where others sit as they do."""
    for group in groups:
        seats = tuple(seat for seat in group.seats if seat not in rest)
        workers = tuple(worker for worker in group.workers if worker in people)
        if seats and workers:
            yield Group(group.since, group.until, seats, workers)


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

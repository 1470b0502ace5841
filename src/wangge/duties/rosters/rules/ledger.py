"""Who may take a seat, and why not: kept up to date while seats are given and taken back."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from wangge.duties.rosters.rules.problem import Problem, Roster, Work


class Why(NamedTuple):
    """A rule in somebody's way, and the number it turns on: minutes of rest, of the week; nights."""

    rule: str
    number: int = 0


class Ledger:
    """What every worker works already, and so what else they may."""

    def __init__(self, problem: Problem, roster: Roster | None = None) -> None:
        self.problem = problem
        self.roster: Roster = {}
        self._works: list[list[tuple[int, int, str]]] = [[] for _ in problem.workers]
        self._minutes: list[Counter[int]] = [Counter() for _ in problem.workers]
        self._nights: list[Counter[int]] = [Counter() for _ in problem.workers]
        for number, worker in enumerate(problem.workers):
            for work in worker.other:
                self._note(number, work, 1)
        for seat, number in (roster or {}).items():
            self.give(seat, number)

    def _note(self, worker: int, work: Work, sign: int) -> None:
        week = self.problem.week_of(work.since)
        entry = (work.since, work.until, work.post)
        if sign > 0:
            insort(self._works[worker], entry)
        else:
            self._works[worker].remove(entry)
        self._minutes[worker][week] += sign * (work.until - work.since)
        self._nights[worker][week] += sign * work.night

    def give(self, seat: int, worker: int) -> None:
        """Put somebody on a seat, whether the rules allow it or not."""
        self.take(seat)
        self.roster[seat] = worker
        self._note(worker, self.problem.seats[seat].work, 1)

    def take(self, seat: int) -> None:
        """Leave a seat empty."""
        if seat in self.roster:
            self._note(self.roster.pop(seat), self.problem.seats[seat].work, -1)

    def works(self, worker: int) -> list[tuple[int, int, str]]:
        """What somebody works, in order: since, until, post."""
        return self._works[worker]

    def load(self, worker: int) -> int:
        """The minutes somebody works in all."""
        return sum(self._minutes[worker].values())

    def minutes(self, worker: int) -> Counter[int]:
        """The minutes somebody works, by week."""
        return self._minutes[worker]

    def why_not(self, seat: int, worker: int) -> Why | None:
        """The first rule that keeps a worker from a seat; None where they may take it.

        That it is fixed for somebody else comes last: by hand it may be given away, against no other rule.
        """
        return self._unable(seat, worker) or self._worn(seat, worker) or self._fixed(seat, worker)

    def unfit(self, seat: int, worker: int) -> Why | None:
        """The rule that keeps them from it whatever else they work: agency, skills, leave, somebody's fixed duty."""
        return self._unable(seat, worker) or self._fixed(seat, worker)

    def _fixed(self, seat: int, worker: int) -> Why | None:
        return None if self.problem.seats[seat].fixed in (None, worker) else Why("fixed")

    def _unable(self, seat: int, worker: int) -> Why | None:
        wanted, who = self.problem.seats[seat], self.problem.workers[worker]
        if wanted.agency and wanted.agency != who.agency:
            return Why("agency")
        if not wanted.skills <= who.skills:
            return Why("skill")
        work = wanted.work
        if any(since < work.until and work.since < until for since, until in who.away):
            return Why("leave")
        return None

    def _worn(self, seat: int, worker: int) -> Why | None:
        problem, work = self.problem, self.problem.seats[seat].work
        limits, week = problem.limits, self.problem.week_of(work.since)
        for since, until, post in self._works[worker]:
            if since < work.until and work.since < until:
                return Why("overlap")
            gap = work.since - until if until <= work.since else since - work.until
            if gap < limits.rest:
                return Why("rest", gap)
            if gap < limits.rest + problem.travel(post, work.post):
                return Why("travel", problem.travel(post, work.post))
        minutes = self._minutes[worker][week] + work.until - work.since
        if minutes > limits.week:
            return Why("hours", minutes)
        nights = self._nights[worker][week] + work.night
        if work.night and nights > limits.week_nights:
            return Why("nights", nights)
        return None


def why_empty(ledger: Ledger, seat: int, workers: Iterable[int] | None = None) -> Counter[str]:
    """For an empty seat how many people each rule kept from it; nothing where somebody could take it after all."""
    found: Counter[str] = Counter()
    for worker in range(len(ledger.problem.workers)) if workers is None else workers:
        why = ledger.why_not(seat, worker)
        if why is None:
            return Counter()
        found[why.rule] += 1
    return found

"""The rules that a whole roster breaks. Asks each rule anew, without the ledger that rosters are made with."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

from wangge.duties.rosters.rules.problem import KINDS, Problem, Roster, Work


class Broken(NamedTuple):
    """A rule that is broken: by whom, at which seat (None: beside this roster), and the number it turns on."""

    rule: str
    worker: int
    seat: int | None
    number: int = 0


def broken(problem: Problem, roster: Roster) -> list[Broken]:
    """Everything in a roster that breaks a hard rule."""
    found = [one for seat, worker in sorted(roster.items()) for one in _unfit(problem, seat, worker)]
    sat: dict[int, list[int]] = {}
    for seat, worker in sorted(roster.items()):
        sat.setdefault(worker, []).append(seat)
    for worker, seats in sat.items():
        works: list[tuple[Work, int | None]] = [(problem.seats[seat].work, seat) for seat in seats]
        works += [(work, None) for work in problem.workers[worker].other]
        works.sort(key=lambda one: (one[0].since, one[0].until))
        found += _too_close(problem, worker, works)
        found += _too_much(problem, worker, works)
    return found


def _unfit(problem: Problem, seat: int, worker: int) -> list[Broken]:
    wanted, who = problem.seats[seat], problem.workers[worker]
    rules = {
        "agency": bool(wanted.agency) and wanted.agency != who.agency,
        "skill": bool(wanted.skills - who.skills),
        "fixed": wanted.fixed not in (None, worker),
        "leave": any(max(since, wanted.work.since) < min(until, wanted.work.until) for since, until in who.away),
    }
    return [Broken(rule, worker, seat) for rule, is_broken in rules.items() if is_broken]


def _too_close(problem: Problem, worker: int, works: list[tuple[Work, int | None]]) -> list[Broken]:
    found = []
    for (one, first), (two, second) in combinations(works, 2):
        seat = second if second is not None else first
        if seat is None:
            continue  # both stand beside this roster
        gap, travel = two.since - one.until, problem.travel(one.post, two.post)
        if gap < 0:
            found.append(Broken("overlap", worker, seat))
        elif gap < problem.limits.rest:
            found.append(Broken("rest", worker, seat, gap))
        elif gap < problem.limits.rest + travel:
            found.append(Broken("travel", worker, seat, travel))
    return found


def _too_much(problem: Problem, worker: int, works: list[tuple[Work, int | None]]) -> list[Broken]:
    found = []
    for week in sorted({problem.week_of(work.since) for work, seat in works if seat is not None}):
        within = [(work, seat) for work, seat in works if problem.week_of(work.since) == week]
        last = max(seat for _, seat in within if seat is not None)
        minutes = sum(work.until - work.since for work, _ in within)
        if minutes > problem.limits.week:
            found.append(Broken("hours", worker, last, minutes))
        nights = [seat for work, seat in within if work.night]
        own = [seat for seat in nights if seat is not None]
        if own and len(nights) > problem.limits.week_nights:
            found.append(Broken("nights", worker, own[-1], len(nights)))
    return found


class Score(NamedTuple):
    """How good a roster is, in the order of what counts: better is greater.

    `first` counts the filled seats of the first rank; `moved` whom a change of a roster in use takes from their seats;
    `covered` is the other seats, worth by rank; `shared` the half days that households miss; `uneven` how far nights,
    weekends and holidays are from being shared out evenly. For a seat of a lower rank nobody in use is moved.
    """

    first: int
    moved: int
    covered: int
    shared: int
    uneven: int


def score(problem: Problem, roster: Roster, keep: Roster | None = None) -> Score:
    """The score of a roster; `keep` is the one in use, if there is one."""
    ranks = [problem.seats[seat].rank for seat in roster]
    top = min(problem.weights, default=0)
    covered = sum(problem.weights[rank] for rank in ranks if rank != top)
    moved = sum(roster.get(seat) != worker for seat, worker in (keep or {}).items())
    uneven = sum(unevenness(problem, roster).values())
    return Score(ranks.count(top), -moved, covered, -missed_blocks(problem, roster), -uneven)


def missed_blocks(problem: Problem, roster: Roster) -> int:
    """How many shared stretches of a day households miss in all, against what they should have each week."""
    needed, missed = needed_blocks(problem), 0
    busy = [[*worker.other] for worker in problem.workers]
    for seat, worker in roster.items():
        busy[worker].append(problem.seats[seat].work)
    for home in problem.households:
        works = [*home.elsewhere, *(work for worker in home.workers for work in busy[worker])]
        free: dict[int, int] = {}
        for since, until in problem.shared_blocks():
            week = problem.week_of(since)
            free[week] = free.get(week, 0) + all(work.until <= since or until <= work.since for work in works)
        missed += sum(max(0, min(needed, days_in(problem, week)) - count) for week, count in free.items())
    return missed


def needed_blocks(problem: Problem) -> int:
    """How many shared stretches of a day make up what households should have each week."""
    block = problem.limits.shared_until - problem.limits.shared_from
    return -(-problem.limits.shared_week // block)


def days_in(problem: Problem, week: int) -> int:
    """The days of the period that lie in a week."""
    return sum(1 for day in range(problem.days) if (day + problem.weekday) // 7 == week)


def unevenness(problem: Problem, roster: Roster) -> dict[str, int]:
    """How far nights, weekends and holidays are from being shared out evenly among those of one agency; 0 is even.

    Somebody's first counts one, the second three, the third five, and so on, so that it is least where all have the
    same; what the most even shares would come to is taken off. Leave needs no exception: it moves every roster alike.
    """
    return {
        kind: sum(sum(one * one for one in had) - _evenly(sum(had), len(had)) for had in _had(problem, roster, place))
        for place, kind in enumerate(KINDS)
    }


def _evenly(total: int, people: int) -> int:
    """The squares of the most even shares of a total, added."""
    each, more = divmod(total, people)
    return (people - more) * each**2 + more * (each + 1) ** 2


def _had(problem: Problem, roster: Roster, place: int) -> list[list[int]]:
    counts = [worker.before[place] for worker in problem.workers]
    for seat, worker in roster.items():
        counts[worker] += problem.seats[seat].counts(KINDS[place])
    by_agency: dict[str, list[int]] = {}
    for who, count in zip(problem.workers, counts, strict=True):
        by_agency.setdefault(who.agency, []).append(count)
    return list(by_agency.values())

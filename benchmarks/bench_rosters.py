"""Rosters of a city: 80 stations, 1,400 posts, 14 days, 1,658 officers; at once, and improved.

`python -m benchmarks.bench_rosters [seconds [every]]`: how long the legal ones take, then how near to the bound the
improved ones come in so many seconds on two cores, two stations side by side; with `every`, for every so manieth
station in its share of the time. In 60 stations two of one household serve.
"""

from __future__ import annotations

import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from wangge.duties.rosters.rules.broken import broken, missed_blocks, unevenness
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.problem import DAY, KINDS, Limits, Problem, Seat, Work, Worker
from wangge.duties.rosters.rules.solver import solve

CORES = 2
STATIONS, POSTS, OFFICERS, DAYS = 80, 1400, 1658, 14
SHIFTS = ((8, 16, False), (16, 24, False), (24, 32, True))  # 三班


def shares(total: int, parts: int) -> list[int]:
    """A number in parts as equal as they can be."""
    return [total // parts + (part < total % parts) for part in range(parts)]


def station(number: int, posts: int, people: int) -> Problem:
    """A station: a desk and a car with two officers around the clock, and its villages in three shifts."""
    chance = random.Random(number)
    names = [f"{number}-{post}" for post in range(posts)]
    seats = []
    for day in range(DAYS):
        for start, end, night in SHIFTS:
            work = [Work(day * DAY + start * 60, day * DAY + end * 60, post, night) for post in names]
            weekend = day % 7 > 4
            for place, one in enumerate(work):
                skills = frozenset({"driver"}) if place == 1 else frozenset()
                rank = 1 if place < 2 else 3 if night else 2
                seats.append(Seat(one, rank, "police" if rank == 1 else "", skills, weekend, day < 4))
            seats.append(Seat(work[0], 1, "auxiliary", frozenset(), weekend, day < 4))
    workers = [
        Worker(
            "police" if one % 3 else "auxiliary",
            frozenset({"driver"}) if one % 2 else frozenset(),
            names[one % posts],
            ((day * DAY, (day + chance.randrange(1, 4)) * DAY),) if (day := chance.randrange(DAYS * 4)) < DAYS else (),
            (),
            f"{number}-h" if number % 4 and one < 2 else "",
        )
        for one in range(people)
    ]
    places = {name: (114 + chance.random() / 5, 23 + chance.random() / 5) for name in names}
    return Problem(tuple(seats), tuple(workers), DAYS, 6, Limits(), places)


def main() -> None:
    """Print times and quality."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    sizes = zip(shares(POSTS, STATIONS), shares(OFFICERS, STATIONS), strict=True)
    problems = [station(number, *size) for number, size in enumerate(sizes)]
    print(f"{STATIONS} stations, {POSTS} posts, {sum(len(one.seats) for one in problems)} seats, {OFFICERS} people")
    began = time.perf_counter()
    at_once = [greedy(problem) for problem in problems]
    took = time.perf_counter() - began
    wrong = sum(len(broken(problem, roster)) for problem, roster in zip(problems, at_once, strict=True))
    print(f"legal at once    {took:6.1f} s, {wrong} rules broken")
    describe(problems, at_once)
    if every > 1:
        print(f"every {every}th station in its share of {seconds:.0f} s, at once:")
        describe(problems[::every], at_once[::every])
    problems = problems[::every]
    began = time.perf_counter()
    share = seconds / every * CORES / len(problems)
    with ThreadPoolExecutor(CORES) as pool:
        found = list(pool.map(lambda problem: solve(problem, seconds=share), problems))
    took = time.perf_counter() - began
    rosters = [one.roster for one in found]
    wrong = sum(len(broken(problem, roster)) for problem, roster in zip(problems, rosters, strict=True))
    print(f"improved         {took:6.1f} s, {wrong} rules broken")
    for rank in (1, 2, 3):
        filled = sum(one.filled(problem)[rank] for problem, one in zip(problems, found, strict=True))
        most = sum(one.most[rank] for one in found)
        gap = f"{100 * (most - filled) / most:.2f} % below" if most else "as"
        print(f"  rank {rank}: {filled} filled, {gap} the bound of {most}")
    describe(problems, rosters)


def describe(problems: list[Problem], rosters: list[dict[int, int]]) -> None:
    """What a set of rosters is worth."""
    filled, wanted, uneven, apart, shared = [0] * 4, [0] * 4, 0, 0, 0
    for problem, roster in zip(problems, rosters, strict=True):
        for number, seat in enumerate(problem.seats):
            wanted[seat.rank] += 1
            filled[seat.rank] += number in roster
        uneven += sum(unevenness(problem, roster).values())
        apart += ranges(problem, roster)
        shared += missed_blocks(problem, roster)
    ranks = ", ".join(f"rank {rank}: {100 * filled[rank] / wanted[rank]:.1f} %" for rank in (1, 2, 3))
    print(f"  filled {ranks}; shared half days missed {shared}")
    spread = apart / len(problems) / 6
    print(f"  nights, weekends, holidays: uneven by {uneven}; most less fewest of those without leave {spread:.2f}")


def ranges(problem: Problem, roster: dict[int, int]) -> int:
    """For each kind of duty and agency the most that anyone has less the fewest, those with leave left out; added."""
    apart = 0
    for kind in KINDS:
        had: dict[str, dict[int, int]] = {}
        for number, worker in enumerate(problem.workers):
            if not worker.away:
                had.setdefault(worker.agency, {})[number] = 0
        for seat, number in roster.items():
            worker = problem.workers[number]
            if not worker.away:
                had[worker.agency][number] += problem.seats[seat].counts(kind)
        apart += sum(max(one.values()) - min(one.values()) for one in had.values())
    return apart


if __name__ == "__main__":
    main()

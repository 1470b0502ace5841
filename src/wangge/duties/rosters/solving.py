"""A search of the database as it runs: the solver, and beside it the signs of life.

Imports the solver, which takes its time and memory: only the process that solves imports this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from queue import SimpleQueue
from uuid import UUID

from wangge.duties.rosters.models import RosterState, Search
from wangge.duties.rosters.queries.making import Case
from wangge.duties.rosters.rules.problem import Problem, Roster
from wangge.duties.rosters.rules.solver import Solution, solve
from wangge.duties.rosters.services.searching import search_beat, search_case, search_end, search_found

BEAT_SECONDS = 0.5


def run_search(search_id: UUID, now: Callable[[], datetime]) -> Solution:
    """Run a search that has been claimed: the solver beside, here each better roster is written as it is found."""
    search, case = search_case(search_id, now())
    found: SimpleQueue[Solution] = SimpleQueue()
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            solve, case.problem, seconds=search.seconds, keep=_kept(case), progress=found.put, stop=stop.is_set
        )
        while not running.done():
            wait([running], timeout=BEAT_SECONDS)
            if not (search_beat(search, now()) and _written(search, case, found, now())):
                stop.set()
        best = running.result()
    if _written(search, case, found, now()):
        search_found(search, case, best.roster, _summary(case.problem, best), now())
    search_end(search, case, now())
    return best


def _kept(case: Case) -> Roster | None:
    """What is to be changed as little as can be: a roster in use."""
    return case.filled if case.roster.state == RosterState.PUBLISHED else None


def _written(search: Search, case: Case, found: SimpleQueue[Solution], now: datetime) -> bool:
    """Write the newest of what was found; False where the roster has been changed by somebody."""
    newest = None
    while not found.empty():
        newest = found.get()
    return newest is None or search_found(search, case, newest.roster, _summary(case.problem, newest), now)


def _summary(problem: Problem, best: Solution) -> list[list[int]]:
    wanted = {rank: sum(seat.rank == rank for seat in problem.seats) for rank in best.most}
    return [[rank, filled, best.most[rank], wanted[rank]] for rank, filled in best.filled(problem).items()]

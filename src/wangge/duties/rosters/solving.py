"""Many rosters one after the other, each unit by itself, with the time shared out among them.

Imports the solver, which takes its time and memory: only the process that solves imports this.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from wangge.duties.rosters.rules.problem import Problem, Roster
from wangge.duties.rosters.rules.solver import Solution, solve


def solve_all(
    problems: Sequence[Problem],
    *,
    seconds: float,
    workers: int = 2,
    keep: Sequence[Roster | None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Solution]:
    """The best rosters found in so many seconds, one after the other; every problem has one, stopped or not."""
    ends_at = time.monotonic() + seconds
    for place, problem in enumerate(problems):
        share = max(0.0, ends_at - time.monotonic()) / (len(problems) - place)
        yield solve(problem, seconds=share, keep=keep[place] if keep else None, workers=workers, stop=stop)

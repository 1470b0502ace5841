"""Who covers which place in which hour: arithmetic on arrays of places × hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.bool_]
HOUR = timedelta(hours=1)
OWN, DESK, NOBODY = 2, 1, 0


class Gap(NamedTuple):
    """A stretch of hours that a place lies at one level: DESK, where only a desk stands in, or NOBODY."""

    place: int
    first: int
    last: int
    level: int


def spans(count: int, hours: int, start: datetime, rows: Iterable[tuple[int, datetime, datetime | None]]) -> Hours:
    """For each of so many posts the hours that any of its rows covers: a row is a post, since and until."""
    steps = np.zeros((count, hours + 1), dtype=np.int32)
    placed = [
        (post, _hour(since, start, hours), hours if until is None else _hour(until, start, hours))
        for post, since, until in rows
    ]
    if placed:
        posts, firsts, lasts = (np.array(column) for column in zip(*placed, strict=True))
        np.add.at(steps, (posts, firsts), 1)
        np.add.at(steps, (posts, lasts), -1)
    covered: Hours = np.cumsum(steps[:, :-1], axis=1) > 0
    return covered


def _hour(instant: datetime, start: datetime, hours: int) -> int:
    """The first whole hour from an instant on, kept within the period: an hour counts by its beginning."""
    return min(hours, max(0, -((start - instant) // HOUR)))


def standing(rostered: Hours, duty: Hours, held: Hours) -> Hours:
    """Where a roster is in force whoever is on duty stands, everywhere else whoever holds the post."""
    on: Hours = np.where(rostered, duty, held)
    return on


def any_of(on: Hours, groups: Sequence[Sequence[int]]) -> Hours:
    """For each group of rows the hours that any of them covers."""
    found: Hours = np.zeros((len(groups), on.shape[1]), dtype=np.bool_)
    for place, rows in enumerate(groups):
        if rows:
            found[place] = on[list(rows)].any(axis=0)
    return found


def levels(own: Hours, desk: Hours) -> NDArray[np.int8]:
    """OWN where the place's own post is on duty, DESK where only a desk is, NOBODY where nobody is."""
    found: NDArray[np.int8] = np.where(own, OWN, np.where(desk, DESK, NOBODY)).astype(np.int8)
    return found


def opened(before: NDArray[np.int8], after: NDArray[np.int8]) -> NDArray[np.int8]:
    """The levels `after` where they have fallen, OWN everywhere else."""
    found: NDArray[np.int8] = np.where(after < before, after, OWN).astype(np.int8)
    return found


def gaps(level: NDArray[np.int8], worst: int = DESK) -> list[Gap]:
    """The stretches at `worst` or below, those with nobody first, then the sooner and the longer."""
    found = []
    for place in np.flatnonzero((level <= worst).any(axis=1)):
        row = level[place]
        edges: Any = np.flatnonzero(np.diff(row)) + 1
        for first, last in zip([0, *edges], [*edges, len(row)], strict=True):
            if row[first] <= worst:
                found.append(Gap(int(place), int(first), int(last), int(row[first])))
    return sorted(found, key=lambda gap: (gap.level, gap.first, gap.first - gap.last, gap.place))

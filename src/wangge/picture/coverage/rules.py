"""Who covers which place in which hour: arithmetic on arrays of places × hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.bool_]
HOUR = timedelta(hours=1)
# The place's own post: somebody there answered in the last drill, was never in one, or nobody did answer; then a desk
# alone; then nobody, or only a desk where nobody did answer.
OWN, UNTESTED, SILENT, DESK, NOBODY = 4, 3, 2, 1, 0
LEVELS = (OWN, UNTESTED, SILENT, DESK, NOBODY)
# Where nobody can be expected to answer; a desk alone is less than wanted, and who was never tested is no gap.
GAPS = (NOBODY, SILENT)


class Gap(NamedTuple):
    """A stretch of hours that a place lies at one level."""

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


class Stands(NamedTuple):
    """The hours in which somebody stands who answered in the last drill, who was never in one, who did not answer."""

    answered: Hours
    untested: Hours
    silent: Hours


def levels(own: Stands, desk: Stands) -> NDArray[np.int8]:
    """The level of each place and hour, by who stands at its own post and at the desks above it."""
    stood = [own.answered, own.untested, own.silent, desk.answered | desk.untested]
    found: NDArray[np.int8] = np.select(stood, [OWN, UNTESTED, SILENT, DESK], NOBODY).astype(np.int8)
    return found


def apart(
    since: datetime, until: datetime | None, gone: datetime, back: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """What is left of a stretch of time without the one from `gone` to `back`; None: without end."""
    if since < gone:
        yield since, gone if until is None else min(until, gone)
    if until is None or until > back:
        yield max(since, back), until


def opened(before: NDArray[np.int8], after: NDArray[np.int8]) -> NDArray[np.int8]:
    """The levels `after` where they have fallen, OWN everywhere else."""
    found: NDArray[np.int8] = np.where(after < before, after, OWN).astype(np.int8)
    return found


def gaps(level: NDArray[np.int8], shown: Collection[int] = GAPS) -> list[Gap]:
    """The stretches at one of the levels, the lowest first, then the sooner and the longer."""
    found = []
    for place in np.flatnonzero(np.isin(level, list(shown)).any(axis=1)):
        row = level[place]
        edges: Any = np.flatnonzero(np.diff(row)) + 1
        for first, last in zip([0, *edges], [*edges, len(row)], strict=True):
            if row[first] in shown:
                found.append(Gap(int(place), int(first), int(last), int(row[first])))
    return sorted(found, key=lambda gap: (gap.level, gap.first, gap.first - gap.last, gap.place))

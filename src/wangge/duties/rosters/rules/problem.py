"""What a roster has to fill, with whom and under which rules. Times are minutes from midnight of the first day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

DAY = 24 * 60
EARTH_KM = 6371.0
KINDS = ("nights", "weekends", "holidays")

# Which worker sits where: numbers of seats to numbers of workers.
Roster = dict[int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules of a roster, in minutes and numbers; they come from the pack.

    `shared_week` is the time a week that two of one household should both be free between the hours
    `shared_from` and `shared_until` of a day: an aim, where all others are rules.
    """

    rest: int = 11 * 60
    week: int = 60 * 60
    week_nights: int = 3
    kmh: int = 40
    shared_week: int = 24 * 60
    shared_from: int = 8 * 60
    shared_until: int = 20 * 60


@dataclass(frozen=True, slots=True)
class Work:
    """A stretch of work: at a seat of this roster, or another duty that somebody has anyway."""

    since: int
    until: int
    post: str = ""
    night: bool = False


@dataclass(frozen=True, slots=True)
class Seat:
    """One place to fill 岗位班次: a post in a shift, for an agency and with skills where they are asked for.

    Rank 1 is filled first. `fixed` is the number of the worker who has it anyway 固定班.
    """

    work: Work
    rank: int = 1
    agency: str = ""
    skills: frozenset[str] = frozenset()
    weekend: bool = False
    holiday: bool = False
    fixed: int | None = None

    def counts(self, kind: str) -> bool:
        """Whether it is a night, a weekend or a holiday; for `KINDS`."""
        return {"nights": self.work.night, "weekends": self.weekend, "holidays": self.holiday}[kind]


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who can be rostered.

    `home` is their own post, `away` their leave, `other` what they work beside this roster, before and after it
    too. `before` is how many nights, weekends and holidays they had lately, so that those who had many get fewer.
    """

    agency: str = ""
    skills: frozenset[str] = frozenset()
    home: str = ""
    away: tuple[tuple[int, int], ...] = ()
    other: tuple[Work, ...] = ()
    household: str = ""
    before: tuple[int, int, int] = (0, 0, 0)


class Home(NamedTuple):
    """Two of one household who both serve: workers of this roster, and what the other works where that is elsewhere."""

    workers: tuple[int, ...]
    elsewhere: tuple[Work, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A whole roster to be made: seats, workers, rules; `weekday` is that of the first day, Monday 0.

    `partners` are those who live with a worker and serve in another unit: the worker, and what the partner works.
    """

    seats: tuple[Seat, ...]
    workers: tuple[Worker, ...]
    days: int
    weekday: int = 0
    limits: Limits = field(default_factory=Limits)
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    partners: tuple[tuple[int, tuple[Work, ...]], ...] = ()

    def week_of(self, minute: int) -> int:
        """The number of the calendar week in which a minute lies; 0 is that of the first day."""
        return (minute // DAY + self.weekday) // 7

    def travel(self, one: str, other: str) -> int:
        """Minutes from one post to another; 0 where it is not known where they are."""
        return self._travel.get((one, other), 0)

    @cached_property
    def _travel(self) -> dict[tuple[str, str], int]:
        known = sorted(self.places.items())
        return {
            (one, other): math.ceil(_kilometres(here, there) / self.limits.kmh * 60)
            for one, here in known
            for other, there in known
            if one != other
        }

    @cached_property
    def households(self) -> tuple[Home, ...]:
        """Every two who live together."""
        homes: dict[str, list[int]] = {}
        for number, worker in enumerate(self.workers):
            if worker.household:
                homes.setdefault(worker.household, []).append(number)
        pairs = [(a, b) for home in homes.values() for place, a in enumerate(home) for b in home[place + 1 :]]
        return (*map(Home, pairs), *(Home((worker,), works) for worker, works in self.partners))

    def shared_blocks(self) -> list[tuple[int, int]]:
        """The stretches of each day that two of one household may have in common."""
        first, last = self.limits.shared_from, self.limits.shared_until
        return [(day * DAY + first, day * DAY + last) for day in range(self.days)]

    @cached_property
    def weights(self) -> dict[int, int]:
        """What a filled seat of each rank is worth: more than all seats of the ranks behind it together."""
        worth, total = {}, 0
        for rank in sorted({seat.rank for seat in self.seats}, reverse=True):
            worth[rank] = total + 1
            total += worth[rank] * sum(1 for seat in self.seats if seat.rank == rank)
        return worth


def _kilometres(here: tuple[float, float], there: tuple[float, float]) -> float:
    (x, y), (u, v) = (map(math.radians, here), map(math.radians, there))
    half = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))

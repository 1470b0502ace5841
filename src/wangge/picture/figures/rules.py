"""What a figure takes from an event: pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from wangge.ground.kernel.clock import local
from wangge.ground.responses.packs.schema import FigureDef, Pack, Source

Within = Callable[[str], bool]
Take = tuple[tuple[int, str | None], ...]  # what is taken from an event: signs, and quantities or None for the event
# How finely the figures of an area are kept. What is finer is counted from the journal: in a day of a town few
# hundred events, in one of a village a few dozen, and rows for all their hours would be more than the events are.
GRAINS = {
    "province": ("month", "day", "hour"),
    "city": ("month", "day", "hour"),
    "county": ("month", "day", "hour"),
    "district": ("month", "day", "hour"),
    "town": ("month", "day"),
    "station": ("month", "day"),
    "village": ("month", "day"),
    "grid": ("month", "day"),
}


@dataclass(frozen=True)
class Counted:
    """One source of one figure, ready to be held against events; `area` limits it to an area's code."""

    figure: str
    source: Source
    area: str | None

    def meant(self, data: Mapping[str, Any], within: Within) -> bool:
        """Whether an event of the source's type counts, by its data and by where it happened."""
        for key, values in self.source.where.items():
            if not any(same(data.get(key), value) for value in values):
                return False
        return self.area is None or within(self.area)

    def weight(self, data: Mapping[str, Any], within: Within) -> int:
        """What an event of the source's type adds to the figure; 0 for one that is not meant."""
        if not self.meant(data, within):
            return 0
        amount = 1 if self.source.quantity is None else whole(data.get(self.source.quantity))
        return self.source.sign * event_sign(data) * amount


@dataclass(frozen=True)
class Plan:
    """All counts and sums of a pack by event type, and what they look at."""

    sources: Mapping[str, tuple[Counted, ...]]
    keys: tuple[str, ...]
    quantities: tuple[str, ...]
    areas: tuple[str, ...]

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(self.sources)

    @property
    def marked(self) -> tuple[str, ...]:
        """The keys of data that make two events different for figures; quantities do not."""
        return tuple(sorted({*self.keys, "sign"}))

    def contributions(self, type_: str, data: Mapping[str, Any], within: Within) -> Counter[str]:
        """Each figure that an event counts in, and what all its sources together take from the event."""
        added: Counter[str] = Counter()
        for counted in self.sources.get(type_, ()):
            weight = counted.weight(data, within)
            if weight:
                added[counted.figure] += weight
        return added


def plan_of(figures: Mapping[str, FigureDef]) -> Plan:
    """What the counts and sums among these figures need of the journal."""
    sources: dict[str, list[Counted]] = defaultdict(list)
    for figure in figures.values():
        for source in figure.of:
            sources[source.event].append(Counted(figure.code, source, figure.area))
    every = [counted for group in sources.values() for counted in group]
    return Plan(
        sources={type_: tuple(group) for type_, group in sorted(sources.items())},
        keys=tuple(sorted({key for counted in every for key in counted.source.where})),
        quantities=tuple(sorted({counted.source.quantity for counted in every if counted.source.quantity})),
        areas=tuple(sorted({counted.area for counted in every if counted.area})),
    )


class Sort(NamedTuple):
    """Events alike in type, in the marked data and in the areas of figures that they happened in."""

    name: str
    type: str
    data: Mapping[str, Any]
    within: frozenset[str]


class Meanings(NamedTuple):
    """What sorts of events mean for figures: name of the sort, figure, number of what is taken; and what that is."""

    rows: list[tuple[str, str, int]]
    takes: list[Take]


def meanings_of(plan: Plan, sorts: Iterable[Sort]) -> Meanings:
    """Which figures each sort of events counts in, and what is taken from each event for it."""
    rows: list[tuple[str, str, int]] = []
    takes: dict[Take, int] = {}
    for sort in sorts:
        sign = event_sign(sort.data)
        taken: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        for counted in plan.sources.get(sort.type, ()):
            if counted.meant(sort.data, sort.within.__contains__):
                taken[counted.figure].append((sign * counted.source.sign, counted.source.quantity))
        for figure, terms in taken.items():
            rows.append((sort.name, figure, takes.setdefault(tuple(terms), len(takes))))
    return Meanings(rows, list(takes))


def grains_of(level: str) -> tuple[str, ...]:
    """In which grains the figures of an area of this level are kept, the coarsest first."""
    return GRAINS[level]


def same(value: object, wanted: object) -> bool:
    """Equal and of one type: True equals 1 in Python, but a severity is not a yes or no."""
    return type(value) is type(wanted) and value == wanted


def whole(value: object) -> int:
    """A quantity as it counts; what is no number counts as nothing."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def event_sign(data: Mapping[str, Any]) -> int:
    """−1 for a counter-entry, 1 for everything else."""
    return -1 if data.get("sign") == -1 else 1


def hour_start(instant: datetime) -> datetime:
    """Where the instant's hour begins on the wall clock of the city, in UTC."""
    return local(instant).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def day_start(instant: datetime) -> datetime:
    """Where the instant's day begins on the wall clock of the city, in UTC."""
    return _day_of_hour(hour_start(instant))


@lru_cache(maxsize=1000)
def _day_of_hour(hour: datetime) -> datetime:
    return local(hour).replace(hour=0).astimezone(UTC)


def month_start(instant: datetime) -> datetime:
    """Where the instant's month begins on the wall clock of the city, in UTC."""
    return local(day_start(instant)).replace(day=1).astimezone(UTC)


START_OF = {"month": month_start, "day": day_start, "hour": hour_start}


def share(numerator: int, denominator: int, precision: int) -> float | None:
    """A share in per cent; None of nothing. Never 100 while something is missing."""
    if denominator == 0:
        return None
    step = Decimal(1).scaleb(-precision)
    value = (Decimal(numerator) * 100 / Decimal(denominator)).quantize(step, ROUND_HALF_UP)
    if value == 100 and numerator != denominator:
        value += step if numerator > denominator else -step
    return float(value)


def plan_of_pack(pack: Pack) -> Plan:
    """The plan of all figures of a pack."""
    return plan_of(pack.figures)

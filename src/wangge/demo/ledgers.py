"""Entries of the duty log planned from totals: how many, how much each, where, when, and which go wrong first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Protocol
from uuid import UUID

from wangge.demo.scenario import LogPlan, Scenario
from wangge.demo.spreading import instant_on, pick, spread, spread_within
from wangge.ground.kernel.problems import DemoTotalsInvalid

MOST_ENTRIES = 6000
LATEST = timedelta(minutes=4)
NOTIFIED = timedelta(hours=18)
# A patrol that meets more people than this at one place is told of as several places.
CROWD = 60


@dataclass(frozen=True)
class Place:
    """A village with what lies above it, and how much of the whole falls on it."""

    village_id: UUID
    town_id: UUID
    county_id: UUID
    name: str
    weight: float


class Life(Protocol):
    """What an entry needs to know of the matter beside it."""

    @property
    def place(self) -> Place: ...

    @property
    def received_at(self) -> datetime: ...


@dataclass
class EntryPlan:
    """One entry. With `wrong` it is first logged like that and put right at `corrected_at`.

    A `cancelled` entry is countered and stands for nothing; an exercise never counts. `venue` is the number of the
    venue where it is made, among those of its group.
    """

    kind: str
    by: str
    place: Place
    area_id: UUID
    place_kind: str
    quantities: dict[str, int]
    observed_at: datetime
    received_at: datetime
    note: str
    matter: Life | None = None
    wrong: dict[str, int] | None = None
    corrected_at: datetime | None = None
    cancelled: bool = False
    exercise: bool = False
    venue: int | None = None


class Spot(Protocol):
    """What an entry needs to know of the venue where it is made."""

    @property
    def place(self) -> Place: ...

    @property
    def place_kind(self) -> str: ...


def quantities_of(
    kind: str, log: LogPlan, given: Mapping[str, int], rates: Mapping[tuple[str, str], int], scale: float
) -> dict[str, int]:
    """The sum of each quantity of a kind: as given, by its rate, or as the scenario has it for this size of city."""
    sums: dict[str, int] = {}
    by_rate = {part: (whole, percent) for (part, whole), percent in rates.items()}
    for code, amount in log.quantities.items():
        if code in given:
            sums[code] = given[code]
        elif code in by_rate and by_rate[code][0] in sums:
            whole, percent = by_rate[code]
            if whole not in given and percent not in (0, 100):
                sums[whole] = -(-sums[whole] // 100) * 100  # a number that the percentage divides
            sums[code] = round(sums[whole] * percent / 100)
        elif amount.of is not None:
            sums[code] = round(sums[amount.of] * amount.share)
        else:
            sums[code] = round((amount.total or 0) * scale)
    for code, amount in reversed(log.quantities.items()):
        within = amount.within
        if within is None or sums[code] <= sums[within]:
            continue
        if within in given and code in given:
            raise DemoTotalsInvalid(
                why_zh=f"{kind} 的 {code} 多于 {within}", why_en=f"{code} of {kind} is more than {within}"
            )
        if within in given:
            sums[code] = sums[within]
        else:
            sums[within] = sums[code]
    return sums


def entries_of(
    kind: str,
    log: LogPlan,
    sums: Mapping[str, int],
    scenario: Scenario,
    places: Sequence[Place],
    rng: Random,
    *,
    area_id: UUID | None = None,
    matters: Sequence[Life] = (),
    venues: Sequence[Spot] = (),
) -> list[EntryPlan]:
    """The entries of one kind: their quantities add up to `sums` after all corrections.

    Those made at venues come to every venue once before any has a second.
    """
    if log.notified:
        return _notified(kind, log, sums, scenario, places, rng)
    main = next(iter(log.quantities))
    count = _count(sums, main, log, len(matters))
    parts = parts_of(log, sums, main, count, rng)
    by_weight = rng.choices(range(len(places)), [place.weight for place in places], k=count)
    days = rng.choices(range(len(scenario.dates)), scenario.day_weights("cases"), k=count)
    round_trip = rng.sample(range(len(venues)), len(venues))
    found: list[EntryPlan] = []
    for number in range(count):
        life = matters[number] if number < len(matters) else None
        place = life.place if life else places[by_weight[number]]
        at = round_trip[number % len(venues)] if venues else None
        place = place if at is None else venues[at].place
        entry = _entry(kind, log, place, {code: parts[code][number] for code in sums}, scenario, rng, days[number])
        entry.matter = life
        entry.area_id = area_id or entry.area_id
        if at is not None:
            entry.venue, entry.place_kind = at, venues[at].place_kind
        found.append(entry)
    return found + _mistaken(found, log, scenario, rng)


def _notified(
    kind: str, log: LogPlan, sums: Mapping[str, int], scenario: Scenario, places: Sequence[Place], rng: Random
) -> list[EntryPlan]:
    """The new cases of each day, in the evening: the city's number as it was, shared among counties by their weight."""
    main, until = next(iter(log.quantities)), scenario.end - LATEST * 2
    counties = {place.county_id: place for place in places}
    weights = [sum(place.weight for place in places if place.county_id == county) for county in counties]
    found = []
    for day, new in zip(scenario.dates, spread(sums[main], scenario.cases_by_day, rng), strict=True):
        for place, number in zip(counties.values(), spread(new, weights, rng), strict=True):
            if number:
                at = min(day + NOTIFIED, until)
                kind_of_place = list(log.places)[pick(list(log.places.values()), rng)]
                note = rng.choice(log.notes)
                found.append(
                    EntryPlan(
                        kind, log.by, place, place.county_id, kind_of_place, {main: number}, at, at + LATEST, note
                    )
                )
    return found


def _count(sums: Mapping[str, int], main: str, log: LogPlan, matters: int) -> int:
    """How many entries: one for each matter beside, and enough for the rest at the usual size."""
    if not any(sums.values()):
        return matters
    if log.with_matter is None:
        return min(max(round(sums[main] / log.per_entry), 1), MOST_ENTRIES)
    rest = sums[main] if not matters else max(sums[main] - matters * CROWD, 0)
    return matters + min(-(-rest // max(round(log.per_entry), 1)), MOST_ENTRIES)


def parts_of(log: LogPlan, sums: Mapping[str, int], main: str, count: int, rng: Random) -> dict[str, list[int]]:
    """Each quantity in `count` parts that add up to its sum, what lies within another never above it."""
    parts: dict[str, list[int]] = {}
    for code, total in sums.items():
        within = log.quantities[code].within
        if code == main:
            parts[code] = _mainparts_of(total, count, log, rng)
        elif within is not None and within in parts:
            parts[code] = spread_within(total, parts[within], rng)
        else:
            of = parts.get(log.quantities[code].of or main, parts[main])
            parts[code] = spread(total, [size + 0.2 for size in of], rng)
    return parts


def _mainparts_of(total: int, count: int, log: LogPlan, rng: Random) -> list[int]:
    # Nobody enters a nothing while there is something for everyone; sizes differ more where they are large.
    least = 1 if total >= count else 0
    spreading = 0.0 if log.per_entry < 2 else 0.6
    weights = [rng.lognormvariate(0, spreading) for _ in range(count)]
    return [least + part for part in spread(total - least * count, weights, rng)]


def _entry(
    kind: str, log: LogPlan, place: Place, quantities: dict[str, int], scenario: Scenario, rng: Random, day: int
) -> EntryPlan:
    until = scenario.end - LATEST * 2
    observed_at = instant_on(scenario.dates[day], scenario.hours["work"], until, rng)
    late = rng.random()
    if late * 100 < scenario.mistakes.late_entry:
        wait = timedelta(hours=rng.uniform(9, 30))  # found in the notebook the next day
    elif late < 0.35:
        wait = timedelta(minutes=rng.uniform(40, 240))  # sent when there was a signal again
    else:
        wait = timedelta(minutes=rng.uniform(1, 25))
    return EntryPlan(
        kind=kind,
        by=log.by,
        place=place,
        area_id={"village": place.village_id, "town": place.town_id, "county": place.county_id}[log.at],
        place_kind=list(log.places)[pick(list(log.places.values()), rng)],
        quantities=quantities,
        observed_at=observed_at,
        received_at=min(observed_at + wait, scenario.end - LATEST * 1.5),
        note=rng.choice(log.notes),
    )


def _mistaken(found: Sequence[EntryPlan], log: LogPlan, scenario: Scenario, rng: Random) -> list[EntryPlan]:
    """Make some entries wrong at first, and add some that stand for nothing: doubles taken back, rehearsals."""
    mistakes, extra = scenario.mistakes, []
    for entry in found:
        after = scenario.end - LATEST - entry.received_at
        if (
            rng.random() * 100 < mistakes.corrected_entry
            and after > timedelta(hours=1)
            and any(entry.quantities.values())
        ):
            entry.wrong = wrong_of(entry.quantities, log, rng)
            entry.corrected_at = entry.received_at + min(timedelta(hours=rng.uniform(0.5, 30)), after)
        for share, what in ((mistakes.cancelled_entry, "cancelled"), (mistakes.exercise, "exercise")):
            if rng.random() * 100 < share and after > timedelta(hours=1) and entry.matter is None:
                double = EntryPlan(**{**vars(entry), "wrong": None, "corrected_at": None, what: True})
                if what == "cancelled":
                    double.corrected_at = entry.received_at + min(timedelta(hours=rng.uniform(0.5, 20)), after)
                extra.append(double)
    return extra


def wrong_of(quantities: Mapping[str, int], log: LogPlan, rng: Random) -> dict[str, int]:
    """The quantities as they were first entered: what lies within another fell short, else a slip of the finger."""
    inner = [code for code in quantities if log.quantities[code].within and quantities[code] > 0]
    if inner:
        # At first not all were registered or uploaded: what is inside falls short together.
        return {code: value * 2 // 3 if code in inner else value for code, value in quantities.items()}
    main = next(iter(quantities))
    slips = (quantities[main] * 10, quantities[main] + 1, max(quantities[main] - 1, 0))
    return {**quantities, main: rng.choice(slips)}

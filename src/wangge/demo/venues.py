"""The venues of the demonstrated city and what happens to them, planned: all of them made up. Pure, seeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from random import Random

from wangge.demo.ledgers import LATEST, EntryPlan, Place, parts_of, wrong_of
from wangge.demo.scenario import LogPlan, Scenario, VenueGroup
from wangge.demo.spreading import instant_on, pick, spread
from wangge.ground.responses.packs.venues import VenuesDef

MADE_UP = "（演示）"
ROADS = ("街", "路", "巷")
FEW = 20  # of so few places all report


@dataclass(frozen=True)
class VenuePlan:
    """One venue: its kind, where it is and what it is called; anyone can see that it is made up."""

    kind: str
    place: Place
    place_kind: str
    name: str
    address: str
    size: int


def venues_of(
    scenario: Scenario, plan: VenuesDef | None, places: Sequence[Place], scale: float, names: list[str], rng: Random
) -> dict[str, list[VenuePlan]]:
    """The venues of each group that has a number, spread over the places by their weight; their names are used up."""
    if plan is None or scenario.venues is None:
        return {}
    found: dict[str, list[VenuePlan]] = {}
    for group, wanted in scenario.venues.groups.items():
        if wanted.count is None:
            continue
        count = max(round(wanted.count * scale), 1)
        parts = spread(count, [place.weight for place in places], rng)
        there = [place for place, part in zip(places, parts, strict=True) for _ in range(part)]
        weights = [one.weight for one in wanted.kinds.values()]
        found[group] = [
            _venue(list(wanted.kinds)[pick(weights, rng)], wanted, plan, place, names, rng) for place in there
        ]
    return found


def _venue(kind: str, group: VenueGroup, plan: VenuesDef, place: Place, names: list[str], rng: Random) -> VenuePlan:
    wanted = group.kinds[kind]
    if not names:
        raise ValueError("there are more venues than names for them")
    name = f"{names.pop()}{rng.choice(wanted.words)}{MADE_UP}"
    address = f"{place.name}{rng.choice('甲乙丙丁')}{rng.choice(ROADS)}{rng.randint(1, 199)}号"
    return VenuePlan(kind, place, plan.kinds[kind].place_kind, name, address, rng.randint(*wanted.size))


def names_of(scenario: Scenario, rng: Random) -> list[str]:
    """Names from tales, each once, in an order by chance."""
    if scenario.venues is None:
        return []
    names = [one + two for one, two in product(scenario.venues.first, scenario.venues.second)]
    rng.shuffle(names)
    return names


def calls_of(
    group: VenueGroup, plan: VenuesDef, entries: Sequence[EntryPlan], names: list[str], rng: Random
) -> tuple[list[VenuePlan], list[EntryPlan]]:
    """The venues called on in the course of visits, and a visit to each: one of the places that its entry counted."""
    venues: list[VenuePlan] = []
    calls: list[EntryPlan] = []
    kinds = {plan.kinds[kind].place_kind: kind for kind in group.kinds}
    for entry in entries:
        main, *others = entry.quantities
        several = entry.quantities[main] > 1 and not (entry.wrong or entry.cancelled or entry.exercise)
        if entry.kind != group.visited or entry.place_kind not in kinds or not several or not names:
            continue
        one = {main: 1} | {code: min(entry.quantities[code], 2) for code in others}
        entry.quantities = {code: value - one[code] for code, value in entry.quantities.items()}
        calls.append(replace(entry, quantities=one, venue=len(venues)))
        venues.append(_venue(kinds[entry.place_kind], group, plan, entry.place, names, rng))
    return venues, calls


def days_of(
    kind: str,
    log: LogPlan,
    sums: Mapping[str, int],
    scenario: Scenario,
    venues: Sequence[VenuePlan],
    rng: Random,
) -> list[EntryPlan]:
    """What each lodging place reports of each of the last days; some are silent, some put their numbers right."""
    assert log.days is not None
    silent = log.silent / 100
    said = [
        (day, at)
        for day in scenario.dates[-log.days :]
        for at in range(len(venues))
        if rng.random() >= silent or len(venues) < FEW
    ]
    parts = parts_of(log, sums, next(iter(log.quantities)), len(said), rng)
    until = scenario.end - LATEST * 2
    found = []
    for number, (day, at) in enumerate(said):
        venue, quantities = venues[at], {code: parts[code][number] for code in sums}
        when = instant_on(day, scenario.hours["lodging"], until, rng)
        entry = EntryPlan(kind, log.by, venue.place, venue.place.village_id, venue.place_kind, quantities, when, when,
                          "", venue=at)  # fmt: skip
        last = min(day + timedelta(hours=24), until) - timedelta(seconds=1)
        if rng.random() * 100 < scenario.mistakes.corrected_entry and any(quantities.values()) and when < last:
            entry.wrong, entry.corrected_at = wrong_of(quantities, log, rng), last
        found.append(entry)
    return found

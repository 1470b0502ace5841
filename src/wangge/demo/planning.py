"""What will happen in the fourteen days: every record planned, so that the totals come out. Pure, seeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from wangge.demo.closings import Cell, Cells, closings
from wangge.demo.ledgers import EntryPlan, Place, entries_of, quantities_of
from wangge.demo.scenario import MatterPlan, Scenario
from wangge.demo.spreading import instant_on, pick
from wangge.demo.totals import Closings, Ledger, Totals, lodging_rate, way_of
from wangge.demo.venues import VenuePlan, calls_of, days_of, names_of, venues_of
from wangge.ground.kernel.problems import DemoTotalsInvalid
from wangge.ground.responses.packs.schema import Pack

# What is to be closed by the cut-off comes in at least so long before it, and is closed so long before it.
LAST_REPORT = timedelta(hours=3)
LAST_CLOSING = timedelta(minutes=4)
OPEN_STAGES = ("push", "triage", "coordinate", "verify", "close")
OPEN_SINCE = {"push": 0.1, "triage": 0.7, "coordinate": 4, "verify": 10, "close": 14}


@dataclass(frozen=True)
class MatterLife:
    """One matter from its report to where it stands at the cut-off.

    `outcome` "" means it is still open there, at `stage`; `ending` names another end: dismissed, parked.
    `people` is a number that its report names. `mishaps` are the mistakes that befall it.
    """

    kind: str
    place: Place
    received_at: datetime
    source: str
    people: int
    outcome: str = ""
    stage: str = ""
    ending: str = ""
    mishaps: frozenset[str] = frozenset()
    exercise: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything that is going to be recorded."""

    matters: list[MatterLife]
    entries: list[EntryPlan]
    closings: dict[Cell, int] = field(default_factory=dict)
    venues: dict[str, list[VenuePlan]] = field(default_factory=dict)


def plan(
    *, pack: Pack, scenario: Scenario, totals: Totals, places: Sequence[Place], areas: Mapping[str, UUID], rng: Random
) -> Plan:
    """Plan the whole replay. `areas` gives areas of figures that count in one place only, by code."""
    planner = _Planner(pack, scenario, totals, places, areas, rng)
    ends = planner.ends()
    matters = planner.matters(ends)
    entries = planner.entries(matters)
    lives = planner.with_people(matters, entries)
    return Plan(lives, [*entries, *planner.calls(entries)], ends, planner.venues)


class _Planner:
    def __init__(
        self,
        pack: Pack,
        scenario: Scenario,
        totals: Totals,
        places: Sequence[Place],
        areas: Mapping[str, UUID],
        rng: Random,
    ) -> None:
        self.pack, self.scenario, self.totals, self.places, self.areas, self.rng = (
            pack, scenario, totals, places, areas, rng,
        )  # fmt: skip
        self.scale = min(len(places) / scenario.staff.villages, 1.0)
        self.weights = [place.weight for place in places]
        self.names = names_of(scenario, rng)
        self.venues = venues_of(scenario, pack.venues, places, self.scale, self.names, rng)

    def ends(self) -> dict[Cell, int]:
        """How many matters close with which outcome."""
        expected: dict[Cell, float] = {}
        for code, matter in self.scenario.matters.items():
            whole = sum(matter.outcomes.values())
            for outcome in self.pack.kinds[code].outcomes:
                share = matter.outcomes.get(outcome.code, 0) / whole
                expected[code, outcome.code] = matter.volume * self.scale * share
        targets: dict[str, tuple[Cells, int]] = {}
        for code, number in self.totals.values.items():
            way = way_of(self.pack.figures[code], self.pack)
            if isinstance(way, Closings):
                targets[code] = (way.cells, number)
        return closings(expected, targets, self.rng)

    def matters(self, ends: Mapping[Cell, int]) -> list[MatterLife]:
        """Every matter: those closed, those still open, those not taken up, and rehearsals."""
        lives: list[MatterLife] = []
        for (kind, outcome), number in ends.items():
            lives += [self._closed(kind, outcome) for _ in range(number)]
        mistakes, handled = self.scenario.mistakes, max(len(lives), 1)
        for code, matter in self.scenario.matters.items():
            for _ in range(self._about(matter.open * self.scale)):
                lives.append(self._open(code, self.rng.choice(OPEN_STAGES)))
        kinds = list(self.scenario.matters)
        volumes = [float(self.scenario.matters[kind].volume) for kind in kinds]
        for share, ending in ((mistakes.dismissed, "dismissed"), (mistakes.parked, "parked")):
            for _ in range(self._about(handled * share / 100)):
                lives.append(self._life(kinds[pick(volumes, self.rng)], LAST_REPORT, ending=ending))
        for _ in range(self._about(handled * mistakes.exercise / 100)):
            kind = kinds[pick(volumes, self.rng)]
            outcome = self.pack.kinds[kind].outcomes[0].code
            lives.append(self._life(kind, LAST_REPORT, outcome=outcome, exercise=True))
        return lives

    def _about(self, expected: float) -> int:
        """A whole number near an expected one; what should happen at all happens once at least."""
        return max(int(expected + self.rng.random()), 1 if expected > 0.2 else 0)

    def _closed(self, kind: str, outcome: str) -> MatterLife:
        mistakes = self.scenario.mistakes
        odds = {
            "late_stage": mistakes.late_stage * 3,  # in a hundred stages, of which a matter has some
            "wrong_clock": mistakes.wrong_clock,
            "duplicate": mistakes.duplicate,
            "hand_back": mistakes.hand_back,
            "arbitration": mistakes.arbitration,
            "failed_verification": mistakes.failed_verification,
            "reopened": mistakes.reopened,
            "held": mistakes.held,
            "resent": mistakes.resent,
        }
        mishaps = {name for name, share in odds.items() if self.rng.random() * 100 < share}
        if "duplicate" in mishaps and self.rng.random() * mistakes.duplicate < mistakes.undo_merge:
            mishaps.add("undo_merge")
        return self._life(kind, LAST_REPORT, outcome=outcome, mishaps=frozenset(mishaps))

    def _open(self, kind: str, stage: str) -> MatterLife:
        hours = OPEN_SINCE[stage] * self.rng.uniform(0.4, 1.0)
        return self._life(kind, LAST_REPORT, stage=stage, received_at=self.scenario.end - timedelta(hours=hours))

    def _life(
        self,
        kind: str,
        ahead: timedelta,
        *,
        outcome: str = "",
        stage: str = "",
        ending: str = "",
        mishaps: frozenset[str] = frozenset(),
        exercise: bool = False,
        received_at: datetime | None = None,
    ) -> MatterLife:
        matter = self.scenario.matters[kind]
        return MatterLife(
            kind=kind,
            place=self.places[pick(self.weights, self.rng)],
            received_at=received_at or self._instant(matter, self.scenario.end - ahead),
            source=list(matter.sources)[pick(list(matter.sources.values()), self.rng)],
            people=self.rng.randint(2, 12),
            outcome=outcome,
            stage=stage,
            ending=ending,
            mishaps=mishaps,
            exercise=exercise,
        )

    def _instant(self, matter: MatterPlan, until: datetime) -> datetime:
        day = pick(self.scenario.day_weights(matter.days), self.rng)
        return instant_on(self.scenario.dates[day], self.scenario.hours["reports"], until, self.rng)

    def entries(self, matters: Sequence[MatterLife]) -> list[EntryPlan]:
        """Every entry of the duty log."""
        given: dict[str, dict[str, int]] = {}
        only: dict[str, str] = {}
        for code, number in self.totals.values.items():
            figure = self.pack.figures[code]
            way = way_of(figure, self.pack)
            if isinstance(way, Ledger):
                given.setdefault(way.kind, {})[way.quantity] = number
        for figure in self.pack.figures.values():
            way = way_of(figure, self.pack)
            if isinstance(way, Ledger) and figure.area:
                only[way.kind] = figure.area
        found: list[EntryPlan] = []
        for kind, log in self.scenario.log.items():
            amounts = quantities_of(kind, log, given.get(kind, {}), self._rates(kind), self.scale)
            own_area = self._area(only[kind], amounts) if kind in only else None
            together = [life for life in matters if self._has_entry(life, log.with_matter)]
            there = self.venues.get(log.venues or "", [])
            if log.days is not None:
                found += days_of(kind, log, amounts, self.scenario, there, self.rng)
                continue
            found += entries_of(
                kind,
                log,
                amounts,
                self.scenario,
                self.places,
                self.rng,
                area_id=own_area,
                matters=together,
                venues=there,
            )
        return found

    def calls(self, entries: Sequence[EntryPlan]) -> list[EntryPlan]:
        """Visits to the venues that entries of the duty log came by."""
        wanted, plan = self.scenario.venues, self.pack.venues
        found: list[EntryPlan] = []
        for code, group in wanted.groups.items() if wanted and plan else ():
            if group.visited is not None and plan is not None:
                self.venues[code], calls = calls_of(group, plan, entries, self.names, self.rng)
                found += calls
        return found

    def _has_entry(self, life: MatterLife, kind: str | None) -> bool:
        """Whether a log entry belongs to this matter: those of the kind that end as a figure counts them."""
        if kind is None or life.kind != kind or not life.outcome or life.exercise:
            return False
        counted = (way_of(figure, self.pack) for figure in self.pack.figures.values())
        return any(isinstance(way, Closings) and (life.kind, life.outcome) in way.cells for way in counted)

    def _area(self, code: str, amounts: Mapping[str, int]) -> UUID | None:
        if code in self.areas:
            return self.areas[code]
        if any(amounts.values()):
            raise DemoTotalsInvalid(why_zh=f"区划 {code} 不在本市", why_en=f"the area {code} is not in this city")
        return None

    def _rates(self, kind: str) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for code, percent in self.totals.rates.items():
            parts = lodging_rate(self.pack.figures[code], self.pack)
            if parts and parts[0].kind == kind:
                found[parts[0].quantity, parts[1].quantity] = percent
        return found

    def with_people(self, matters: Sequence[MatterLife], entries: Sequence[EntryPlan]) -> list[MatterLife]:
        """The matters with the number of people that the entry beside them counts."""
        counted = {id(entry.matter): next(iter(entry.quantities.values())) for entry in entries if entry.matter}
        seen: list[MatterLife] = []
        for life in matters:
            people = counted.get(id(life))
            seen.append(life if people is None else _with_people(life, people))
        for entry in entries:
            if entry.matter is not None:
                entry.received_at = max(entry.received_at, entry.matter.received_at + timedelta(minutes=25))
                entry.received_at = min(entry.received_at, self.scenario.end - LAST_CLOSING)
                entry.observed_at = min(entry.received_at, entry.matter.received_at + timedelta(minutes=20))
        return sorted(seen, key=lambda life: life.received_at)


def _with_people(life: MatterLife, people: int) -> MatterLife:
    return MatterLife(**{**vars(life), "people": people})

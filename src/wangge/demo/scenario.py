"""The scenario of a demonstration, read from the folder `demo` of a plan pack."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.problems import DemoScenarioInvalid

Weights = dict[str, float]


class Part(BaseModel):
    """A part of the scenario: nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseText(Part):
    """How the response is declared."""

    code: str
    name: str
    area: str
    purpose: str
    legal_basis: str
    authority: str


class Staff(Part):
    """Whom the demonstration employs; names are put together from `surnames` and two of `given`."""

    officers: int
    villages: int = Field(gt=0)
    surnames: list[str] = Field(min_length=1)
    given: list[str] = Field(min_length=2)
    county_agencies: list[str]


class Amount(Part):
    """A quantity of a log kind: a total, or a share of another quantity; never above `within`."""

    total: int | None = Field(default=None, ge=0)
    of: str | None = None
    share: float = Field(default=1, ge=0)
    within: str | None = None


class LogPlan(Part):
    """How entries of one log kind are made. The first quantity is the main one, as in the pack.

    With `notified` they are the day's new cases, one entry a day for each place that has any. With `venues` they are
    visits to the venues of that group, or, with `days`, what each of these reports of the last so many days, but for
    `silent` in a hundred.
    """

    at: Literal["village", "town", "county"]
    by: str
    per_entry: float = Field(gt=0)
    places: Weights
    quantities: dict[str, Amount] = Field(min_length=1)
    notes: list[str] = Field(min_length=1)
    with_matter: str | None = None
    notified: bool = False
    venues: str | None = None
    days: int | None = Field(default=None, ge=1)
    silent: float = 0


class VenueShape(Part):
    """How venues of one kind are: their weight among the group, the ends of their names, least and greatest size."""

    weight: float
    words: list[str] = Field(min_length=1)
    size: tuple[int, int]


class VenueGroup(Part):
    """How many venues of a group the whole city has, and of which kinds.

    Without a number they are those that are called on in the course of `visited`, a kind of log entry.
    """

    count: int | None = Field(default=None, gt=0)
    visited: str | None = None
    kinds: dict[str, VenueShape] = Field(min_length=1)


class OrderPlan(Part):
    """The order that closes venues: from when, on whose authority."""

    at: datetime
    kinds: list[str]
    authority: str


class Venues(Part):
    """The venues of the demonstration: groups, the two halves of their names, the order, and how many are ready."""

    groups: dict[str, VenueGroup]
    first: list[str] = Field(min_length=1)
    second: list[str] = Field(min_length=1)
    order: OrderPlan
    passed: float
    looked_at: float


class CheckpointPlan(Part):
    """A checkpoint: where it stands, and how many vehicles a day come by; `hours` are its opening times, [] for all."""

    name: str
    kind: str
    area: str
    road: str
    direction: str
    lanes: int = Field(ge=1, le=30)
    place: tuple[float, float]
    daily: int = Field(ge=1)
    hours: tuple[int, int] | None = None


class Checkpoints(Part):
    """The checkpoints of the demonstration, who is on duty there together, and what the vehicles carry.

    `people` are weights of 1, 2, … people in a vehicle; `outside`, `energy` are vehicles in a hundred, `fevers` people
    in a million. `stopped` of them are stopped in the last minutes, with these temperatures.
    """

    agencies: list[str]
    equipment: str
    desk_phone: str
    people: list[float] = Field(min_length=1)
    outside: float
    energy: float
    fevers: float
    stopped: list[float]
    places: list[CheckpointPlan] = Field(min_length=1)


class RosterPlan(Part):
    """The rosters of the demonstration: of which stations, each from its day on, and how divided; when they are made
    and published, at which shifts people come, and when somebody falls ill and others ask for a swap."""

    stations: dict[str, date] = Field(min_length=1)
    days: int = Field(ge=1)
    pattern: str
    made: datetime
    published: datetime
    shifts: list[datetime]
    fell_ill: datetime


class MatterPlan(Part):
    """How matters of one kind come in and end.

    A field is one of some values, or made up: the `people` of the report, a `name`, an `address`, the `day` before.
    """

    volume: int = Field(ge=0)
    open: int = Field(ge=0)
    days: Literal["cases", "holiday"]
    sources: Weights
    outcomes: Weights
    reports: list[str] = Field(min_length=1)
    done: list[str] = Field(min_length=1)
    fields: dict[str, list[str] | Literal["people", "name", "address", "day"]] = {}


class SurgePlan(Part):
    """A surge 战时状态 for a while."""

    area: str
    from_: datetime = Field(alias="from")
    to: datetime
    reason: str


class Logins(Part):
    """Which roles get a printed password, all near one village."""

    village: str
    roles: list[str]


class Mistakes(Part):
    """How often things go wrong, in a hundred."""

    late_stage: float
    late_entry: float
    wrong_clock: float
    duplicate: float
    undo_merge: float
    dismissed: float
    hand_back: float
    arbitration: float
    failed_verification: float
    reopened: float
    held: float
    resent: float
    corrected_entry: float
    cancelled_entry: float
    exercise: float
    parked: float


class Scenario(Part):
    """Everything a demonstration is made from, beside the pack itself and the totals."""

    response: ResponseText
    start: datetime
    end: datetime
    staff: Staff
    hours: dict[Literal["work", "reports", "lodging", "roads"], list[float]]
    days: dict[Literal["holiday"], list[float]]
    log: dict[str, LogPlan]
    matters: dict[str, MatterPlan]
    places: list[str] = Field(min_length=1)
    verified: list[str] = Field(min_length=1)
    dismissed: dict[str, str]
    handed_back: dict[str, str]
    failed: list[str] = Field(min_length=1)
    reopened: list[str] = Field(min_length=1)
    held: list[str] = Field(min_length=1)
    parked: str
    corrected: list[str] = Field(min_length=1)
    exercise: str
    mistakes: Mistakes
    surge: SurgePlan
    logins: Logins
    venues: Venues | None = None
    checkpoints: Checkpoints | None = None
    rosters: RosterPlan | None = None
    cases: dict[date, int] = {}

    @model_validator(mode="after")
    def _days_agree(self) -> Self:
        if any(len(hours) != 24 for hours in self.hours.values()):
            raise ValueError("hours: 24 weights are needed")
        if len(self.days["holiday"]) != len(self.dates):
            raise ValueError(f"days.holiday: {len(self.dates)} weights are needed")
        return self

    @property
    def dates(self) -> list[datetime]:
        """The local midnights of the days replayed."""
        first = self.start.astimezone(LOCAL).replace(hour=0, minute=0, second=0, microsecond=0)
        return [first + timedelta(days=number) for number in range((self.end.astimezone(LOCAL) - first).days + 1)]

    @property
    def cases_by_day(self) -> list[int]:
        """The cases notified on each day replayed; on the first all those before it too."""
        return new_each_day([self.cases.get(day.date(), 0) for day in self.dates])

    def day_weights(self, profile: str) -> list[float]:
        """How much of the whole falls on each day: after the real case counts, or after the holiday."""
        last = (self.end.astimezone(LOCAL) - self.dates[-1]).total_seconds() / 86400
        cut = [1.0] * (len(self.dates) - 1) + [last]
        if profile == "holiday":
            weights = self.days["holiday"]
        else:
            confirmed = [self.cases.get(day.date(), 0) for day in self.dates]
            before = self.cases.get((self.dates[0] - timedelta(days=1)).date(), 0)
            new = new_each_day(confirmed, before)
            # Work grows with the sick there are, and swells on days that bring new ones.
            weights = [8 + total + 2 * fresh for total, fresh in zip(confirmed, new, strict=True)]
        return [weight * share for weight, share in zip(weights, cut, strict=True)]


def new_each_day(counted: list[int], before: int = 0) -> list[int]:
    """What each day adds to a running count."""
    return [now - past for past, now in pairwise([before, *counted])]


def read_scenario(folder: Path) -> Scenario:
    """The scenario in the folder `demo` of a pack. Raises DemoScenarioInvalid with the place and the reason."""
    file = folder / "demo" / "scenario.yaml"
    try:
        content: dict[str, Any] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        return Scenario.model_validate({**content, "cases": _read_cases(folder / "demo" / "daily_cases.csv")})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DemoScenarioInvalid(file=file.name, why=f"{where}: {first['msg']}") from None
    except (OSError, YAMLError, ValueError, TypeError, KeyError) as error:
        raise DemoScenarioInvalid(file=str(file), why=str(error).splitlines()[0]) from None


def _read_cases(file: Path) -> dict[date, int]:
    with file.open(encoding="utf-8", newline="") as lines:
        return {date.fromisoformat(row["date"]): int(row["confirmed_cum"]) for row in csv.DictReader(lines)}

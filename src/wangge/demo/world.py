"""The demonstrated city while it is replayed: who is there to act, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from wangge.demo.ledgers import Place
from wangge.demo.planning import MatterLife
from wangge.demo.scenario import MatterPlan, Scenario
from wangge.demo.staffing import Crew
from wangge.ground.areas.tree import AreaTree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import Pack


class Venue(NamedTuple):
    """A venue that is on the register: which, of what kind, where."""

    venue_id: UUID
    kind: str
    place: Place


@dataclass
class World:
    """One replay: the pack, the scenario, the crew, and one source of chance."""

    pack: Pack
    scenario: Scenario
    crew: Crew
    areas: AreaTree
    response_id: UUID
    rng: Random
    # Chance of its own for the people in reports, so that how matters go does not hang on what they are called.
    fiction: Random = field(default_factory=lambda: Random(2020))  # noqa: S311 - nothing secret is drawn
    acting: dict[tuple[UUID, UUID], Actor] = field(default_factory=dict)
    # The venues of each group, in the order of their plan.
    venues: dict[str, list[Venue]] = field(default_factory=dict)

    def somebody(self, role: str, area_id: UUID, besides: Collection[UUID] = ()) -> Actor:
        """Somebody with a role in an area or, where it has none, in the nearest one above it."""
        for place in self.areas.superiors(area_id):
            there = [person for person in self.crew.at.get((role, place), ()) if person not in besides]
            if there:
                # Deputies stand in now and then.
                return self.crew.actors[there[0] if len(there) == 1 or self.rng.random() < 0.75 else there[1]]
        raise LookupError(f"nobody is {role} at {self.areas.get(area_id).name}")

    def desk(self, ladder: str, place: Place) -> Actor:
        """The desk that handles a place: that of the station for police matters, else that of the town."""
        if ladder == "stations":
            return self.somebody("station_desk", self.crew.station_of[place.village_id])
        return self.crew.actors[self.crew.at["duty_desk", place.town_id][0]]

    def desk_of(self, area_id: UUID) -> Actor:
        """The desk of one area, whatever it is called there."""
        roles = [code for code, role in self.pack.roles.items() if role.stands == "desk"]
        for role in roles:
            if (role, area_id) in self.crew.at:
                return self.crew.actors[self.crew.at[role, area_id][0]]
        raise LookupError(f"there is no desk at {self.areas.get(area_id).name}")

    def agency(self, kind: str, village_id: UUID) -> UUID | None:
        """The agency of a kind that is responsible for a village."""
        return self.crew.agency.get((kind, village_id))

    def of_agency(self, agency_id: UUID, village_id: UUID) -> Actor:
        """Who acts for an agency in a village: the last one put there; the first of a town's two keeps its desk."""
        wanted = (agency_id, village_id)
        if wanted not in self.acting:
            upper = self.areas.superiors(village_id)
            there = [
                self.crew.actors[person]
                for person in reversed(self.crew.of_agency[agency_id])
                if any(area in upper for area in self.crew.actors[person].area_ids)
            ]
            self.acting[wanted] = there[0]
        return self.acting[wanted]

    def verifier(self, place: Place, handlers: Collection[UUID]) -> Actor:
        """Somebody who has not handled the matter: on the spot where there is one, else the desks."""
        where = [
            ("village_cadre", place.village_id),
            ("health_staff", place.town_id),
            ("duty_desk", place.town_id),
            ("station_desk", self.crew.station_of[place.village_id]),
            ("county_desk", place.county_id),
        ]
        free = [
            person for role, area in where for person in self.crew.at.get((role, area), ()) if person not in handlers
        ]
        if not free:
            raise LookupError(f"nobody at {place.name} is left to verify")
        return self.crew.actors[self.rng.choice(free[:3])]

    def sentence(self, templates: Sequence[str], life: MatterLife) -> str:
        """One of the sentences with its gaps filled."""
        spot = f"{life.place.name}{self.rng.choice(self.scenario.places)}"
        return self.rng.choice(templates).format(place=spot, people=life.people)

    def fields(self, plan: MatterPlan, life: MatterLife) -> dict[str, str | int]:
        """The kind's own fields, as somebody at a desk fills them in."""
        made_up: dict[str, Callable[[], str | int]] = {
            "people": lambda: life.people,
            "name": self.somebody_elses_name,
            "address": lambda: f"{life.place.name}{self.fiction.randint(1, 199)}号",
            "day": lambda: f"{local(life.received_at) - timedelta(days=self.fiction.randint(0, 3)):%Y-%m-%d}",
        }
        return {
            code: made_up[choice]() if isinstance(choice, str) else self.rng.choice(choice)
            for code, choice in plan.fields.items()
        }

    def somebody_elses_name(self) -> str:
        """The name of somebody a report tells of; anyone can see that it is made up: 王某安."""
        staff = self.scenario.staff
        return f"{self.fiction.choice(staff.surnames)}某{self.fiction.choice(staff.given)}"

    def name(self) -> str:
        """A made-up name."""
        staff = self.scenario.staff
        return self.rng.choice(staff.surnames) + "".join(self.rng.sample(staff.given, 2))

    def phone(self) -> str:
        """A phone number that nobody can have: no mobile number begins with 100."""
        return f"100{self.rng.randrange(10**8):08d}"

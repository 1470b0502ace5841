"""People under observation, brought to any state by those whose work it is; everyone lives in the small city."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.conftest import OPERATOR
from wangge.duties.observation.models import Facility, Individual, Plan, Room
from wangge.duties.observation.services import facilities, plans
from wangge.ground.accounts import services as accounts
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local


@dataclass
class Watch:
    """The people of a test; `now` moves by `later` and `at`. nora and nick are the health workers of 东湖."""

    city: Any
    now: datetime
    people: list[Individual] = field(default_factory=list)

    def later(self, **duration: float) -> Watch:
        self.now += timedelta(**duration)
        return self

    def at(self, clock: str, days: int = 0) -> Watch:
        """Move to a time of day, local, so many days on."""
        day = local(self.now) + timedelta(days=days)
        hour, minute = map(int, clock.split(":"))
        self.now = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return self

    def actor(self, name: str) -> Any:
        return self.city.actor(name, self.now)

    def individual(self, role: str = "arrival", area: str = "441302001001", **fields: Any) -> Individual:
        """A record as it stands after its registration; who it is is of no interest here."""
        area_id = self.city.area(area)
        number = f"R{tree().get(area_id).code}-20200203-{len(self.people) + 1:04}"
        one = Individual.objects.create(
            response_id=self.city.response_id,
            number=number,
            area_id=area_id,
            role=role,
            identified_at=self.now,
            **fields,
        )
        self.people.append(one)
        return one

    def plan(self, individual: Individual | None = None, who: str = "nora", **given: Any) -> Plan:
        one = individual or self.individual()
        return plans.plan_start(actor=self.actor(who), individual_id=one.id, now=self.now, **given)

    def site(self, beds: int = 1, kind: str = "site", name: str = "集中观察点") -> tuple[Facility, Room]:
        opened = facilities.facility_open(
            actor=self.actor("hana"), area_id=self.city.area("441302001"), name=name, kind=kind, now=self.now
        )
        return opened, self.room(opened, beds=beds)

    def room(self, facility: Facility, name: str = "101", beds: int = 1) -> Room:
        return facilities.room_save(
            actor=self.actor("hana"), facility_id=facility.id, name=name, beds=beds, now=self.now
        )


def add_person(city: Any, name: str, role: str, area: str, now: datetime, agency: UUID | None = None) -> None:
    """One more of the cast, with a post."""
    person = accounts.person_add(actor=OPERATOR, username=name, display_name=name.capitalize(), now=now)
    city.people[name] = person.id
    post = accounts.post_open(
        actor=OPERATOR, name=f"{role} {name}", role=role, area_id=city.area(area), agency_id=agency, now=now
    )
    accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=person.id, deputy=False, now=now)

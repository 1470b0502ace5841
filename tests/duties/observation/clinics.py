"""Two fever clinics with their people, and a person on their way through one: what the tests of care share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wangge.duties.observation.models import Facility, Individual, Plan, Referral
from wangge.duties.observation.services import facilities, plans, records, referrals
from wangge.ground.accounts import services as accounts
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import system_actor
from wangge.spine.messaging.models import Delivery

FOUNDER = system_actor("test", "account.manage", "facility.manage")
VILLAGE = "441302001001"
NAMES = ("王小明", "李大海", "张秋月", "赵青", "钱多", "孙平")


@dataclass
class Care:
    """A clinic in the county with cleo, one in the next county with carl, and people sent there."""

    city: Any
    now: datetime
    clinic: Facility
    other: Facility
    rooms: list[UUID] = field(default_factory=list)
    made: int = 0

    def later(self, **duration: float) -> Care:
        self.now += timedelta(**duration)
        return self

    def at(self, now: datetime) -> Care:
        self.now = now
        return self

    def actor(self, name: str) -> Any:
        return self.city.actor(name, self.now)

    def person(self, role: str = "close_contact", *, plan: str = "home", **draft: Any) -> Individual:
        """Somebody on record, with a plan running unless `plan` is empty."""
        self.made += 1
        draft.setdefault("name", NAMES[self.made % len(NAMES)] + "甲乙丙丁戊己庚辛"[self.made % 8])
        draft.setdefault("phones", (f"1390000{self.made:04}",))
        draft.setdefault("area_id", self.city.area(VILLAGE))
        if role == "close_contact":
            draft.setdefault("last_exposure_on", local(self.now).date() - timedelta(days=1))
        individual = records.individual_register(
            actor=self.actor("hana"),
            response_id=self.city.response_id,
            draft=records.RecordDraft(role=role, **draft),
            now=self.now,
        )
        if plan:
            plans.plan_start(actor=self.actor("hana"), individual_id=individual.id, now=self.now, setting=plan)
        return individual

    def ask(self, individual: Individual, who: str = "dan", **words: Any) -> Referral:
        return referrals.referral_ask(
            actor=self.actor(who), individual_id=individual.id, clinic_id=self.clinic.id, now=self.now, **words
        )

    def move(self, referral: Referral, stage: str, who: str = "cleo", **said: Any) -> Referral:
        return referrals.referral_move(
            actor=self.actor(who), referral_id=referral.id, stage=stage, now=self.now, **said
        )

    def answer(self, referral: Referral, result: str, who: str = "cleo", **said: Any) -> Referral:
        return referrals.referral_answer(
            actor=self.actor(who), referral_id=referral.id, result=result, now=self.now, **said
        )

    def arrived(self, individual: Individual, **said: Any) -> Referral:
        """Asked, accepted and arrived, minutes apart."""
        referral = self.ask(individual)
        self.later(minutes=5).move(referral, "accepted", **said)
        return self.later(minutes=30).move(referral, "arrived")


def care_make(city: Any, now: datetime) -> Care:
    """Open the clinics and hire their people, through the services a real city uses."""
    before = now - timedelta(days=1)
    found = []
    for name, county, facility in (("cleo", "441302", "惠城发热门诊"), ("carl", "441323", "惠东发热门诊")):
        area_id = city.area(county)
        agency = accounts.agency_ensure(actor=FOUNDER, kind="clinic", name=facility, area_id=area_id)
        post = accounts.post_open(
            actor=FOUNDER, name=facility, role="fever_clinic", area_id=area_id, agency_id=agency.id, now=before
        )
        person = accounts.person_add(actor=FOUNDER, username=name, display_name=name.capitalize(), now=before)
        accounts.post_hold(actor=FOUNDER, post_id=post.id, person_id=person.id, now=before)
        city.people[name] = person.id
        found.append(
            facilities.facility_open(
                actor=FOUNDER, area_id=area_id, name=facility, kind="clinic", now=before, agency_id=agency.id
            )
        )
    care = Care(city, now, *found)
    for name in ("隔离1", "隔离2"):
        room = facilities.room_save(actor=FOUNDER, facility_id=care.clinic.id, name=name, beds=1, now=before)
        care.rooms.append(room.id)
    return care


def told(template: str) -> list[str]:
    """Who has been promised a message of these words."""
    rows = Delivery.objects.filter(template=template, channel="inapp")
    return sorted(rows.values_list("person__username", flat=True))


def happened(prefix: str) -> list[str]:
    """The types of events that begin so, in their order."""
    return list(Event.objects.filter(type__startswith=prefix).order_by("tx", "id").values_list("type", flat=True))


def running(individual: Individual) -> Plan | None:
    return Plan.objects.filter(individual=individual, state="running").first()

"""What a record's page shows of care: referrals, measures, release, dependants, for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from wangge.duties.observation.models import Contact, Dependant, Facility, Individual, Measure, Plan, Referral
from wangge.duties.observation.queries.clinic import ENDED, Sent, clinics_near, rooms_of, shown_as
from wangge.duties.observation.queries.releases import Due, standing
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import ObservationDef
from wangge.ground.responses.queries import pack_by_id, response_by_id

CASES = ("confirmed", "suspected")


@dataclass(frozen=True)
class Care:
    """The care of a person, and what the one who looks may do about it."""

    referrals: list[Sent]
    measures: list[Measure]
    dependants: list[Dependant]
    words: dict[UUID, dict[str, str]]
    due: Due | None
    released: Plan | None
    clinics: list[Facility]
    places: list[Facility]
    rooms: list[tuple[UUID, str]]
    contacts: int
    may: dict[str, bool]
    bases: tuple[str, ...]
    longest: timedelta

    @property
    def open(self) -> Sent | None:
        """The referral that is under way."""
        return next((one for one in self.referrals if one.referral.stage not in ENDED), None)

    @property
    def in_hospital(self) -> Sent | None:
        """The referral whose clinic keeps a confirmed case."""
        return next((one for one in self.referrals if one.referral.result == "confirmed"), None)

    @property
    def in_force(self) -> Measure | None:
        return next((one for one in self.measures if one.ended_at is None), None)


def care_of(individual: Individual, *, actor: Actor, now: datetime) -> Care:
    """Everything of one record; a fixed number of queries. The record comes from `visible`.

    Who sees the record only because it was sent to their clinic sees the referrals to that clinic and nothing else.
    """
    area_id, active = individual.area_id, individual.state == "active"
    verbs = ("person.view", "person.refer", "person.measure", "person.plan", "person.register")
    allowed = {verb.removeprefix("person."): may(actor, verb, area_id) for verb in verbs}
    sent = Referral.objects.filter(individual=individual).select_related("individual", "clinic", "room")
    if not allowed["view"]:
        sent = sent.filter(clinic__agency_id__in=_clinic_agencies(actor))
    referrals = shown_as(sent.order_by("-asked_at", "-id"), actor=actor)
    mine = _clinic_agencies(actor)
    opened = next((one for one in referrals if one.referral.stage not in ENDED), None)
    allowed["clinic"] = any(one.referral.clinic.agency_id in mine for one in referrals)
    plan = observation_of(individual)
    outside = Care(
        referrals, [], [], {}, None, None, [], [], rooms_of(mine) if allowed["clinic"] else [], 0, allowed,
        plan.measure_bases, timedelta(days=plan.measure_days),
    )  # fmt: skip
    if not allowed["view"]:
        return outside
    measures = list(Measure.objects.filter(individual=individual).select_related("place").order_by("-started_at"))
    dependants = list(Dependant.objects.filter(carer=individual).order_by("named_at", "id"))
    running = Plan.objects.filter(individual=individual, state="running").first()
    released = Plan.objects.filter(individual=individual, outcome="released").order_by("-ended_at").first()
    subjects = [*(one.id for one in measures), *(one.id for one in dependants), *([released.id] if released else [])]
    words: dict[UUID, dict[str, str]] = {}
    if may(actor, "vault.view", area_id):
        words = vault.masked(actor=actor, area_id=area_id, subject_ids=subjects)
    return Care(
        referrals, measures, dependants, words,
        standing(individual, running, now) if running and active else None,
        released,
        clinics_near(area_id) if active and allowed["refer"] and opened is None else [],
        list(Facility.objects.filter(closed_at=None).order_by("name")) if active and allowed["measure"] else [],
        outside.rooms,
        Contact.objects.filter(case=individual).count(),
        allowed, outside.bases, outside.longest,
    )  # fmt: skip


def observation_of(individual: Individual) -> ObservationDef:
    """What the pack of the record's response says of observation; a pack without it has no records."""
    plan = pack_by_id(response_by_id(individual.response_id).pack_id).observation
    assert plan is not None
    return plan


def _clinic_agencies(actor: Actor) -> set[UUID]:
    return {grant.agency_id for grant in actor.grants if "clinic.answer" in grant.verbs and grant.agency_id}


def measure_of(individual: Individual, measure_id: UUID) -> Measure:
    """A measure of this record. Raises NotFound."""
    found = Measure.objects.select_related("individual", "place").filter(id=measure_id, individual=individual).first()
    if found is None:
        raise NotFound(what="强制隔离措施")
    return found


def released_plan(individual: Individual) -> Plan:
    """The plan from which somebody was released last. Raises NotFound."""
    plans = Plan.objects.select_related("individual").filter(individual=individual, outcome="released")
    found = plans.order_by("-ended_at").first()
    if found is None:
        raise NotFound(what="解除医学观察记录")
    return found

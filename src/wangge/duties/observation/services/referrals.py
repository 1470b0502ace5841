"""Referrals to a fever clinic 转诊, from asking to the answer and what the answer changes.

The asking side (person.refer in the person's area) asks, sends and cancels; the clinic (clinic.answer, by a post of the
agency that runs it) accepts or declines, examines and answers; either says that somebody is on the way or has arrived.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Contact, Facility, Individual, Plan, Referral, Room
from wangge.duties.observation.services.facilities import free_bed, take_bed
from wangge.duties.observation.services.measures import measures_over
from wangge.duties.observation.services.moves import change, find_active, pack_for, tell
from wangge.duties.observation.services.plans import plan_end, plan_start
from wangge.duties.observation.services.records import individual_close, role_change
from wangge.ground.areas.permission import may
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, ReferralElsewhere
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.rules import Allowance
from wangge.spine.clocks.services import Due, Start

STAGES: dict[str, str] = dict(Referral._meta.get_field("stage").choices or ())  # type: ignore[arg-type]
RESULTS: dict[str, str] = dict(Referral._meta.get_field("result").choices or ())  # type: ignore[arg-type]
ENDED = ("answered", "declined", "cancelled")
STAMPS = {"accepted": "accepted_at", "on_way": "set_out_at", "arrived": "arrived_at", "examined": "examined_at"}
BY_CLINIC = frozenset({"accepted", "declined", "examined", "answered"})
BY_EITHER = frozenset({"on_way", "arrived"})
WORDS_LIMIT = 2000


@transaction.atomic
def referral_ask(*, actor: Actor, individual_id: UUID, clinic_id: UUID, now: datetime, note: str = "") -> Referral:
    """Ask a clinic to see somebody; asked of the same clinic again it is the same referral.

    Raises RecordNotActive, and ReferralElsewhere where another referral of the person is open.
    """
    individual = find_active(individual_id, actor=actor, verb="person.refer")
    clinic = Facility.objects.filter(id=clinic_id, kind__in=["clinic", "ward"], closed_at=None).first()
    if clinic is None or clinic.agency_id is None:
        raise InputInvalid(field="clinic", why_zh="请选择在用的发热门诊或隔离病区。", why_en="Choose an open clinic.")
    referral = Referral(
        individual=individual,
        clinic=clinic,
        asked_by_id=actor.person_id,
        asked_at=now,
        exercise=individual.exercise,
    )
    try:
        with transaction.atomic():
            referral.save(force_insert=True)
    except IntegrityError:
        known = Referral.objects.exclude(stage__in=ENDED).get(individual=individual)
        if known.clinic_id == clinic_id:
            return known
        raise ReferralElsewhere(stage=STAGES[known.stage]) from None
    _say(individual, referral, note=note)
    _owe(referral, "accept", individual, now)
    _tell(referral, events.REFERRAL_ASKED, actor=actor, now=now)
    return referral


@transaction.atomic
def referral_move(
    *,
    actor: Actor,
    referral_id: UUID,
    stage: str,
    now: datetime,
    version: int | None = None,
    at: datetime | None = None,
    escort: str = "",
    vehicle: str = "",
    room_id: UUID | None = None,
    note: str = "",
) -> Referral:
    """Take a referral to its next stage; where it stands there already, nothing changes.

    `at` is when it happened, where that was before `now`. `escort` (who drives) and `vehicle` are for "on_way",
    `room_id` takes a bed for somebody accepted, arrived or examined; "declined" needs words.
    Raises ReferralElsewhere for a step that does not follow, NoBedFree, RecordChanged.
    """
    referral = _find(referral_id, actor=actor, stage=stage)
    if referral.stage == stage:
        return referral
    if stage not in rules.REFERRAL_NEXT[referral.stage] or stage == "answered":
        raise ReferralElsewhere(stage=STAGES[referral.stage])
    if stage == "declined" and not note.strip():
        raise InputInvalid(field="note", why_zh="请写明不能接收的理由。", why_en="Say why it cannot be taken.")
    if stage == "on_way" and not escort.strip():
        raise InputInvalid(field="escort", why_zh="请写明由谁护送。", why_en="Say who takes them there.")
    happened = _instant(referral, at, now)
    changes: dict[str, Any] = {"stage": stage}
    if stage in STAMPS:
        changes[STAMPS[stage]] = happened
    if stage in ENDED:
        changes |= {"answered_at": now, "answered_by_id": actor.person_id}
    change(referral, version, **changes)
    _keep_bed(referral, room_id if stage not in ENDED else None, leave=stage in ENDED)
    _say(referral.individual, referral, note=note, escort=escort, vehicle=vehicle)
    _clocks(referral, now)
    _tell(referral, events.REFERRAL_MOVED, actor=actor, now=now, observed_at=happened, stage=stage)
    return referral


@transaction.atomic
def referral_answer(
    *,
    actor: Actor,
    referral_id: UUID,
    result: str,
    now: datetime,
    version: int | None = None,
    room_id: UUID | None = None,
    note: str = "",
) -> Referral:
    """Answer with a result, which changes the person's role and opens, ends or lifts plans; once.

    "confirmed": role confirmed, a running plan ends as admitted, a bed is kept. "suspected": observed in hospital.
    "observe": the plan goes on. "ruled_out": what was only suspected is over, a contact or arrival is one again.
    """
    referral = _find(referral_id, actor=actor, stage="answered")
    if result not in RESULTS:
        raise InputInvalid(field="result", why_zh="请选择结果。", why_en="Choose a result.")
    if referral.stage == "answered" and referral.result == result and referral.answered_by_id == actor.person_id:
        return referral
    if "answered" not in rules.REFERRAL_NEXT[referral.stage]:
        raise ReferralElsewhere(stage=STAGES[referral.stage])
    change(
        referral, version, stage="answered", result=result, answered_at=now, answered_by_id=actor.person_id,
        examined_at=referral.examined_at or now,
    )  # fmt: skip
    _say(referral.individual, referral, note=note)
    _clocks(referral, now)
    kept = room_id or referral.room_id
    _keep_bed(referral, room_id if result == "confirmed" else None, leave=result != "confirmed")
    assert referral.arrived_at is not None
    minutes = int((now - referral.arrived_at).total_seconds() // 60)
    _tell(referral, events.REFERRAL_ANSWERED, actor=actor, now=now, result=result, minutes=minutes)
    _follow(_as_answering(actor, referral.individual), referral, kept, now)
    return referral


@transaction.atomic
def patient_discharge(*, actor: Actor, referral_id: UUID, now: datetime, version: int | None = None) -> Referral:
    """A confirmed case has recovered: the bed is free again and the record is over. Done twice, nothing changes."""
    referral = _find(referral_id, actor=actor, stage="answered")
    if referral.result != "confirmed":
        raise ReferralElsewhere(stage=STAGES[referral.stage])
    if referral.individual.state != "active":
        return referral
    change(referral, version)
    _keep_bed(referral, None, leave=True)
    _tell(referral, events.REFERRAL_MOVED, actor=actor, now=now, stage="discharged")
    behalf = _as_answering(actor, referral.individual)
    measures_over(referral.individual, actor=actor, now=now)
    individual_close(actor=behalf, individual_id=referral.individual_id, state="over", reason="recovered", now=now)
    return referral


@transaction.atomic
def referral_overdue(*, actor: Actor, due: Due, now: datetime) -> bool:
    """A step of a referral's clock: at half time the clinic is reminded, at the end the county hears. Exactly once."""
    referral = Referral.objects.select_related("individual").filter(id=due.subject_id).first()
    if referral is None or not may(actor, "referral.escalate", referral.individual.area_id):
        raise NotPermitted(verb="referral.escalate")
    pack, _ = pack_for(referral.individual.response_id)
    if not clocks.claim(due, now=now, calendar=calendar_with(pack.calendar)):
        return False
    type_ = events.REFERRAL_OVERDUE if due.step else events.REFERRAL_REMINDED
    role = {"role": referral.individual.role} if due.step else {}
    data = {"individual": str(referral.individual_id), "clinic": str(referral.clinic_id)}
    owes = due.what.removeprefix("referral.")
    tell(referral.individual, type_, actor=actor, now=now, subject_id=referral.id, owes=owes, **data, **role)
    return True


def _find(referral_id: UUID, *, actor: Actor, stage: str) -> Referral:
    """The referral, if the actor may take it to this stage: for the clinic, or for the side that asked."""
    referral = Referral.objects.select_related("individual", "clinic", "room").filter(id=referral_id).first()
    if referral is None:
        raise NotFound(what="转诊")
    asking = may(actor, "person.refer", referral.individual.area_id)
    clinic = at_clinic(actor, referral.clinic)
    if not (clinic if stage in BY_CLINIC else (asking or clinic) if stage in BY_EITHER else asking):
        raise NotPermitted(verb="clinic.answer" if stage in BY_CLINIC else "person.refer")
    return referral


def at_clinic(actor: Actor, clinic: Facility) -> bool:
    """Whether the actor answers for a clinic: by a post of the agency that runs it."""
    return any("clinic.answer" in grant.verbs and grant.agency_id == clinic.agency_id for grant in actor.grants)


def _as_answering(actor: Actor, individual: Individual) -> Actor:
    """The clinic's person with what an answer entails for this one record, wherever that lies.

    A clinic has no say over plans; only its answer changes the plan of somebody who was sent to it.
    """
    entailed = Grant(frozenset({"clinic.answer", "person.plan", "person.register"}), individual.area_id, "clinic")
    return Actor(actor.person_id, actor.name, (*actor.grants, entailed))


def _follow(actor: Actor, referral: Referral, room_id: UUID | None, now: datetime) -> None:
    """What the answer changes for the person."""
    individual, result = referral.individual, referral.result
    known: dict[str, Any] = {"actor": actor, "individual_id": individual.id, "now": now}
    running = Plan.objects.filter(individual=individual, state="running").exists()
    if result in ("confirmed", "suspected") and individual.role not in (result, "confirmed"):
        role_change(role=result, cause="referral", **known)
    if result == "confirmed" and running:
        plan_end(outcome="admitted", cause="referral", **known)
    if result == "suspected":
        if running:
            plan_end(outcome="moved", cause="referral", **known)
        plan_start(setting="hospital", room_id=room_id, cause="referral", **known)
    if result == "ruled_out" and individual.role == "suspected":
        _rule_out(individual, running, known)


def _rule_out(individual: Individual, running: bool, known: dict[str, Any]) -> None:
    exposed = individual.last_exposure_on is not None or Contact.objects.filter(exposed=individual).exists()
    role = rules.role_ruled_out(exposed=exposed, arrived=individual.arrived_on is not None)
    if role:
        role_change(role=role, cause="referral", **known)
        return
    if running:
        plan_end(outcome="lifted", cause="referral", **known)
    measures_over(individual, actor=known["actor"], now=known["now"])
    individual_close(state="over", reason="ruled_out", **known)


def _keep_bed(referral: Referral, room_id: UUID | None, *, leave: bool) -> None:
    """Keep a bed in a room of the clinic for the referral, or leave the one it has."""
    if room_id == referral.room_id and not leave:
        return
    if referral.room_id and (room_id or leave):
        free_bed(referral.room_id)
    if room_id:
        room = Room.objects.filter(id=room_id).select_related("facility").first()
        if room is None or room.facility.agency_id != referral.clinic.agency_id:
            raise InputInvalid(field="room", why_zh="请选择本单位的房间。", why_en="Choose a room of the clinic.")
        take_bed(room_id)
    if room_id or leave:
        # Not part of what is compared: the referral was changed just now in the same transaction.
        Referral.objects.filter(id=referral.id).update(room_id=room_id)
        referral.room_id = room_id


def _instant(referral: Referral, at: datetime | None, now: datetime) -> datetime:
    if at is None:
        return now
    if not referral.asked_at <= at <= now:
        raise InputInvalid(field="at", why_zh="时间应在申请之后、现在之前。", why_en="Between the asking and now.")
    return at


def _say(individual: Individual, referral: Referral, *, note: str = "", escort: str = "", vehicle: str = "") -> None:
    """Keep words in the vault, the later over the earlier."""
    said = (("note", "text", note), ("escort", "name", escort), ("vehicle", "text", vehicle))
    if any(len(text) > WORDS_LIMIT for _, _, text in said):
        raise InputInvalid(field="note", why_zh=f"不能超过 {WORDS_LIMIT} 字。", why_en="Too long.")
    secrets = [Secret(referral.id, name, kind, text.strip()) for name, kind, text in said if text.strip()]
    if secrets:
        vault.replace(response_id=individual.response_id, secrets=secrets)


def _owe(referral: Referral, what: str, individual: Individual, now: datetime) -> None:
    """Start the clock of what the clinic owes, with the time that the protocol gives for a report."""
    pack, _ = pack_for(individual.response_id)
    protocol = pack.protocol_on(local(now).date()) or pack.protocols[0]
    allowance = Allowance(protocol.report_within_hours * 3600, "hours")
    clocks.start(Start(referral.id, f"referral.{what}", allowance, 1), now=now, calendar=calendar_with(pack.calendar))


def _clocks(referral: Referral, now: datetime) -> None:
    """The clinic owes a word on whether it takes somebody, and once they are there the answer."""
    if referral.stage == "accepted" or referral.stage in ENDED:
        clocks.stop(referral.id, "referral.accept", now=now)
        clocks.stop(referral.id, "referral.answer", now=now)
    if referral.stage == "arrived":
        _owe(referral, "answer", referral.individual, now)


def _tell(referral: Referral, type_: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    individual = referral.individual
    tell(
        individual,
        type_,
        actor=actor,
        now=now,
        subject_id=referral.id,
        individual=str(individual.id),
        role=individual.role,
        clinic=str(referral.clinic_id),
        **data,
    )

"""Plans of medical observation 医学观察: started, changed, ended; one runs at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Individual, Plan
from wangge.duties.observation.models.plans import NEVER
from wangge.duties.observation.services.facilities import free_bed, rooms_locked, take_bed
from wangge.duties.observation.services.moves import change, pack_for, tell
from wangge.ground.areas.permission import require
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import (
    InputInvalid,
    NoPlan,
    NotFound,
    PlanRunning,
    RecordNotActive,
    ResponseUnfitted,
)

# Which rooms belong to which way of being observed.
# An exposure so long ago is a slip of the pen; the longest observation is over in weeks.
LONGEST_AGO = timedelta(days=366)
ROOMS_OF = {"facility": {"site"}, "hospital": {"clinic", "ward"}}
OUTCOMES = {code for code, _ in Plan._meta.get_field("outcome").choices or []}


@transaction.atomic
def plan_start(
    *,
    actor: Actor,
    individual_id: UUID,
    now: datetime,
    setting: str | None = None,
    room_id: UUID | None = None,
    exposure_on: date | None = None,
    cause: str = "",
) -> Plan:
    """Begin the observation of a person by the protocol in force, at home or in a room with a free bed.

    Raises PlanRunning, NoBedFree, RecordNotActive, ResponseUnfitted, InputInvalid.
    """
    individual = _found(individual_id, actor=actor)
    if Plan.objects.filter(individual=individual, state="running").exists():
        raise PlanRunning()
    pack, definition = pack_for(individual.response_id)
    today = local(now).date()
    protocol = pack.protocol_on(today)
    if protocol is None:
        raise ResponseUnfitted(pack=pack.name)
    role = definition.roles.get(individual.role)  # type: ignore[call-overload]
    exposure_on = exposure_on or individual.last_exposure_on or individual.arrived_on or today
    _not_to_come(exposure_on, today)
    plan = Plan(
        individual=individual,
        area_id=individual.area_id,
        protocol=protocol.version,
        exposure_on=exposure_on,
        started_at=now,
        ends_on=rules.ends_on(exposure_on, protocol.observation_days),
        slots=rules.slots_of(protocol.check_until, protocol.temperature_per_day),
        fever_tenths=round(protocol.fever_celsius * 10),
        started_by_id=actor.person_id,
        exercise=individual.exercise,
    )
    _settle(plan, setting or (role.setting if role else "home"), room_id)
    _expect(plan, now)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError:
        raise PlanRunning() from None
    _first_time(plan, now)
    _tell(plan, events.PLAN_STARTED, actor=actor, now=now, protocol=plan.protocol, cause=cause)
    return plan


@transaction.atomic
def plan_change(
    *,
    actor: Actor,
    individual_id: UUID,
    now: datetime,
    version: int | None = None,
    setting: str | None = None,
    room_id: UUID | None = None,
    exposure_on: date | None = None,
    cause: str = "",
) -> Plan:
    """Move a person to another setting or room, or lengthen the observation after a later exposure.

    With `room_id` alone the room changes; `setting` says where from now on. Raises NoPlan, NoBedFree, RecordChanged.
    """
    plan = running_plan(_found(individual_id, actor=actor))
    if exposure_on is not None:
        _lengthen(plan, exposure_on, local(now).date())
    if setting is not None or room_id is not None:
        rooms_locked([plan.room_id, room_id])
        left = plan.room_id
        _settle(plan, setting or plan.setting, room_id)
        if left:
            free_bed(left)
    _expect(plan, now)
    kept = ("setting", "room_id", "exposure_on", "ends_on", "next_due_at", "attend_at")
    change(plan, version, **{name: getattr(plan, name) for name in kept})
    _first_time(plan, now)
    _tell(plan, events.PLAN_CHANGED, actor=actor, now=now, cause=cause)
    return plan


@transaction.atomic
def plan_end(*, actor: Actor, individual_id: UUID, outcome: str, now: datetime, cause: str = "") -> Plan:
    """End the observation of a person: its link ends, its bed is free, and whether no check was missed is told.

    Raises NoPlan. The record itself may be closed already.
    """
    plan = running_plan(_found(individual_id, actor=actor, active=False))
    if outcome not in OUTCOMES:
        raise InputInvalid(field="outcome", why_zh="没有这种结果。", why_en="There is no such outcome.")
    change(plan, None, state="ended", outcome=outcome, ended_at=now, next_due_at=None, attend_at=NEVER, link_digest="")
    if plan.room_id:
        free_bed(plan.room_id)
    tell(
        plan.individual,
        events.PLAN_ENDED,
        actor=actor,
        now=now,
        subject_id=plan.id,
        individual=str(plan.individual_id),
        role=plan.individual.role,
        setting=plan.setting,
        outcome=outcome,
        made=plan.made,
        missed=plan.missed,
        complete=plan.missed == 0,
    )
    return plan


def running_plan(individual: Individual) -> Plan:
    """The plan that runs for a person, locked until the caller's transaction ends. Raises NoPlan."""
    plan = Plan.objects.select_for_update().filter(individual=individual, state="running").first()
    if plan is None:
        raise NoPlan()
    plan.individual = individual
    return plan


def _found(individual_id: UUID, *, actor: Actor, active: bool = True) -> Individual:
    """The record, for whoever plans in its area."""
    individual = Individual.objects.filter(id=individual_id).first()
    if individual is None:
        raise NotFound(what="人员档案")
    require(actor, "person.plan", individual.area_id)
    if active and individual.state != "active":
        raise RecordNotActive(number=individual.number)
    return individual


def _settle(plan: Plan, setting: str, room_id: UUID | None) -> None:
    """Set where somebody stays, and take the bed. At home there is no room, in a facility there must be one."""
    plan.setting, plan.room_id = setting, room_id
    if setting not in {"home", *ROOMS_OF}:
        raise InputInvalid(field="setting", why_zh="没有这种观察方式。", why_en="There is no such setting.")
    if setting == "home" and room_id:
        raise InputInvalid(field="room", why_zh="居家观察不安排房间。", why_en="At home there is no room.")
    if setting == "facility" and not room_id:
        raise InputInvalid(field="room", why_zh="集中观察请选择房间。", why_en="Choose a room.")
    if room_id:
        room = take_bed(room_id)
        if room.facility.kind not in ROOMS_OF[setting]:
            raise InputInvalid(
                field="room", why_zh="房间所在场所与观察方式不符。", why_en="This place is not for that setting."
            )


def _lengthen(plan: Plan, exposure_on: date, today: date) -> None:
    _not_to_come(exposure_on, today)
    if exposure_on < plan.exposure_on:
        raise InputInvalid(
            field="exposure_on",
            why_zh=f"末次接触日期只能往后改（现为 {plan.exposure_on}）。",
            why_en=f"A last exposure moves to a later day only; it is {plan.exposure_on}.",
        )
    plan.ends_on += exposure_on - plan.exposure_on
    plan.exposure_on = exposure_on
    later = Q(last_exposure_on__isnull=True) | Q(last_exposure_on__lt=exposure_on)
    Individual.objects.filter(later, id=plan.individual_id).update(last_exposure_on=exposure_on)


def _expect(plan: Plan, now: datetime) -> None:
    """Set when the next check is due and from when on the person has to be seen to.

    In hospital the ward measures by itself, nothing is due. Nothing else moves what is owed or due already.
    """
    if plan.setting == "hospital":
        plan.next_due_at, plan.attend_at = None, NEVER
    elif plan.next_due_at is None:
        following = rules.next_due(max(now, _last_made(plan)), plan.slots, plan.ends_on, LOCAL)
        plan.next_due_at = following[2] if following else None
        if plan.attend_at == NEVER:
            plan.attend_at = plan.next_due_at or NEVER


def _last_made(plan: Plan) -> datetime:
    """When the latest check made was due, so that none made already falls due again."""
    if plan._state.adding:
        return plan.started_at
    made = plan.checks.filter(replaced_by__isnull=True).order_by("-day", "-slot").first()
    return rules.due_at(made.day, plan.slots[made.slot], LOCAL) if made else plan.started_at


def _first_time(plan: Plan, now: datetime) -> None:
    """The instants of a record by which tracing is judged: in quarantine, in hospital, each the first time."""
    field = "isolated_at" if plan.setting == "hospital" else "quarantined_at"
    if getattr(plan.individual, field) is None:
        Individual.objects.filter(id=plan.individual_id, **{f"{field}__isnull": True}).update(**{field: now})
        setattr(plan.individual, field, now)


def _not_to_come(exposure_on: date, today: date) -> None:
    if exposure_on < today - LONGEST_AGO:
        raise InputInvalid(
            field="exposure_on", why_zh="日期在一年以前，请核对。", why_en="The day is more than a year ago."
        )
    if exposure_on > today:
        raise InputInvalid(field="exposure_on", why_zh="日期不能晚于今天。", why_en="The day is still to come.")


def _tell(plan: Plan, type_: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    tell(
        plan.individual,
        type_,
        actor=actor,
        now=now,
        subject_id=plan.id,
        individual=str(plan.individual_id),
        role=plan.individual.role,
        setting=plan.setting,
        ends_on=plan.ends_on.isoformat(),
        **data,
    )

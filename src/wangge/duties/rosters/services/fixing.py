"""Fixed duties 固定勤务: what somebody does every week beside all rosters, entered, changed, ended and taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.duties.rosters import events
from wangge.duties.rosters.models import FixedDuty
from wangge.duties.rosters.queries.making import plan_for
from wangge.duties.rosters.services.people import require_people
from wangge.ground.accounts.staffing import posts_in
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import FixedDutyChanged, InputInvalid, NotFound
from wangge.ground.responses.packs.rosters import RostersDef

FURTHEST = timedelta(days=366)
SHORTEST, LONGEST = 15, 24 * 60  # minutes


@dataclass(frozen=True)
class FixedDraft:
    """What a fixed duty says: see `FixedDuty`."""

    kind: str
    days: Collection[int]
    start: time
    minutes: int
    first_on: date
    last_on: date | None = None
    post_id: UUID | None = None


@transaction.atomic
def fixed_set(
    *,
    actor: Actor,
    response_id: UUID,
    unit_id: UUID,
    person_id: UUID,
    draft: FixedDraft,
    now: datetime,
    duty_id: UUID | None = None,
    version: int = 0,
) -> FixedDuty:
    """Enter a fixed duty of somebody of a unit, or change one at the version that was seen."""
    require_people(actor, unit_id, [person_id], now)
    problem = _check(draft, plan_for(response_id), local(now).date()) or _check_post(draft, unit_id, response_id, now)
    if problem:
        raise problem
    said = {
        "kind": draft.kind, "days": sorted(set(draft.days)), "start": draft.start, "minutes": draft.minutes,
        "first_on": draft.first_on, "last_on": draft.last_on, "post_id": draft.post_id,
    }  # fmt: skip
    if duty_id is None:
        duty = FixedDuty.objects.create(person_id=person_id, **said)
    else:
        duty = _changed(duty_id, person_id, version, **said)
    _tell(actor, response_id, unit_id, duty, "changed" if duty_id else "entered", now)
    return duty


def _check(draft: FixedDraft, plan: RostersDef, today: date) -> InputInvalid | None:
    if draft.kind not in plan.fixed:
        return invalid("kind", "请选择勤务种类。", "Choose the kind of duty.")
    if not draft.days or set(draft.days) - set(range(7)):
        return invalid("days", "请至少选择一个星期几。", "Choose at least one day of the week.")
    if not SHORTEST <= draft.minutes <= LONGEST:
        return invalid("hours", "时长须为 15 分钟到 24 小时。", "From 15 minutes to 24 hours.")
    if abs(draft.first_on - today) > FURTHEST:
        return invalid("first_on", "日期超出一年。", "More than a year away.")
    return _check_last(draft.first_on, draft.last_on, today)


def _check_last(first_on: date, last_on: date | None, today: date) -> InputInvalid | None:
    if last_on is None or first_on <= last_on <= today + 2 * FURTHEST:
        return None
    return invalid("last_on", "结束日期须在开始日期之后、两年之内。", "It must end after it begins, within two years.")


def _check_post(draft: FixedDraft, unit_id: UUID, response_id: UUID, now: datetime) -> InputInvalid | None:
    if draft.post_id is None or draft.post_id in fixed_posts(unit_id, plan_for(response_id), now):
        return None
    return invalid("post", "请选择本单位不排班的岗位。", "Choose a post of the unit that no roster fills.")


def fixed_posts(unit_id: UUID, plan: RostersDef, now: datetime) -> dict[UUID, str]:
    """The posts of a unit that no roster fills, by name."""
    rostered = {need.role for need in plan.needs}
    found = posts_in([unit_id, *tree().descendants(unit_id)], now)
    return {place.id: place.name for place in found if place.role not in rostered}


@transaction.atomic
def fixed_end(
    *, actor: Actor, response_id: UUID, unit_id: UUID, duty_id: UUID, last_on: date | None, version: int, now: datetime
) -> FixedDuty:
    """End a fixed duty with a day, or let it go on (None), which takes an end back."""
    duty = _known(actor, unit_id, duty_id, now)
    problem = _check_last(duty.first_on, last_on, local(now).date())
    if problem:
        raise problem
    duty = _changed(duty_id, duty.person_id, version, last_on=last_on)
    _tell(actor, response_id, unit_id, duty, "ended" if last_on else "continued", now)
    return duty


@transaction.atomic
def fixed_drop(
    *, actor: Actor, response_id: UUID, unit_id: UUID, duty_id: UUID, version: int, now: datetime, back: bool = False
) -> FixedDuty:
    """Strike out a fixed duty that was entered by mistake, which then never counted; `back` takes that back."""
    duty = _known(actor, unit_id, duty_id, now)
    duty = _changed(duty_id, duty.person_id, version, dropped=not back)
    _tell(actor, response_id, unit_id, duty, "restored" if back else "dropped", now)
    return duty


def _known(actor: Actor, unit_id: UUID, duty_id: UUID, now: datetime) -> FixedDuty:
    duty = FixedDuty.objects.filter(id=duty_id).first()
    require_people(actor, unit_id, [duty.person_id] if duty else [], now)
    if duty is None:
        raise NotFound(what="固定勤务")
    return duty


def _changed(duty_id: UUID, person_id: UUID, version: int, **said: object) -> FixedDuty:
    rows = FixedDuty.objects.filter(id=duty_id, person_id=person_id)
    if not rows.filter(version=version).update(**said, version=F("version") + 1):
        if not rows.exists():
            raise NotFound(what="固定勤务")
        raise FixedDutyChanged()
    return rows.get()


def _tell(actor: Actor, response_id: UUID, unit_id: UUID, duty: FixedDuty, what: str, now: datetime) -> None:
    journal.record(
        events.FIXED,
        at=now,
        actor_id=actor.person_id,
        area_id=unit_id,
        subject_id=duty.person_id,
        response_id=response_id,
        duty=str(duty.id),
        what=what,
    )

"""Bulletins on a schedule 定时发布: set and stopped by a desk, issued by whichever engine comes first, exactly once.

An engine claims a schedule by moving it on (compare-and-set) in the transaction that issues the bulletin. What was
missed while no engine ran is issued once on return, up to the last planned time, and says so.
"""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from wangge.ground.areas.permission import may, require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import InputInvalid, NotFound, Problem
from wangge.ground.responses.queries import response_by_id
from wangge.picture.bulletins import events, rules
from wangge.picture.bulletins.content import Remark
from wangge.picture.bulletins.models import Schedule
from wangge.picture.bulletins.services import bulletin_issue

log = logging.getLogger(__name__)
AT_ONCE = 5
# A bulletin that cannot be made for a fault of ours is tried again after this, and holds up no other.
TRY_AGAIN_AFTER = timedelta(minutes=1)


@transaction.atomic
def schedule_set(*, actor: Actor, response_id: UUID, area_id: UUID, at: time, weekdays: str, now: datetime) -> Schedule:
    """Plan bulletins of an area at a time of the day; the same time planned again takes the new weekdays."""
    require(actor, "bulletin.issue", area_id)
    response = response_by_id(response_id)
    if response.ended_at is not None:
        raise InputInvalid(field="area", why_zh="这次响应已结束。", why_en="This response has ended.")
    if at.second or at.microsecond or at.tzinfo is not None:
        raise InputInvalid(field="at", why_zh="时间应精确到分钟。", why_en="The time is a whole minute.")
    if not rules.check_weekdays(weekdays):
        raise InputInvalid(field="weekdays", why_zh="请至少选择一天。", why_en="Choose at least one day.")
    planned = rules.next_time(at, weekdays, max(now, response.started_at))
    schedule, _ = Schedule.objects.update_or_create(
        response_id=response_id,
        area_id=area_id,
        at=at,
        defaults={
            "weekdays": weekdays,
            "planned_at": planned,
            "due_at": planned,
            "changed_by_id": actor.person_id,
            "changed_at": now,
        },
    )
    _record(events.SCHEDULED, schedule, actor, now, time=f"{at:%H:%M}", weekdays=weekdays)
    return schedule


@transaction.atomic
def schedule_stop(*, actor: Actor, schedule_id: UUID, now: datetime) -> None:
    """Stop a schedule; stopped twice, it changes nothing. Raises NotFound, also where the actor may not look."""
    schedule = Schedule.objects.filter(id=schedule_id).first()
    if schedule is None or not may(actor, "figure.view", schedule.area_id):
        raise NotFound(what="定时发布")
    require(actor, "bulletin.issue", schedule.area_id)
    running = Schedule.objects.filter(id=schedule_id, planned_at__isnull=False)
    if running.update(planned_at=None, due_at=None, changed_by_id=actor.person_id, changed_at=now):
        _record(events.UNSCHEDULED, schedule, actor, now, time=f"{schedule.at:%H:%M}")


def schedules(*, actor: Actor, response_id: UUID, area_id: UUID) -> list[Schedule]:
    """The schedules of an area that run, in the order of the day."""
    require(actor, "figure.view", area_id)
    rows = Schedule.objects.filter(response_id=response_id, area_id=area_id, planned_at__isnull=False)
    return list(rows.select_related("changed_by").order_by("at"))


def bulletins_due(*, actor: Actor, now: datetime) -> int:
    """Issue the bulletins that are due; how many schedules were moved on. Safe in any number of engines at once."""
    require(actor, "bulletin.issue", None)
    taken = 0
    for schedule in _due(now):
        try:
            taken += _take(schedule, actor, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("bulletin of schedule %s failed", schedule.id)
            Schedule.objects.filter(id=schedule.id, due_at=schedule.due_at).update(due_at=now + TRY_AGAIN_AFTER)
    return taken


@prepared
def _due(now: datetime) -> QuerySet[Schedule]:
    return Schedule.objects.filter(due_at__lte=now).order_by("due_at", "id")[:AT_ONCE]


@transaction.atomic
def _take(schedule: Schedule, actor: Actor, now: datetime) -> bool:
    """Move the schedule on and issue; False where another engine was first."""
    assert schedule.planned_at is not None
    following = rules.next_time(schedule.at, schedule.weekdays, now)
    ended = response_by_id(schedule.response_id).ended_at is not None
    unmoved = Schedule.objects.filter(id=schedule.id, planned_at=schedule.planned_at, due_at=schedule.due_at)
    if not unmoved.update(planned_at=None if ended else following, due_at=None if ended else following):
        return False
    planned, missed = rules.last_time(schedule.at, schedule.weekdays, schedule.planned_at, now)
    if ended:
        _record(events.SKIPPED, schedule, actor, now, planned=_said(planned), problem="response-ended")
        return True
    try:
        bulletin_issue(
            actor=actor,
            response_id=schedule.response_id,
            area_id=schedule.area_id,
            cutoff=planned,
            now=now,
            remark=_remark(planned, missed, now),
        )
    except Problem as problem:
        # A desk has issued a later one by hand, or the response began after that time: nothing is owed.
        _record(events.SKIPPED, schedule, actor, now, planned=_said(planned), problem=problem.code)
    return True


def _remark(planned: datetime, missed: int, now: datetime) -> Remark | None:
    if now - planned < rules.LATE_AFTER:
        return None
    details = {"planned": _said(planned), "issued": _said(now)}
    if missed:
        return Remark("late_after_missing", {**details, "missed": str(missed)})
    return Remark("late", details)


def _said(instant: datetime) -> str:
    return local(instant).isoformat(timespec="seconds")


def _record(type_: str, schedule: Schedule, actor: Actor, now: datetime, **data: str) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=schedule.area_id,
        subject_id=schedule.id,
        response_id=schedule.response_id,
        **data,
    )

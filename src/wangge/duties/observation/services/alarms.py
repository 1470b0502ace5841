"""Alarms 预警: what must become a matter at once, and the checks that nobody made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Alarm, Plan
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows, update_rows
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor

COLUMNS = ("id", "plan", "what", "day", "slot", "at")
# So many plans fall due in one transaction; those who enter checks meanwhile wait no longer than for these.
BATCH = 1000


class AlarmDraft(NamedTuple):
    """An alarm on its way: the plan, what was found, and which check it was."""

    plan: Plan
    what: str
    day: date
    slot: int


def alarms_raise(drafts: Iterable[AlarmDraft], *, now: datetime) -> None:
    """Raise alarms inside the caller's transaction, each once; what follows from them is the business of flows."""
    wanted = {(draft.plan.id, draft.what, draft.day, draft.slot): draft for draft in drafts}
    if not wanted:
        return
    plans = {draft.plan.id for draft in wanted.values()}
    days = {draft.day for draft in wanted.values()}
    raised = Alarm.objects.filter(plan_id__in=plans, day__in=days).values_list("plan_id", "what", "day", "slot")
    for key in raised:
        wanted.pop(key, None)
    rows = [(new_id(), draft.plan.id, draft.what, draft.day, draft.slot, now) for draft in wanted.values()]
    insert_rows(Alarm, COLUMNS, rows)
    journal.record_many(
        _event(draft, events.ALARM_RAISED, now, what=draft.what, alarm=str(row[0]))
        for row, draft in zip(rows, wanted.values(), strict=True)
    )


def observation_due(*, actor: Actor, now: datetime) -> int:
    """Count the checks that were due and not made, and raise an alarm for each; how many there were.

    Each is claimed with its plan's lock in the transaction of everything it causes: of two engines one takes it, and
    after a crash it is taken again. An engine that was down counts every check of that time, one after another.
    """
    require(actor, "person.check", None)
    missed = 0
    while taken := _missed(now):
        missed += taken
        if taken < BATCH:
            break
    return missed


@transaction.atomic
def _missed(now: datetime) -> int:
    due = Plan.objects.select_for_update(skip_locked=True, of=("self",)).select_related("individual")
    plans = list(due.filter(state="running", next_due_at__lte=now).order_by("next_due_at", "id")[:BATCH])
    if not plans:
        return 0
    alike: dict[tuple[datetime, tuple[str, ...], date], list[Plan]] = {}
    for plan in plans:
        assert plan.next_due_at is not None
        alike.setdefault((plan.next_due_at, tuple(plan.slots), plan.ends_on), []).append(plan)
    drafts = [draft for key, group in alike.items() for draft in _pass_by(key, group)]
    journal.record_many(
        _event(draft, events.CHECK_MISSED, now, slot=draft.slot, day=draft.day.isoformat()) for draft in drafts
    )
    alarms_raise(drafts, now=now)
    return len(plans)


def _pass_by(key: tuple[datetime, tuple[str, ...], date], group: list[Plan]) -> list[AlarmDraft]:
    """Let the check due at an instant go by as missed; from then on the person has to be seen to."""
    due, slots, last_day = key
    following = rules.next_due(due, slots, last_day, LOCAL)
    # `attend_at` stands at this check or at one owed before it, and stays there.
    Plan.objects.filter(id__in=[plan.id for plan in group]).update(
        next_due_at=following[2] if following else None, missed=F("missed") + 1
    )
    day, slot = local(due).date(), slots.index(f"{local(due):%H:%M}")
    return [AlarmDraft(plan, "missed", day, slot) for plan in group]


def _event(draft: AlarmDraft, type_: str, now: datetime, **data: Any) -> journal.Draft:
    plan = draft.plan
    return journal.draft(
        type_,
        at=now,
        area_id=plan.area_id,
        subject_id=plan.id,
        response_id=plan.individual.response_id,
        exercise=plan.exercise,
        individual=str(plan.individual_id),
        role=plan.individual.role,
        **data,
    )


def alarms_linked(led: Mapping[UUID, UUID]) -> None:
    """Note which matter each alarm has become, inside the transaction that locked the alarms and opens the matters."""
    update_rows(Alarm, ("matter_id",), led.items())

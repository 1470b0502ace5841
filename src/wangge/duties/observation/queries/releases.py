"""Who is due for release, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wangge.duties.observation import rules
from wangge.duties.observation.models import Check, Individual, Plan
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor

MOST = 2000


@dataclass(frozen=True)
class Due:
    """Somebody whose plan runs, with the last check; `why` in both languages says what keeps them, None for nothing."""

    individual: Individual
    plan: Plan
    last: Check | None
    why: tuple[str, str] | None


def due_in(*, actor: Actor, area_id: UUID, now: datetime) -> list[Due]:
    """Everybody in an area whose last day is over, ready or not, the longest first; two queries."""
    require(actor, "person.plan", area_id)
    plans = Plan.objects.filter(
        state="running", area_id__in=covered(area_id), ends_on__lt=local(now).date(), individual__state="active"
    )
    found = list(plans.select_related("individual").order_by("ends_on", "id")[:MOST])
    checks = _last_checks(found)
    return [_due(plan.individual, plan, checks.get(plan.id), now) for plan in found]


def standing(individual: Individual, plan: Plan, now: datetime) -> Due:
    """The same of one plan that runs, whether its last day is over or not."""
    return _due(individual, plan, _last_checks([plan]).get(plan.id), now)


def _last_checks(plans: Iterable[Plan]) -> dict[UUID, Check]:
    checks = Check.objects.filter(plan__in=list(plans), replaced_by=None).order_by("day", "slot")
    # Only those of the last days: each plan has a row for every check that was made.
    return {check.plan_id: check for check in checks}


def _due(individual: Individual, plan: Plan, last: Check | None, now: datetime) -> Due:
    return Due(individual, plan, last, _why(plan, last, now))


def _why(plan: Plan, last: Check | None, now: datetime) -> tuple[str, str] | None:
    if local(now).date() <= plan.ends_on:
        day = plan.ends_on
        return f"观察期至{day.month}月{day.day}日止", f"observation lasts until {day:%Y-%m-%d}"
    if not plan.slots:
        return None  # a protocol that asks for no checks
    if last is None:
        return "没有任何监测记录", "no check was ever made"
    if rules.is_fever(last.temperature_tenths, plan.fever_tenths) or last.symptoms:
        return "最后一次监测发热或有症状", "the last check found a fever or symptoms"
    return None

"""The part of a record's page about observation: the plan that runs, its days and checks, the person's link."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from wangge.doors.desk.requests import DeskRequest
from wangge.duties.observation import rules
from wangge.duties.observation.queries.board import rows_of
from wangge.duties.observation.queries.cards import family
from wangge.duties.observation.queries.facilities import rooms_free
from wangge.duties.observation.queries.plans import checks_of, notes_of, plans_of
from wangge.duties.observation.services.checks import may_check
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.responses.packs.schema import ObservationDef
from wangge.ground.responses.queries import pack_by_id, response_by_id

if TYPE_CHECKING:
    from wangge.duties.observation.models import Check, Individual, Plan


def section(request: DeskRequest, individual: Individual) -> dict[str, Any]:
    """What `desk/people/plan.html` shows, under the one name `plan_part`."""
    actor, now = request.actor, clock.now()
    plans = plans_of(family(individual))
    running = next((plan for plan in plans if plan.state == "running"), None)
    observed = pack_by_id(response_by_id(individual.response_id).pack_id).observation
    may_plan = may(actor, "person.plan", individual.area_id) and individual.state == "active"
    part: dict[str, Any] = {
        "plan": running,
        "ended": [plan for plan in plans if plan.state == "ended"],
        "symptoms": observed.symptoms if observed else {},
        "may_plan": may_plan and observed is not None,
        "may_check": bool(running and may_check(actor, running)),
        "rooms": rooms_free(actor=actor) if may_plan else [],
        "exposure_on": individual.last_exposure_on or individual.arrived_on,
        "today": local(now).date(),
        "setting": _usual(observed, individual),
        "settings": ("home", "facility", "hospital"),
    }
    if running is not None:
        # Whose last day was over before anybody heard of them has no day to show but the first.
        days = _days(running, local(now).date()) or [local(running.started_at).date()]
        [row] = rows_of([running], days, actor=actor, now=now)
        part |= {"row": row, "checks": _checks(running, request), "choices": _choices(running, part["today"])}
    return {"plan_part": part}


def _usual(observed: ObservationDef | None, individual: Individual) -> str:
    role = observed.roles.get(individual.role) if observed else None  # type: ignore[call-overload]
    return role.setting if role else "home"


def _days(plan: Plan, today: date) -> list[date]:
    first = local(plan.started_at).date()
    return [first + timedelta(days=n) for n in range((min(plan.ends_on, max(today, first)) - first).days + 1)]


def _checks(plan: Plan, request: DeskRequest) -> list[dict[str, Any]]:
    """Every check with its note; one that was replaced stands under the one in its place."""
    found = checks_of(plan.id)
    notes = notes_of(found, actor=request.actor, area_id=plan.area_id)
    before: dict[UUID, list[Check]] = {}
    for check in found:
        if check.replaced_by_id:
            before.setdefault(check.replaced_by_id, []).append(check)
    return [
        {
            "check": check,
            "until": plan.slots[check.slot],
            "late": check.at > rules.due_at(check.day, plan.slots[check.slot], LOCAL),
            "fever": rules.is_fever(check.temperature_tenths, plan.fever_tenths),
            "note": notes.get(check.id, ""),
            "before": _earlier(check, before),
        }
        for check in found
        if check.replaced_by_id is None
    ]


def _earlier(check: Check, before: dict[UUID, list[Check]]) -> list[Check]:
    """What stood in the place of a check before it, the latest first."""
    found = list(before.get(check.id, []))
    for one in found:
        found += before.get(one.id, [])
    return found


def _choices(plan: Plan, today: date) -> list[tuple[str, str]]:
    """The checks of yesterday and today that may be entered: what a form sends, and what it says."""
    now, found = clock.now(), []
    open_day, open_slot = rules.slot_open(now, plan.slots, LOCAL) if plan.slots else (today, -1)
    made = {(check.day, check.slot) for check in checks_of(plan.id) if check.replaced_by_id is None}
    for day in (today, today - timedelta(days=1)):
        for slot in reversed(range(len(plan.slots))):
            inside = local(plan.started_at).date() <= day <= plan.ends_on
            if inside and (day, slot) <= (open_day, open_slot) and (day, slot) not in made:
                found.append((f"{day}_{slot}", f"{day:%m-%d} {plan.slots[slot]}"))
    return found

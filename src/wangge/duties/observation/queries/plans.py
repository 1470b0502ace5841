"""Reading the plans of one person, their checks and what was noted with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from wangge.duties.observation.models import Check, Plan
from wangge.duties.observation.queries.cards import visible
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault


def plans_of(individual_ids: Iterable[UUID]) -> list[Plan]:
    """The plans of a record and those merged into it, the newest first; the caller has looked who may see them."""
    rows = Plan.objects.filter(individual_id__in=list(individual_ids)).select_related("individual", "room__facility")
    return list(rows.order_by("-started_at", "-id"))


def checks_of(plan_id: UUID) -> list[Check]:
    """Every check of a plan, those that were replaced too, the newest first."""
    rows = Check.objects.filter(plan_id=plan_id).select_related("person")
    return list(rows.order_by("-day", "-slot", "-at", "-id"))


def people_numbered(numbers: Iterable[str], *, actor: Actor) -> dict[str, UUID]:
    """The records with these numbers that the actor may see, by number; one question."""
    return dict(visible(actor).filter(number__in=set(numbers)).values_list("number", "id"))


def notes_of(checks: Sequence[Check], *, actor: Actor, area_id: UUID) -> dict[UUID, str]:
    """The notes of checks, masked, for whoever may look into the vault of the area."""
    if not checks or not may(actor, "vault.view", area_id):
        return {}
    found = vault.masked(actor=actor, area_id=area_id, subject_ids=[check.id for check in checks])
    return {check_id: fields["note"] for check_id, fields in found.items() if "note" in fields}

"""The person's own link: handed out, opened, and used to enter a check without an account.

Whoever holds the secret may enter the checks of one plan and see how they stand, nothing else. Only its SHA-256 is
kept; it ends with the plan, and a new one ends the old one.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Check, Individual, Plan
from wangge.duties.observation.services.checks import CheckDraft, Item, checks_write, replace_locked
from wangge.duties.observation.services.moves import find_active, pack_for, tell
from wangge.duties.observation.services.plans import running_plan
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import CheckTaken, LinkUnknown, Problem
from wangge.ground.kernel.secret import digest_of
from wangge.ground.responses.packs.schema import ObservationDef

# SQLite takes the index of links only where the index's own condition stands in the question.
HANDED_OUT = ~Q(link_digest="")
SECRET_BYTES = 18  # 144 bits: as short as a printed code may be, far beyond guessing


@dataclass(frozen=True)
class LinkView:
    """What the holder of a link sees: the plan, today's checks by their number, and what the pack asks."""

    plan: Plan
    tail: str
    today: dict[int, Check]
    definition: ObservationDef


@transaction.atomic
def link_make(*, actor: Actor, individual_id: UUID, now: datetime) -> str:
    """Make a link for a person; the secret is given once, and a link made before ends. Raises NoPlan."""
    individual = find_active(individual_id, actor=actor, verb="person.check")
    plan = running_plan(individual)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    Plan.objects.filter(id=plan.id).update(link_digest=digest_of(secret))
    tell(individual, events.LINK_MADE, actor=actor, now=now, subject_id=plan.id, individual=str(individual.id))
    return secret


def link_view(*, secret: str, day: datetime) -> LinkView:
    """What a link shows on a local day. Raises LinkUnknown."""
    linked = Plan.objects.filter(HANDED_OUT, link_digest=digest_of(secret), state="running")
    plan = linked.select_related("individual").first()
    if plan is None:
        raise LinkUnknown()
    standing = Check.objects.filter(plan=plan, day=day.date(), replaced_by__isnull=True)
    definition = pack_for(plan.individual.response_id)[1]
    return LinkView(plan, plan.individual.number[-4:], {check.slot: check for check in standing}, definition)


def link_check(*, secret: str, draft: CheckDraft, now: datetime) -> Check:
    """Enter a check by a link. Raises LinkUnknown, CheckTaken, InputInvalid."""
    [result] = link_checks(sent=[(secret, draft)], now=now)
    if isinstance(result, Problem):
        raise result
    return result


@transaction.atomic
def link_checks(*, sent: Sequence[tuple[str, CheckDraft]], now: datetime) -> list[Check | Problem]:
    """The same for all that wait at a door, in one transaction: a result for each in its order.

    A fever or a symptom is never turned away: where the check was made before, it takes that one's place.
    """
    digests = [digest_of(secret) for secret, _ in sent]
    plans = {plan.link_digest: plan for plan in _locked(set(digests))}
    items = [Item(draft, plans.get(digest), None, "self") for digest, (_, draft) in zip(digests, sent, strict=True)]
    results = checks_write(items, now=now)
    for place, (item, result) in enumerate(zip(items, results, strict=True)):
        if item.plan is None:
            results[place] = LinkUnknown()
        elif isinstance(result, CheckTaken) and _found(item):
            old = Check.objects.get(id=UUID(result.details["check"]))
            results[place] = replace_locked(item, old, now=now)
    return results


def _locked(digests: Collection[str]) -> list[Plan]:
    """The running plans with these links, with their records, locked in the order in which all lock them."""
    plans = _running(digests)
    individuals = {one.id: one for one in _individuals([plan.individual_id for plan in plans])}
    for plan in plans:
        plan.individual = individuals[plan.individual_id]
    return plans


@prepared
def _running(digests: Collection[str]) -> QuerySet[Plan]:
    running = Plan.objects.select_for_update(of=("self",)).filter(HANDED_OUT, link_digest__among=digests)
    return running.filter(state="running").order_by("id")


@prepared
def _individuals(individual_ids: Collection[UUID]) -> QuerySet[Individual]:
    return Individual.objects.filter(id__among=individual_ids)


def _found(item: Item) -> bool:
    assert item.plan is not None
    fever = rules.is_fever(item.draft.temperature_tenths, item.plan.fever_tenths)
    return fever or bool(item.draft.symptoms)

"""Release 解除医学观察: when the last day is over and the last check was well, or by a stated exception."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.observation.models import Individual, Plan
from wangge.duties.observation.queries.releases import Due, due_in, standing
from wangge.duties.observation.services.measures import measures_over
from wangge.duties.observation.services.moves import find
from wangge.duties.observation.services.plans import plan_end
from wangge.duties.observation.services.records import individual_close
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NoPlan, Problem, RecordChanged, ReleaseNotYet
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

SHORTEST_REASON = 4
WORDS_LIMIT = 500


@dataclass
class Released:
    """What a release of many came to: the numbers released, and of those not the number and why."""

    numbers: list[str] = field(default_factory=list)
    kept: list[tuple[str, Problem]] = field(default_factory=list)


@transaction.atomic
def individual_release(
    *,
    actor: Actor,
    individual_id: UUID,
    now: datetime,
    returned: str = "",
    exception: str = "",
    version: int | None = None,
) -> Plan:
    """Release somebody: the plan ends, with it the person's link, a measure in force, and the record. Once.

    `returned` says what was handed back (thermometer, key card, papers), `exception` why somebody is released although
    the last day is not over or the last check was not well; `version` is the plan's. Raises ReleaseNotYet, NoPlan.
    """
    individual = find(individual_id, actor=actor, verb="person.plan")
    done = Plan.objects.filter(individual=individual, outcome="released").order_by("-ended_at").first()
    if individual.state == "over" and done:
        return done
    plan = Plan.objects.filter(individual=individual, state="running").first()
    if plan is None or individual.state != "active":
        raise NoPlan()
    if version is not None and plan.version != version:
        raise RecordChanged()
    _check(individual, plan, exception.strip(), now)
    ended = plan_end(actor=actor, individual_id=individual.id, outcome="released", now=now)
    _keep(individual, ended, returned.strip(), exception.strip())
    measures_over(individual, actor=actor, now=now)
    individual_close(actor=actor, individual_id=individual.id, state="over", reason="released", now=now)
    return ended


def individuals_release(*, actor: Actor, area_id: UUID, chosen: Collection[UUID], now: datetime) -> Released:
    """Release everybody chosen of those due in an area; who is not ready any more is kept and named.

    Each in a transaction of its own, so that one that cannot be released keeps no other.
    """
    require(actor, "person.plan", area_id)
    done = Released()
    for item in due_in(actor=actor, area_id=area_id, now=now):
        if item.individual.id not in chosen:
            continue
        try:
            individual_release(actor=actor, individual_id=item.individual.id, version=item.plan.version, now=now)
            done.numbers.append(item.individual.number)
        except Problem as problem:
            done.kept.append((item.individual.number, problem))
    return done


def _check(individual: Individual, plan: Plan, exception: str, now: datetime) -> None:
    ready: Due = standing(individual, plan, now)
    if len(exception) > WORDS_LIMIT:
        raise InputInvalid(field="exception", why_zh="理由过长。", why_en="The reason is too long.")
    if ready.why and len(exception) < SHORTEST_REASON:
        why_zh, why_en = ready.why
        raise ReleaseNotYet(number=individual.number, why_zh=why_zh, why_en=why_en)


def _keep(individual: Individual, plan: Plan, returned: str, exception: str) -> None:
    if len(returned) > WORDS_LIMIT:
        raise InputInvalid(field="returned", why_zh="内容过长。", why_en="This is too long.")
    said = (("returned", returned), ("exception", exception))
    secrets = [Secret(plan.id, name, "text", text) for name, text in said if text]
    if secrets:
        vault.replace(response_id=individual.response_id, secrets=secrets)

"""The people of a unit 人员与技能: what they can do, and with whom of those who serve they live."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Member, RosterSeat
from wangge.duties.rosters.queries.making import plan_for
from wangge.ground.accounts.staffing import held_within, person_known
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound


def require_people(actor: Actor, unit_id: UUID, person_ids: Collection[UUID], now: datetime) -> None:
    """Raise NotPermitted unless the actor may roster the unit, NotFound where somebody does not serve in it."""
    require(actor, "roster.manage", unit_id)
    areas = [unit_id, *tree().descendants(unit_id)]
    there = held_within(person_ids, areas, now)
    there |= set(
        RosterSeat.objects.filter(
            roster__area_id=unit_id, person_id__in=set(person_ids) - there, until__gt=now
        ).values_list("person_id", flat=True)
    )
    if set(person_ids) - there:
        raise NotFound(what="本单位人员")


@transaction.atomic
def skills_set(
    *,
    actor: Actor,
    response_id: UUID,
    unit_id: UUID,
    person_ids: Collection[UUID],
    add: Collection[str],
    remove: Collection[str],
    now: datetime,
) -> int:
    """Add skills to some people of a unit and take others from them; how many that changed."""
    require_people(actor, unit_id, person_ids, now)
    if (set(add) | set(remove)) - set(plan_for(response_id).skills):
        raise invalid("skills", "请从列表中选择技能。", "Choose skills from the list.")
    known = {one.person_id: one for one in Member.objects.select_for_update().filter(person_id__in=person_ids)}
    changed = []
    for person_id in set(person_ids):
        member = known.get(person_id) or Member(person_id=person_id)
        skills = sorted((set(member.skills) | set(add)) - set(remove))
        if skills != member.skills:
            member.skills = skills
            changed.append(member)
    Member.objects.bulk_create(changed, update_conflicts=True, unique_fields=["person"], update_fields=["skills"])
    for member in changed:
        _tell(actor, unit_id, member.person_id, "skills", now)
    return len(changed)


@transaction.atomic
def household_join(*, actor: Actor, unit_id: UUID, person_id: UUID, partner_id: UUID, now: datetime) -> None:
    """Say that somebody of a unit lives with somebody who serves there or in any other unit."""
    require_people(actor, unit_id, [person_id], now)
    if partner_id == person_id or not person_known(partner_id):
        raise NotFound(what="人员")
    for one in sorted([person_id, partner_id]):
        Member.objects.get_or_create(person_id=one)
    pair = {one.person_id: one for one in Member.objects.select_for_update().filter(
        person_id__in=[person_id, partner_id]).order_by("person_id")}  # fmt: skip
    household = pair[partner_id].household or pair[person_id].household or new_id()
    if [pair[person_id].household, pair[partner_id].household] == [household, household]:
        return
    Member.objects.filter(person_id__in=pair).update(household=household)
    _tell(actor, unit_id, person_id, "household", now)


@transaction.atomic
def household_part(*, actor: Actor, unit_id: UUID, person_id: UUID, now: datetime) -> None:
    """Somebody of a unit lives with none of those who serve any more; the others of their household stay together."""
    require_people(actor, unit_id, [person_id], now)
    if Member.objects.filter(person_id=person_id, household__isnull=False).update(household=None):
        _tell(actor, unit_id, person_id, "household", now)


def _tell(actor: Actor, unit_id: UUID, person_id: UUID, field: str, now: datetime) -> None:
    """Whom somebody lives with is nobody's business: the journal hears only that it was changed."""
    journal.record(
        events.MEMBER, at=now, actor_id=actor.person_id, area_id=unit_id, subject_id=person_id, fields=[field]
    )

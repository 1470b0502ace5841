"""Merge 并档 two records of one person, and undo it.

Nothing moves: the merged record points at the other, and what hangs on it is read through `family`. Undoing puts it
back to the state it had.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.observation import events
from wangge.duties.observation.models import Individual, IndividualMerge
from wangge.duties.observation.queries.underway import underway
from wangge.duties.observation.services.moves import change, find, tell
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import RecordsCannotMerge


@transaction.atomic
def individuals_merge(
    *, actor: Actor, individual_id: UUID, into_id: UUID, version: int | None = None, now: datetime
) -> Individual:
    """Merge a record into another of the same response. A second click changes nothing."""
    individual = find(individual_id, actor=actor, verb="person.merge")
    into = find(into_id, actor=actor, verb="person.merge")
    if individual.merged_into_id == into.id:
        return individual
    _mergeable(individual, into)
    IndividualMerge.objects.create(
        individual=individual, into=into, state=individual.state, merged_by_id=actor.person_id, merged_at=now
    )
    change(individual, version, state="merged", merged_into_id=into.id)
    tell(individual, events.MERGED, actor=actor, now=now, role=individual.role, into=str(into.id))
    return individual


def _mergeable(individual: Individual, into: Individual) -> None:
    if individual.id == into.id:
        raise RecordsCannotMerge(why_zh="不能并入自身。", why_en="a record cannot go into itself.")
    if individual.state == "merged" or into.state == "merged":
        raise RecordsCannotMerge(why_zh="其中一份已并入别的档案。", why_en="one of them has been merged already.")
    if individual.response_id != into.response_id or individual.exercise != into.exercise:
        raise RecordsCannotMerge(
            why_zh="两者不属同一响应，或一为演练。", why_en="they are not of one response, or one is of an exercise."
        )
    if Individual.objects.filter(merged_into=individual).exists():
        raise RecordsCannotMerge(
            why_zh="已有档案并入本档案，请反向并档。", why_en="others went into this one; merge the other way round."
        )
    running = underway([individual.id, into.id])
    mine, theirs = running.get(individual.id, []), running.get(into.id, [])
    both = [words for words in mine if words in theirs]
    if both:
        raise RecordsCannotMerge(
            why_zh=f"两份档案都有{both[0][0]}，请先办结其中一份的。",
            why_en=f"on both there is {both[0][1]}; end it on one of them first.",
        )
    if mine:
        raise RecordsCannotMerge(
            why_zh=f"本档案有{mine[0][0]}，请把另一份并入本档案。",
            why_en=f"on this one there is {mine[0][1]}; merge the other one into it.",
        )
    if individual.confirmed_at and not into.confirmed_at:
        raise RecordsCannotMerge(
            why_zh="本档案是确诊病例，请把另一份并入本档案。", why_en="this one is a case; merge the other one into it."
        )


@transaction.atomic
def merge_undo(*, actor: Actor, individual_id: UUID, version: int | None = None, now: datetime) -> Individual:
    """Undo a merge: the record stands as it stood. A second click changes nothing."""
    individual = find(individual_id, actor=actor, verb="person.merge")
    merge = IndividualMerge.objects.filter(individual=individual, undone_at__isnull=True).first()
    if merge is None:
        return individual
    change(individual, version, state=merge.state, merged_into_id=None)
    change_rows(IndividualMerge, {"id": merge.id, "undone_at": None}, {"undone_at": now})
    tell(individual, events.MERGE_UNDONE, actor=actor, now=now, role=individual.role, into=str(merge.into_id))
    return individual

"""Whose record it is that is counted, and who may counter 冲正 it."""

from __future__ import annotations

from uuid import UUID

from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor, Grant

COUNTER = "duty.counter"


def acting_as(actor: Actor, area_id: UUID) -> Grant | None:
    """The post by which the actor does something here: the first whose area covers the place."""
    upper = tree().superiors(area_id)
    return next((grant for grant in actor.grants if grant.post_id and grant.area_id in upper), None)


def may_counter(actor: Actor, *, person_id: UUID | None, area_id: UUID, own: str) -> bool:
    """Whether the actor may counter somebody's record in an area: whoever may there, or its author with the verb `own`.

    `person_id` is the author, None where a program recorded it.
    """
    author = actor.person_id is not None and person_id == actor.person_id
    return may(actor, COUNTER, area_id) or (author and may(actor, own, area_id))


def require_counter(actor: Actor, *, person_id: UUID | None, area_id: UUID, own: str) -> None:
    """Raise NotPermitted for whoever may not counter somebody's record."""
    if not may_counter(actor, person_id=person_id, area_id=area_id, own=own):
        require(actor, COUNTER, area_id)

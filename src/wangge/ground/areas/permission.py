"""Permission over areas: the form of `require` that every service uses as its first line."""

from __future__ import annotations

from uuid import UUID

from wangge.ground.areas.tree import tree
from wangge.ground.kernel import permission
from wangge.ground.kernel.permission import Actor

__all__ = ["Actor", "may", "require", "role_for"]


def may(actor: Actor, verb: str, area_id: UUID | None) -> bool:
    """Whether the actor's posts allow the verb in this area."""
    return permission.may(actor, verb, area_id, _covers)


def require(actor: Actor, verb: str, area_id: UUID | None) -> None:
    """Raise NotPermitted unless the actor's posts allow the verb in this area (None: everywhere)."""
    permission.require(actor, verb, area_id, _covers)


def _covers(ancestor_id: UUID, area_id: UUID) -> bool:
    return tree().covers(ancestor_id, area_id)


def role_for(actor: Actor, verb: str, area_id: UUID | None) -> str:
    """The role of the first post by which the actor may do this there; "" where none allows it."""
    grants = (grant for grant in actor.grants if may(Actor(actor.person_id, actor.name, (grant,)), verb, area_id))
    return next((grant.role for grant in grants), "")

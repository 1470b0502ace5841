"""Who acts, and what their posts allow: pure, so that every floor can ask.

Roles grant verbs at an area, and an area covers its subtree. How areas cover each other is handed
in, because the areas room stands above this one; `wangge.ground.areas.permission.require` is the
form that services use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from wangge.ground.kernel.problems import NotPermitted


@dataclass(frozen=True)
class Grant:
    """The verbs that one post gives its holder, in one area and all it covers (None: everywhere)."""

    verbs: frozenset[str]
    area_id: UUID | None
    role: str
    post_id: UUID | None = None
    agency_id: UUID | None = None
    agency_kind: str = ""


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts: a person by the posts held now, or a job of the system."""

    person_id: UUID | None
    name: str
    grants: tuple[Grant, ...]

    @property
    def is_system(self) -> bool:
        return self.person_id is None

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def agency_ids(self) -> frozenset[UUID]:
        return frozenset(grant.agency_id for grant in self.grants if grant.agency_id)

    @property
    def area_ids(self) -> tuple[UUID, ...]:
        """The areas of the actor's posts, each once, in the order of the posts."""
        return tuple(dict.fromkeys(grant.area_id for grant in self.grants if grant.area_id))


def system_actor(job: str, *verbs: str) -> Actor:
    """A job of the system, allowed exactly the verbs it names, everywhere."""
    return Actor(None, f"system:{job}", (Grant(frozenset(verbs), None, "system"),))


def may(actor: Actor, verb: str, area_id: UUID | None, covers: Callable[[UUID, UUID], bool]) -> bool:
    """Whether a grant of the actor allows the verb there; no area means a matter of the whole installation."""
    for grant in actor.grants:
        if verb not in grant.verbs:
            continue
        if grant.area_id is None or (area_id is not None and covers(grant.area_id, area_id)):
            return True
    return False


def require(actor: Actor, verb: str, area_id: UUID | None, covers: Callable[[UUID, UUID], bool]) -> None:
    """Raise NotPermitted unless the actor may do this there."""
    if not may(actor, verb, area_id, covers):
        raise NotPermitted(verb=verb)

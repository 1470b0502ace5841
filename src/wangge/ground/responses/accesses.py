"""The access record 查阅记录: who looked at whose full data, by which role, where, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.responses.models import Unmasking
from wangge.ground.responses.vault import REASON, shown

PAGE = 50


@dataclass(frozen=True)
class Look:
    """One look at full data. `reason` is masked as texts are: long numbers are hidden, words stay."""

    id: UUID
    at: datetime
    person: str
    role: str
    area_id: UUID
    subject_id: UUID
    fields: Sequence[str]
    reason: str


class LookMark(NamedTuple):
    """Where a page ended: the key of its last row."""

    at: datetime
    look_id: UUID


@dataclass(frozen=True)
class LookPage:
    """One page of looks, the newest first, and where the next begins, None at the end."""

    looks: Sequence[Look]
    following: LookMark | None


def unmaskings_of(subject_ids: Iterable[UUID]) -> dict[UUID, list[Look]]:
    """The looks at each of these subjects, the newest first.

    It asks nobody's permission: the page of a record shows them to whoever may see the record.
    """
    rows = Unmasking.objects.filter(subject_id__in=set(subject_ids)).order_by("-at", "-id")
    found: dict[UUID, list[Look]] = {}
    for look in _looks(rows):
        found.setdefault(look.subject_id, []).append(look)
    return found


def unmaskings(
    *, actor: Actor, area_id: UUID | None = None, after: LookMark | None = None, limit: int = PAGE
) -> LookPage:
    """A page of the looks taken in the areas that the actor audits, or in one of them. Raises NotPermitted."""
    rows = Unmasking.objects.filter(_audited(actor))
    if area_id is not None:
        require(actor, "vault.audit", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if after is not None:
        rows = rows.filter(Q(at__lt=after.at) | Q(at=after.at, id__lt=after.look_id))
    found = _looks(rows.order_by("-at", "-id")[: limit + 1])
    following = LookMark(found[limit - 1].at, found[limit - 1].id) if len(found) > limit else None
    return LookPage(found[:limit], following)


def _audited(actor: Actor) -> Q:
    if not any("vault.audit" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="vault.audit")
    return within_reach(actor, "vault.audit")


def _looks(rows: QuerySet[Unmasking]) -> list[Look]:
    """The looks with their reasons; two queries."""
    found = list(rows.select_related("person"))
    reasons = shown([row.id for row in found])
    return [
        Look(
            row.id,
            row.at,
            row.person.display_name if row.person else "",
            row.role,
            row.area_id,
            row.subject_id,
            row.fields,
            reasons.get(row.id, {}).get(REASON, ""),
        )
        for row in found
    ]

"""Reading the register: checkpoints an actor may see, one whole, on a map, and how each of them stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from wangge.duties.checkpoints.models import Alert, Checkpoint, Handover
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import CheckpointsUnfitted, NotFound
from wangge.ground.responses import vault
from wangge.ground.responses.packs.checkpoints import CheckpointsDef
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id

SHOWN = 20
MOST = 2_000  # a city has a hundred; so many are shown at most
PERSONAL = ("contact_name", "contact_phone")


@dataclass(frozen=True)
class CheckpointView:
    """One checkpoint whole: its last alerts and handovers; personal fields are masked."""

    checkpoint: Checkpoint
    area_name: str
    private: dict[str, str]
    alerts: Sequence[Alert]
    handovers: Sequence[Handover]
    notes: dict[UUID, str]


class Point(NamedTuple):
    """A checkpoint as a map shows it; without a place of its own it stands at that of its area."""

    number: str
    area_id: UUID
    lon: float | None
    lat: float | None
    kind: str
    checkpoint: Checkpoint


def pack_for(response_id: UUID) -> tuple[Pack, CheckpointsDef]:
    """The pack a response follows, and what it says of checkpoints. Raises CheckpointsUnfitted."""
    pack = pack_by_id(response_by_id(response_id).pack_id)
    if pack.checkpoints is None:
        raise CheckpointsUnfitted(pack=pack.name)
    return pack, pack.checkpoints


def checkpoints(
    *, actor: Actor, response_id: UUID, area_id: UUID | None = None, closed: bool = False
) -> list[Checkpoint]:
    """The checkpoints of an area, or wherever the actor may see any, in the order of their numbers; one query."""
    rows = Checkpoint.objects.filter(within_reach(actor, "checkpoint.view"), response_id=response_id)
    if area_id is not None:
        require(actor, "checkpoint.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if not closed:
        rows = rows.filter(closed_on__isnull=True)
    return list(rows.order_by("number")[:MOST])


def checkpoint_by_number(number: str, *, actor: Actor, verb: str = "checkpoint.view") -> Checkpoint:
    """The checkpoint with this number. Raises NotFound, also where the actor may not look."""
    found = Checkpoint.objects.filter(number=number.strip().upper()).first()
    if found is None or not may(actor, verb, found.area_id):
        raise NotFound(what=f"检疫点 {number}")
    return found


def checkpoint_view(checkpoint: Checkpoint, *, actor: Actor) -> CheckpointView:
    """The whole of a checkpoint that comes from `checkpoint_by_number`; a fixed number of queries."""
    handovers = list(
        Handover.objects.filter(checkpoint=checkpoint).select_related("by", "taken_by").order_by("-at", "-id")[:SHOWN]
    )
    alerts = list(Alert.objects.filter(checkpoint=checkpoint).select_related("person").order_by("-at", "-id")[:SHOWN])
    private: dict[str, str] = {}
    notes: dict[UUID, str] = {}
    if may(actor, "vault.view", checkpoint.area_id):
        ids = [checkpoint.id, *(one.id for one in handovers)]
        found = vault.masked(actor=actor, area_id=checkpoint.area_id, subject_ids=ids)
        private = found.get(checkpoint.id, {})
        notes = {one.id: found[one.id]["notes"] for one in handovers if "notes" in found.get(one.id, {})}
    return CheckpointView(checkpoint, tree().path_name(checkpoint.area_id), private, alerts, handovers, notes)


def points(*, actor: Actor, response_id: UUID, area_id: UUID) -> list[Point]:
    """The checkpoints of an area for a map."""
    found = checkpoints(actor=actor, response_id=response_id, area_id=area_id)
    return [Point(one.number, one.area_id, one.lon, one.lat, one.kind, one) for one in found]


def screened_by(actor: Actor, numbers: Collection[str], *, response_id: UUID) -> dict[str, UUID]:
    """The checkpoints with these numbers that are not closed and where the actor may screen; one query."""
    rows = Checkpoint.objects.filter(number__in=set(numbers), response_id=response_id, closed_on__isnull=True)
    return {one.number: one.id for one in rows if may(actor, "checkpoint.screen", one.area_id)}


def named_alike(drafts: Iterable[tuple[UUID, str]], *, response_id: UUID) -> set[tuple[UUID, str]]:
    """Those of some (area, name) under which a checkpoint stands that is not closed; one query."""
    wanted = set(drafts)
    rows: QuerySet[Checkpoint, tuple[UUID, str]] = Checkpoint.objects.filter(
        response_id=response_id, closed_on__isnull=True, area_id__in={area for area, _ in wanted}
    ).values_list("area_id", "name")
    return wanted.intersection(rows)

"""How a record of a person moves: looked up, compared and set, and told to the journal. Used by every verb group."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from wangge.duties.observation.models import Individual
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_seen
from wangge.ground.kernel.problems import NotFound, RecordChanged, RecordNotActive, ResponseUnfitted
from wangge.ground.responses.packs.schema import ObservationDef, Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id


def find(individual_id: UUID, *, actor: Actor, verb: str) -> Individual:
    """The record, if the actor may do this in its area. Raises NotFound, NotPermitted."""
    individual = Individual.objects.filter(id=individual_id).first()
    if individual is None:
        raise NotFound(what="人员档案")
    require(actor, verb, individual.area_id)
    return individual


def find_active(individual_id: UUID, *, actor: Actor, verb: str) -> Individual:
    """The same, where the record is still worked with. Raises RecordNotActive."""
    individual = find(individual_id, actor=actor, verb=verb)
    if individual.state != "active":
        raise RecordNotActive(number=individual.number)
    return individual


def change(row: Model, version: int | None, **changes: Any) -> None:
    """Compare and set: apply the changes if the row is still at the version that the person saw (None: as read).

    Raises RecordChanged where somebody was faster.
    """
    seen = row.version if version is None else version  # type: ignore[attr-defined]
    if not change_seen(row, seen, changes):
        raise RecordChanged()


def tell(individual: Individual, type_: str, /, *, actor: Actor, now: datetime, **data: Any) -> None:
    """Record an event of a person's record; `subject_id` and `observed_at` may be given among the data."""
    journal.record(
        type_,
        at=now,
        observed_at=data.pop("observed_at", None),
        actor_id=actor.person_id,
        area_id=individual.area_id,
        subject_id=data.pop("subject_id", individual.id),
        response_id=individual.response_id,
        exercise=individual.exercise,
        **data,
    )


def pack_for(response_id: UUID) -> tuple[Pack, ObservationDef]:
    """The pack a response follows, and what it says of observation. Raises ResponseUnfitted where it says nothing."""
    pack = pack_by_id(response_by_id(response_id).pack_id)
    if pack.observation is None:
        raise ResponseUnfitted(pack=pack.name)
    return pack, pack.observation

"""Shifts hand over to each other 交接班: who went, who came, and what the next one has to know."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.checkpoints import events, rules
from wangge.duties.checkpoints.models import Handover
from wangge.duties.checkpoints.queries.register import pack_for
from wangge.duties.checkpoints.services.register import event_of, find_standing
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.fields import check_words
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import HandoverOwn, HandoverTaken, NotFound, NotPermitted
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret


@transaction.atomic
def shift_hand_over(
    *, actor: Actor, checkpoint_id: UUID, notes: str, now: datetime, record_id: UUID | None = None
) -> Handover:
    """Hand over the shift that is on. The same `record_id` again changes nothing."""
    checkpoint = find_standing(checkpoint_id, actor=actor, verb="checkpoint.screen")
    if actor.person_id is None:
        raise NotPermitted(verb="checkpoint.screen")
    problem = check_words(notes, "notes", rules.NOTE_LIMIT)
    if problem:
        raise problem
    _, plan = pack_for(checkpoint.response_id)
    shift = rules.shift_at(plan.shifts.values(), now)
    handover, fresh = Handover.objects.get_or_create(
        id=record_id or new_id(),
        defaults={"checkpoint": checkpoint, "shift": shift, "by_id": actor.person_id, "at": now},
    )
    if fresh:
        secret = Secret(handover.id, "notes", "text", notes.strip())
        vault.put_many(response_id=checkpoint.response_id, secrets=[secret])
        journal.record_many([event_of(checkpoint, events.HANDED, actor=actor, now=now, shift=shift)])
    return handover


@transaction.atomic
def shift_take_over(*, actor: Actor, handover_id: UUID, now: datetime) -> Handover:
    """Take over a shift, as somebody else. Raises HandoverTaken, HandoverOwn."""
    handover = Handover.objects.select_related("checkpoint").filter(id=handover_id).first()
    if handover is None:
        raise NotFound(what="交接班记录")
    require(actor, "checkpoint.screen", handover.checkpoint.area_id)
    if handover.by_id == actor.person_id:
        raise HandoverOwn()
    rows = Handover.objects.filter(id=handover.id, taken_at__isnull=True)
    if rows.update(taken_by_id=actor.person_id, taken_at=now) != 1:
        raise HandoverTaken()
    upon = event_of(handover.checkpoint, events.TAKEN_OVER, actor=actor, now=now, shift=handover.shift)
    journal.record_many([upon])
    return handover

"""Posts hand over 交接班: who goes off duty writes what the next one has to know, who comes on confirms it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import PostHandover
from wangge.duties.rosters.queries.handing import posts_stood
from wangge.duties.rosters.queries.making import plan_for
from wangge.ground.accounts.duty import EARLY
from wangge.ground.accounts.staffing import duties_at, posts_named
from wangge.ground.journal import services as journal
from wangge.ground.kernel.fields import check_words
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import HandoverOwn, HandoverTaken, NotFound, NotPermitted
from wangge.ground.responses import vault
from wangge.ground.responses.queries import response_running
from wangge.ground.responses.vault import Secret

NOTE_LIMIT = 2000
AHEAD = timedelta(hours=36)  # so far ahead the next duty at a post is looked for


@transaction.atomic
def post_hand_over(
    *, actor: Actor, response_id: UUID, post_id: UUID, notes: str, now: datetime, record_id: UUID | None = None
) -> PostHandover:
    """Hand a post over, as somebody who is or was just on duty there. The same `record_id` again changes nothing."""
    area_id = _require_at(actor, post_id, now)
    response = response_running(response_id)
    problem = check_words(notes, "notes", NOTE_LIMIT, needed=True)
    if problem:
        raise problem
    late = timedelta(minutes=plan_for(response_id).rules.late_minutes)
    coming = [
        one.since
        for one in duties_at([post_id], now, now + AHEAD)
        if one.since > now - EARLY and one.person_id != actor.person_id
    ]
    said = {
        "response": response, "post_id": post_id, "by_id": actor.person_id, "at": now,
        "due_at": max(now, coming[0]) + late if coming else None,
    }  # fmt: skip
    handover, fresh = PostHandover.objects.get_or_create(id=record_id or new_id(), defaults=said)
    if fresh:
        secrets = [Secret(handover.id, "notes", "text", notes.strip())]
        vault.put_many(response_id=response_id, secrets=secrets)
        _tell(events.HANDED, handover, area_id, actor, now)
    return handover


@transaction.atomic
def post_take_over(*, actor: Actor, handover_id: UUID, now: datetime) -> PostHandover:
    """Confirm a handover as somebody else who comes on duty there. Raises HandoverTaken, HandoverOwn."""
    handover = PostHandover.objects.filter(id=handover_id).first()
    if handover is None:
        raise NotFound(what="交接班记录")
    area_id = _require_at(actor, handover.post_id, now)
    if handover.by_id == actor.person_id:
        raise HandoverOwn()
    if not PostHandover.objects.filter(id=handover.id, taken_at=None).update(taken_by_id=actor.person_id, taken_at=now):
        raise HandoverTaken()
    _tell(events.TAKEN, handover, area_id, actor, now)
    return handover


def _require_at(actor: Actor, post_id: UUID, now: datetime) -> UUID:
    """The area of a post at which somebody stands about now. Raises NotPermitted, NotFound."""
    posts = posts_named([post_id])
    if post_id not in posts:
        raise NotFound(what="岗位")
    if actor.person_id is None or post_id not in posts_stood(actor.person_id, now):
        raise NotPermitted(verb="roster.view")
    return posts[post_id][1]


def _tell(type_: str, handover: PostHandover, area_id: UUID, actor: Actor, now: datetime) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=area_id,
        subject_id=handover.id,
        response_id=handover.response_id,
        post=str(handover.post_id),
        late=bool(handover.due_at and now > handover.due_at),
    )

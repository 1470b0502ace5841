"""Ending a response 终止响应: one asks, another approves, either may call it off, and the engine destroys the keys.

From the approval on the response takes nothing new, so it is approved only when no matter is open and nobody is under
observation, on the way to a clinic or under a compulsory measure. The intent is
written down before the keys go and the fact after: whatever dies in between, the next engine finishes it.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from wangge.duties.matters.queries import matter_counts
from wangge.duties.observation.queries.underway import underway_counts
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.journal.seal import head_of_chain
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import (
    DataDestroyed,
    EndingNotPossible,
    InputInvalid,
    NotFound,
    NotPermitted,
    NotYourOwnApproval,
    Problem,
    VaultLocked,
)
from wangge.ground.responses import services as responses
from wangge.ground.responses.keys import key_ring, keys_destroy
from wangge.ground.responses.queries import response_by_id, response_running
from wangge.ground.responses.rules import mask
from wangge.picture.endings import events, rules
from wangge.picture.endings.models import Ending
from wangge.picture.endings.queries import countdown_of, counted, record_digest

# What has to be over before a response ends, and how it is said.
RUNNING = (
    ("open", "件事项未结案（含挂账），请先结案", "matters are open, parked ones among them; close them first"),
    ("measures_in_force", "项强制隔离措施未解除，请先解除", "compulsory measures are in force; end them first"),
    ("referrals_open", "件转诊未办结，请先办结", "referrals are open; settle them first"),
    ("plans_running", "人仍在医学观察，请先办理解除", "people are under observation; release them first"),
)
log = logging.getLogger(__name__)


@transaction.atomic
def ending_ask(*, actor: Actor, response_id: UUID, basis: str, now: datetime) -> Ending:
    """Ask for the end of a running response, on a basis that will stand on the record. The countdown begins."""
    response = response_running(response_id)
    person_id = _require_person(actor, response.area_id)
    text = basis.strip()
    if len(text) < rules.LEAST_BASIS or len(text) > 200:
        raise InputInvalid(
            field="basis", why_zh="请写明终止的依据（6 至 200 字）。", why_en="Give the basis in 6 to 200 characters."
        )
    if mask("text", text) != text:
        raise InputInvalid(
            field="basis",
            why_zh="依据会印在销毁记录上，请勿写电话、证件号。",
            why_en="The basis stands on the record for good: leave out phone and document numbers.",
        )
    counts, due = counted(response_id), now + countdown_of(response_id)
    try:
        with transaction.atomic():
            ending = Ending.objects.create(
                response=response, basis=text, asked_by_id=person_id, asked_at=now, due_at=due, next_at=due
            )
    except IntegrityError:
        raise EndingNotPossible(why_zh="已有人提出终止", why_en="somebody has asked for its end already") from None
    _record(events.ASKED, ending, actor, now, due=_said(ending.due_at), **_sums(counts))
    return ending


def _require_person(actor: Actor, area_id: UUID) -> UUID:
    """Who decides. Two people answer for an ending, so no job of the system can be one of them."""
    require(actor, "response.declare", area_id)
    if actor.person_id is None:
        raise NotPermitted(verb="response.declare")
    return actor.person_id


def _find(ending_id: UUID, actor: Actor) -> Ending:
    """The ending, held until the end of the transaction, if the actor may decide on it. Raises NotFound."""
    ending = Ending.objects.select_for_update(of=("self",)).filter(id=ending_id).select_related("response").first()
    if ending is None:
        raise NotFound(what="终止申请")
    _require_person(actor, ending.response.area_id)
    if ending.called_off_at is not None:
        raise EndingNotPossible(why_zh="这次终止已撤回", why_en="this ending was called off")
    if ending.begun_at is not None:
        raise DataDestroyed()
    return ending


@transaction.atomic
def ending_approve(*, actor: Actor, ending_id: UUID, now: datetime) -> None:
    """Approve an ending that another has asked for; the response takes nothing new from now on."""
    ending = _find(ending_id, actor)
    if ending.asked_by_id == actor.person_id:
        raise NotYourOwnApproval()
    if ending.approved_at is not None:
        raise EndingNotPossible(why_zh="已有人批准", why_en="somebody has approved it already")
    _refuse_what_runs(ending)
    responses.response_end(actor=actor, response_id=ending.response_id, now=now)
    ending.approved_by_id, ending.approved_at = actor.person_id, now
    ending.due_at = ending.next_at = rules.due_on_approval(ending.due_at, now)
    ending.save(update_fields=["approved_by", "approved_at", "due_at", "next_at"])
    _record(events.APPROVED, ending, actor, now, due=_said(ending.due_at))


def _refuse_what_runs(ending: Ending) -> None:
    counts = matter_counts(ending.response_id) | underway_counts(ending.response_id)
    for name, zh, en in RUNNING:
        if count := counts[name]:
            raise EndingNotPossible(why_zh=f"还有 {count} {zh}", why_en=f"{count} {en}")


@transaction.atomic
def ending_call_off(*, actor: Actor, ending_id: UUID, now: datetime) -> None:
    """Call an ending off, as long as the keys are not given up; an approved one lets its response go on."""
    ending = _find(ending_id, actor)
    if ending.approved_at is not None:
        responses.response_resume(actor=actor, response_id=ending.response_id, now=now)
    ending.called_off_by_id, ending.called_off_at = actor.person_id, now
    ending.save(update_fields=["called_off_by", "called_off_at"])
    _record(events.CALLED_OFF, ending, actor, now)


def endings_due(*, actor: Actor, now: datetime) -> int:
    """Carry out the endings that are due; how many were. Safe in any number of engines at once."""
    require(actor, "response.destroy", None)
    done = 0
    for ending in _due(now):
        try:
            done += ending_carry_out(actor=actor, ending_id=ending.id, now=now)
        except Problem as problem:
            log.warning("engine: the ending of response %s waits: %s", ending.response_id, problem)
            Ending.objects.filter(id=ending.id).update(next_at=now + rules.TRY_AGAIN_AFTER)
    return done


@prepared
def _due(now: datetime) -> QuerySet[Ending]:
    rows = Ending.objects.filter(approved_at__isnull=False, called_off_at__isnull=True, done_at__isnull=True)
    return rows.filter(next_at__lte=now).order_by("next_at")


def ending_carry_out(*, actor: Actor, ending_id: UUID, now: datetime) -> bool:
    """Destroy the keys of an approved ending that is due; False where another engine was faster.

    Three steps, each of which may be done again: the intent, the keys, the fact.
    """
    require(actor, "response.destroy", None)
    ending = _begun(ending_id, actor, now)
    if ending is None or ending.begun_at is None:
        return False
    number = rules.record_number(ending.response.code)
    keys_destroy(ending.response_id, record=number, at=ending.begun_at)
    return _finish(ending, number, actor, now)


@transaction.atomic
def _begun(ending_id: UUID, actor: Actor, now: datetime) -> Ending | None:
    """The ending with its intent written, by this call or an earlier one; None where it is not due or done."""
    rows = Ending.objects.select_for_update(of=("self",)).filter(id=ending_id, done_at__isnull=True, due_at__lte=now)
    ending = rows.filter(approved_at__isnull=False, called_off_at__isnull=True).select_related("response").first()
    if ending is None or ending.begun_at is not None:
        return ending
    _refuse_what_runs(ending)
    ending.counts = counted(ending.response_id)
    with suppress(VaultLocked):  # keys that were lost before are destroyed all the same, and the record shows none
        marks = key_ring(ending.response_id).fingerprints
        ending.fingerprints = {str(version): mark for version, mark in marks.items()}
    ending.begun_at = now
    ending.save(update_fields=["counts", "fingerprints", "begun_at"])
    responses.response_give_up_keys(actor=actor, response_id=ending.response_id, now=now)
    number = rules.record_number(ending.response.code)
    _record(events.BEGUN, ending, actor, now, number=number, fingerprints=ending.fingerprints, **_sums(ending.counts))
    return ending


@transaction.atomic
def _finish(ending: Ending, number: str, actor: Actor, now: datetime) -> bool:
    """Write down that the keys are gone, and where the journal's seal stands; False where that was done."""
    block, head = head_of_chain()
    unfinished = Ending.objects.filter(id=ending.id, done_at__isnull=True)
    if not unfinished.update(done_at=now, seal_number=block, seal_head=head):
        return False
    _record(
        events.DESTROYED,
        ending,
        actor,
        now,
        number=number,
        fingerprints=ending.fingerprints,
        record_digest=record_digest(ending),
        seal_number=block,
        seal_head=head,
        **_sums(ending.counts),
    )
    return True


def _sums(counts: dict[str, Any]) -> dict[str, Any]:
    return {"fields": sum(counts["fields"].values()), "subjects": counts["subjects"]}


def _said(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _record(event: str, ending: Ending, actor: Actor, now: datetime, **data: Any) -> None:
    response = response_by_id(ending.response_id)
    journal.record(
        event,
        at=now,
        actor_id=actor.person_id,
        area_id=response.area_id,
        subject_id=ending.id,
        response_id=response.id,
        exercise=response.exercise,
        **data,
    )

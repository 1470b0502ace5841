"""What an ending would destroy and leave, how far one has come, and the record of the one that was carried out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from wangge.duties.dutylog.queries import entries_count
from wangge.duties.matters.queries import matter_counts
from wangge.duties.observation.queries.totals import record_counts
from wangge.duties.observation.queries.underway import underway_counts
from wangge.ground.areas.permission import may, require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted
from wangge.ground.responses.queries import pack_of, response_by_id
from wangge.ground.responses.vault import held
from wangge.picture.bulletins.queries import bulletins_count
from wangge.picture.endings.models import Ending
from wangge.picture.endings.rules import digest_of

# Whoever has one of these in the area of a response may see where its ending and its keys stand.
LOOKERS = ("response.declare", "key.rotate", "journal.verify")


def counted(response_id: UUID) -> dict[str, Any]:
    """What there is in a response: `fields` sealed by kind, their `subjects`, and the rest by name. Reads all of it."""
    fields, subjects = held(response_id)
    return {
        "fields": fields,
        "subjects": subjects,
        **matter_counts(response_id),
        "entries": entries_count(response_id),
        "bulletins": bulletins_count(response_id),
        **record_counts(response_id),
        **underway_counts(response_id),
    }


def countdown_of(response_id: UUID) -> timedelta:
    """How long the end of a response counts down: its pack says so. Raises PackOutdated."""
    return timedelta(days=pack_of(response_by_id(response_id)).ending_days)


def dry_run(*, actor: Actor, response_id: UUID) -> dict[str, Any]:
    """What an ending would make unreadable, and what stays; see `counted`."""
    require(actor, "response.declare", response_by_id(response_id).area_id)
    return counted(response_id)


def ending_of(*, actor: Actor, response_id: UUID) -> Ending | None:
    """The ending of a response that was not called off, if there is one. Raises NotPermitted."""
    area_id = response_by_id(response_id).area_id
    if not any(may(actor, verb, area_id) for verb in LOOKERS):
        raise NotPermitted(verb=LOOKERS[0])
    rows = Ending.objects.filter(response_id=response_id, called_off_at__isnull=True)
    return rows.select_related("response", "response__area", "asked_by", "approved_by").first()


def destruction_of(*, actor: Actor, response_id: UUID) -> Ending:
    """The ending whose keys are destroyed, with all that its record shows. Raises NotFound, NotPermitted."""
    ending = ending_of(actor=actor, response_id=response_id)
    if ending is None or ending.done_at is None:
        raise NotFound(what="销毁记录")
    return ending


def record_digest(ending: Ending) -> str:
    """The fingerprint of what the record of an ending shows, as the journal keeps it."""
    people = (ending.asked_by_id, ending.approved_by_id)
    instants = (ending.asked_at, ending.approved_at, ending.due_at, ending.begun_at)
    return digest_of(ending.response_id, ending.basis, people, instants, ending.counts, ending.fingerprints)


def overdue_endings() -> list[Ending]:
    """Approved endings that have not been carried out, the first due first."""
    rows = Ending.objects.filter(approved_at__isnull=False, called_off_at__isnull=True, done_at__isnull=True)
    return list(rows.select_related("response").order_by("due_at"))

"""Writing the duty log 台账: entries in any number at once, and counter-entries 冲正 against wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.counted import events
from wangge.duties.counted.queries import acting_as, require_counter
from wangge.duties.dutylog import rules
from wangge.duties.dutylog.models import Entry
from wangge.duties.dutylog.rules import EntryDraft
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import EntryCountered, EntryIsCounter, NotFound, NotPermitted, Problem
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_by_id, response_running
from wangge.ground.responses.vault import Secret

COLUMNS = (
    "id", "response", "kind", "area", "person", "post", "agency", "place_kind", "quantities", "observed_at",
    "received_at", "sign", "corrects", "exercise",
)  # fmt: skip


@dataclass(frozen=True)
class Logged:
    """An entry that was taken."""

    entry_id: UUID
    received_at: datetime


@dataclass
class _Item:
    """One entry on its way through the batch."""

    draft: EntryDraft
    exercise: bool
    grant: Grant | None
    entry_id: UUID = field(default_factory=new_id)


@transaction.atomic
def entries_log(
    *, actor: Actor, response_id: UUID, drafts: Sequence[EntryDraft], now: datetime
) -> list[Logged | Problem]:
    """Log entries: a result for each in its order, a Logged or the Problem that kept it out."""
    response = response_running(response_id)
    pack = pack_by_id(response.pack_id)
    results: list[Logged | Problem] = []
    items: list[_Item] = []
    for draft in drafts:
        problem = entry_problem(actor, draft, pack, now)
        if problem is not None:
            results.append(problem)
            continue
        item = _Item(draft, response.exercise or draft.exercise, acting_as(actor, draft.area_id))
        items.append(item)
        results.append(Logged(item.entry_id, now))
    if items:
        _write(items, actor, response_id, now)
    return results


def entry_log(*, actor: Actor, response_id: UUID, draft: EntryDraft, now: datetime) -> Logged:
    """Log one entry, or raise the problem that keeps it out."""
    [result] = entries_log(actor=actor, response_id=response_id, drafts=[draft], now=now)
    if isinstance(result, Problem):
        raise result
    return result


def entry_problem(actor: Actor, draft: EntryDraft, pack: Pack, now: datetime) -> Problem | None:
    """What keeps an entry out, None where it can be taken."""
    areas = tree()
    if draft.area_id not in areas or areas.get(draft.area_id).ended:
        return invalid("area", "没有这个区域，或该区域已撤销。", "There is no such area, or it has ended.")
    verb = "exercise.run" if draft.exercise else "duty.log"
    if not may(actor, verb, draft.area_id):
        return NotPermitted(verb=verb)
    return rules.check_entry(draft, pack.log_kinds.get(draft.kind), now)


def _write(items: list[_Item], actor: Actor, response_id: UUID, now: datetime) -> None:
    insert_rows(
        Entry,
        COLUMNS,
        [
            (
                item.entry_id, response_id, item.draft.kind, item.draft.area_id, actor.person_id,
                item.grant.post_id if item.grant else None, item.grant.agency_id if item.grant else None,
                item.draft.place_kind, dict(item.draft.quantities), item.draft.observed_at or now, now, 1, None,
                item.exercise,
            )
            for item in items
        ],
    )  # fmt: skip
    notes = [Secret(item.entry_id, "note", "text", item.draft.note.strip()) for item in items]
    vault.put_many(response_id=response_id, secrets=notes)
    journal.record_many([_event(item, actor, response_id, now) for item in items])


def _event(item: _Item, actor: Actor, response_id: UUID, now: datetime) -> Any:
    draft = item.draft
    return journal.draft(
        events.LOGGED,
        at=now,
        observed_at=draft.observed_at or now,
        actor_id=actor.person_id,
        area_id=draft.area_id,
        subject_id=item.entry_id,
        response_id=response_id,
        exercise=item.exercise,
        kind=draft.kind,
        place_kind=draft.place_kind,
        sign=1,
        **draft.quantities,
    )


def _find(entry_id: UUID, actor: Actor) -> Entry:
    """The entry, if the actor may counter it: its author, or whoever may counter in its area."""
    entry = Entry.objects.filter(id=entry_id).first()
    if entry is None:
        raise NotFound(what="台账记录")
    require_counter(actor, person_id=entry.person_id, area_id=entry.area_id, own="duty.log")
    return entry


@transaction.atomic
def entry_counter(*, actor: Actor, entry_id: UUID, reason: str, now: datetime) -> Logged:
    """Counter an entry 冲正: one more of the same content that counts the other way. Once, and with a reason."""
    entry = _find(entry_id, actor)
    problem = rules.check_note(reason, "reason")
    if not reason.strip():
        problem = invalid("reason", "请写明冲正原因。", "Say why the entry was wrong.")
    if problem:
        raise problem
    if entry.sign < 0:
        raise EntryIsCounter()
    counter = _counter(entry, actor, now)
    vault.put_many(response_id=entry.response_id, secrets=[Secret(counter.id, "note", "text", reason.strip())])
    journal.record(
        events.COUNTERED,
        at=now,
        observed_at=entry.observed_at,
        actor_id=actor.person_id,
        area_id=entry.area_id,
        subject_id=entry.id,
        response_id=entry.response_id,
        exercise=entry.exercise,
        kind=entry.kind,
        place_kind=entry.place_kind,
        sign=-1,
        **entry.quantities,
    )
    return Logged(counter.id, now)


def _counter(entry: Entry, actor: Actor, now: datetime) -> Entry:
    grant = acting_as(actor, entry.area_id)
    try:
        with transaction.atomic():
            return Entry.objects.create(
                response_id=entry.response_id,
                kind=entry.kind,
                area_id=entry.area_id,
                person_id=actor.person_id,
                post_id=grant.post_id if grant else None,
                agency_id=grant.agency_id if grant else None,
                place_kind=entry.place_kind,
                quantities=entry.quantities,
                observed_at=entry.observed_at,
                received_at=now,
                sign=-1,
                corrects=entry,
                exercise=entry.exercise,
            )
    except IntegrityError:
        # The database lets one counter-entry in, whoever comes second and however close.
        raise EntryCountered() from None


@transaction.atomic
def entry_correct(*, actor: Actor, entry_id: UUID, draft: EntryDraft, reason: str, now: datetime) -> Logged:
    """Put an entry right 更正: counter it and log what it should have been, both or neither."""
    entry = _find(entry_id, actor)
    entry_counter(actor=actor, entry_id=entry_id, reason=reason, now=now)
    return entry_log(actor=actor, response_id=entry.response_id, draft=draft, now=now)

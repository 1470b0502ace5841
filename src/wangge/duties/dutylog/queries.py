"""Reading the duty log: entries an actor may see, page by page, and one with its counter-entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from wangge.duties.dutylog.models import Entry
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault

PAGE = 50


class EntryMark(NamedTuple):
    """Where a page ended: the key of its last row."""

    received_at: datetime
    entry_id: UUID


@dataclass(frozen=True)
class EntryPage:
    """One page of entries, the newest first, and where the next one begins, None at the end.

    Each entry carries `countered`: whether a counter-entry stands against it.
    """

    entries: Sequence[Entry]
    following: EntryMark | None


@dataclass(frozen=True)
class EntryView:
    """One entry whole: the entry it counters or is countered by, if any, and their notes, masked."""

    entry: Entry
    counter: Entry | None
    area_name: str
    notes: dict[UUID, str]


def visible(actor: Actor) -> QuerySet[Entry]:
    """The entries in the areas whose figures the actor may see."""
    return Entry.objects.filter(within_reach(actor, "figure.view"))


def entries(
    *,
    actor: Actor,
    kind: str = "",
    area_id: UUID | None = None,
    own: bool = False,
    after: EntryMark | None = None,
    limit: int = PAGE,
) -> EntryPage:
    """A page of entries, narrowed by kind, by area, or to the actor's own; one query whatever it holds."""
    rows = visible(actor)
    if own:
        rows = rows.filter(person_id=actor.person_id) if actor.person_id else rows.none()
    if kind:
        rows = rows.filter(kind=kind)
    if area_id is not None:
        require(actor, "figure.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if after is not None:
        rows = rows.filter(
            Q(received_at__lt=after.received_at) | Q(received_at=after.received_at, id__lt=after.entry_id)
        )
    rows = rows.annotate(countered=Exists(Entry.objects.filter(corrects=OuterRef("pk"))))
    found = list(rows.select_related("person", "agency").order_by("-received_at", "-id")[: limit + 1])
    following = EntryMark(found[limit - 1].received_at, found[limit - 1].id) if len(found) > limit else None
    return EntryPage(found[:limit], following)


def entry_view(entry_id: UUID, *, actor: Actor) -> EntryView:
    """One entry with what stands against it. Raises NotFound, also where the actor may not look."""
    entry = Entry.objects.filter(id=entry_id).select_related("person", "agency", "corrects__person").first()
    if entry is None or not may(actor, "figure.view", entry.area_id):
        raise NotFound(what="台账记录")
    counter = entry.corrects or Entry.objects.filter(corrects=entry).select_related("person").first()
    notes: dict[UUID, str] = {}
    if may(actor, "vault.view", entry.area_id):
        ids = [entry.id, *([counter.id] if counter else [])]
        found = vault.masked(actor=actor, area_id=entry.area_id, subject_ids=ids)
        notes = {subject_id: fields["note"] for subject_id, fields in found.items() if "note" in fields}
    return EntryView(entry, counter, tree().path_name(entry.area_id), notes)


def entries_count(response_id: UUID) -> int:
    """How many entries of the duty log there are in a response, counter-entries among them."""
    return Entry.objects.filter(response_id=response_id).count()

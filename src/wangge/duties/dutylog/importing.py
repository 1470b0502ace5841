"""Many entries at once from a table somebody sent 批量导入: looked at first, then the good ones taken, each once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from wangge.duties.dutylog import events
from wangge.duties.dutylog.models import ImportedRow
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import Logged, entries_log, entry_problem
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.queries import pack_by_id, response_by_id

TRIES = 3


@dataclass(frozen=True)
class Verdict:
    """What would become of a row: taken, known already (`repeated`), or kept out by a problem."""

    problem: Problem | None = None
    repeated: bool = False

    @property
    def good(self) -> bool:
        return self.problem is None and not self.repeated


def entries_preview(*, actor: Actor, response_id: UUID, drafts: Sequence[EntryDraft], now: datetime) -> list[Verdict]:
    """What would become of each draft if they were imported now; nothing is written."""
    if not any("duty.log" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="duty.log")
    pack = pack_by_id(response_by_id(response_id).pack_id)
    digests = list(_digests(drafts))
    known = set(
        ImportedRow.objects.filter(response_id=response_id, digest__in=digests).values_list("digest", flat=True)
    )
    return [
        Verdict(entry_problem(actor, draft, pack, now), digest in known)
        for draft, digest in zip(drafts, digests, strict=True)
    ]


def entries_import(*, actor: Actor, response_id: UUID, drafts: Sequence[EntryDraft], now: datetime) -> list[Verdict]:
    """Take the good drafts, each once however often the same table is sent; the verdict on each.

    Two people who send the same table at once: the second waits, and finds every row taken.
    """
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return _import(actor, response_id, drafts, now)
        except IntegrityError:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _import(actor: Actor, response_id: UUID, drafts: Sequence[EntryDraft], now: datetime) -> list[Verdict]:
    verdicts = entries_preview(actor=actor, response_id=response_id, drafts=drafts, now=now)
    good = [place for place, verdict in enumerate(verdicts) if verdict.good]
    results = entries_log(actor=actor, response_id=response_id, drafts=[drafts[place] for place in good], now=now)
    digests = list(_digests(drafts))
    ImportedRow.objects.bulk_create(
        ImportedRow(response_id=response_id, digest=digests[place], entry_id=result.entry_id)
        for place, result in zip(good, results, strict=True)
        if isinstance(result, Logged)
    )
    if good:
        areas = {drafts[place].area_id for place in good}
        journal.record(
            events.IMPORTED,
            at=now,
            actor_id=actor.person_id,
            area_id=areas.pop() if len(areas) == 1 else None,
            response_id=response_id,
            rows=len(drafts),
            taken=len(good),
        )
    return verdicts


def _digests(drafts: Sequence[EntryDraft]) -> Iterator[str]:
    """A digest for each draft, keyed, because a note may be personal; equal rows of one table are told apart."""
    seen: Counter[str] = Counter()
    for draft in drafts:
        said = json.dumps(
            [
                draft.kind,
                str(draft.area_id),
                draft.place_kind,
                sorted(draft.quantities.items()),
                draft.observed_at.isoformat() if draft.observed_at else "",
                draft.note.strip(),
            ],
            ensure_ascii=False,
        )
        seen[said] += 1
        yield salted_hmac("wangge.duty-log-row", f"{seen[said]}\n{said}", algorithm="sha256").hexdigest()

"""Lists of people from the health department and other cities 导入名单: looked at first, then taken, each row once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.crypto import salted_hmac

from wangge.duties.observation import events
from wangge.duties.observation.drafts import RecordDraft, read_draft
from wangge.duties.observation.models import Origin
from wangge.duties.observation.queries.duplicates import Known, desk_of, known_many, marks
from wangge.duties.observation.services.moves import pack_for
from wangge.duties.observation.services.records import Came, individuals_register
from wangge.ground.areas.permission import may
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.queries import response_by_id, wait_turn

BATCH = 5000


@dataclass(frozen=True)
class Verdict:
    """What would become of a row: a new record, one more report of a `known` one, nothing (`repeated`), or a problem.

    `known` is the number of the record as far as the reader may see it, else whose desk to ask; "↑" and a line of the
    list for somebody named further up.
    """

    problem: Problem | None = None
    repeated: bool = False
    known: str = ""

    @property
    def good(self) -> bool:
        return self.problem is None and not self.repeated


@dataclass(frozen=True)
class _Looked:
    """A row as it was looked at: what is to be done with it, and for a good one the draft in its one form."""

    verdict: Verdict
    draft: RecordDraft | None = None
    known: Sequence[Known] = ()


def people_preview(*, actor: Actor, response_id: UUID, drafts: Sequence[RecordDraft], now: datetime) -> list[Verdict]:
    """What would become of each row if the list were taken now; nothing is written."""
    _require(actor)
    return [row.verdict for row in _looked(actor, response_id, drafts, _digests(response_id, drafts), now)]


def _looked(
    actor: Actor, response_id: UUID, drafts: Sequence[RecordDraft], digests: Sequence[str], now: datetime
) -> list[_Looked]:
    _, plan = pack_for(response_id)
    exercise, today = response_by_id(response_id).exercise, local(now).date()
    taken = _taken(digests)
    read = [read_draft(draft, plan.roles, today) for draft in drafts]
    known = iter(known_many(response_id, [one for one in read if isinstance(one, RecordDraft)], exercise))
    met: dict[tuple[str, ...], tuple[int, RecordDraft]] = {}
    rows: list[_Looked] = []
    for line, (one, digest) in enumerate(zip(read, digests, strict=True)):
        if isinstance(one, Problem):
            rows.append(_Looked(Verdict(one)))
            continue
        hits = next(known)
        if not may(actor, "person.import", one.area_id):
            rows.append(_Looked(Verdict(NotPermitted(verb="person.import"))))
        elif digest in taken:
            rows.append(_Looked(Verdict(repeated=True)))
        else:
            where = _on_record(hits, actor) or _further_up(line, one, met)
            rows.append(_Looked(Verdict(known=where), one, hits))
        taken.add(digest)
    return rows


def _on_record(hits: Sequence[Known], actor: Actor) -> str:
    """The number of the record that is surely of the same person, or whose desk to ask; "" where there is none."""
    found = next((hit.individual for hit in hits if hit.sure), None)
    if found is None:
        return ""
    return found.number if may(actor, "person.view", found.area_id) else desk_of(found.area_id)


def _further_up(line: int, draft: RecordDraft, met: dict[tuple[str, ...], tuple[int, RecordDraft]]) -> str:
    """The line of the list that names the same person, "" where there is none; `met` are the lines so far."""
    own = list(marks(draft))
    above = next((met[mark][0] for mark in own if mark in met and _one(draft, met[mark][1], mark)), None)
    for mark in own:
        met.setdefault(mark, (line, draft))
    return "" if above is None else f"↑{above}"


def _one(draft: RecordDraft, other: RecordDraft, mark: tuple[str, ...]) -> bool:
    return mark[0] == "document" or draft.document_kind == "none" or draft.document_kind != other.document_kind


def _require(actor: Actor) -> None:
    if not any("person.import" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="person.import")


@transaction.atomic
def people_import(*, actor: Actor, response_id: UUID, drafts: Sequence[RecordDraft], now: datetime) -> list[Verdict]:
    """Take the good rows in one piece, each once however often the list is sent; the verdict on each.

    Of two people who send the same list at once the second waits, and finds every row taken.
    """
    _require(actor)
    wait_turn(response_id)
    digests = _digests(response_id, drafts)
    looked = _looked(actor, response_id, drafts, digests, now)
    verdicts = [row.verdict for row in looked]
    good = [(row, row.draft, digest) for row, digest in zip(looked, digests, strict=True) if row.draft is not None]
    if not good:
        return verdicts
    individuals_register(
        actor=actor,
        response_id=response_id,
        drafts=[draft for _, draft, _ in good],
        now=now,
        source="list",
        came=[Came(row_digest=digest) for *_, digest in good],
        known=[row.known for row, *_ in good],
    )
    areas = {draft.area_id for _, draft, _ in good}
    journal.record(
        events.LIST_IMPORTED,
        at=now,
        actor_id=actor.person_id,
        area_id=areas.pop() if len(areas) == 1 else None,
        response_id=response_id,
        exercise=response_by_id(response_id).exercise,
        rows=len(drafts),
        taken=sum(not row.verdict.known for row, *_ in good),
        known=sum(bool(row.verdict.known) for row, *_ in good),
    )
    return verdicts


def _taken(digests: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(digests), BATCH):
        # SQLite takes the index of digests only where the index's own condition stands in the question.
        rows = Origin.objects.filter(~Q(row_digest=""), row_digest__in=digests[start : start + BATCH])
        found.update(rows.values_list("row_digest", flat=True))
    return found


def _digests(response_id: UUID, drafts: Sequence[RecordDraft]) -> list[str]:
    """A digest for each row as it was sent, keyed, because what it says is personal."""
    return [
        salted_hmac(
            "wangge.people-list-row",
            json.dumps([str(response_id), vars(draft)], ensure_ascii=False, default=str),
            algorithm="sha256",
        ).hexdigest()
        for draft in drafts
    ]

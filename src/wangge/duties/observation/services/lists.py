"""Lists of people from the health department and other cities 导入名单: looked at first, then taken, each row once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac

from wangge.duties.observation import events
from wangge.duties.observation.drafts import RecordDraft, read_draft
from wangge.duties.observation.models import Origin
from wangge.duties.observation.queries.duplicates import desk_of, known_many, marks
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


def people_preview(*, actor: Actor, response_id: UUID, drafts: Sequence[RecordDraft], now: datetime) -> list[Verdict]:
    """What would become of each row if the list were taken now; nothing is written."""
    _require(actor)
    return _verdicts(actor, response_id, drafts, _digests(response_id, drafts), now)


def _verdicts(
    actor: Actor, response_id: UUID, drafts: Sequence[RecordDraft], digests: Sequence[str], now: datetime
) -> list[Verdict]:
    _, plan = pack_for(response_id)
    exercise, today = response_by_id(response_id).exercise, local(now).date()
    taken = _taken(digests)
    read = [read_draft(draft, plan.roles, today) for draft in drafts]
    good = [one for one in read if isinstance(one, RecordDraft)]
    known = iter(known_many(response_id, good, exercise))
    verdicts: list[Verdict] = []
    met: dict[tuple[str, ...], tuple[int, RecordDraft]] = {}
    for line, (one, digest) in enumerate(zip(read, digests, strict=True)):
        if isinstance(one, Problem):
            verdicts.append(Verdict(one))
            continue
        found = [hit.individual for hit in next(known) if hit.sure]
        if not may(actor, "person.import", one.area_id):
            verdicts.append(Verdict(NotPermitted(verb="person.import")))
        elif digest in taken:
            verdicts.append(Verdict(repeated=True))
        elif found:
            seen = may(actor, "person.view", found[0].area_id)
            verdicts.append(Verdict(known=found[0].number if seen else desk_of(found[0].area_id)))
        else:
            above = next((met[mark][0] for mark in marks(one) if mark in met and _one(one, met[mark][1], mark)), None)
            verdicts.append(Verdict(known="" if above is None else f"↑{above}"))
            for mark in marks(one):
                met.setdefault(mark, (line, one))
        taken.add(digest)
    return verdicts


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
    verdicts = _verdicts(actor, response_id, drafts, digests, now)
    good = [place for place, verdict in enumerate(verdicts) if verdict.good]
    if not good:
        return verdicts
    individuals_register(
        actor=actor,
        response_id=response_id,
        drafts=[drafts[place] for place in good],
        now=now,
        source="list",
        came=[Came(row_digest=digests[place]) for place in good],
    )
    areas = {drafts[place].area_id for place in good}
    journal.record(
        events.LIST_IMPORTED,
        at=now,
        actor_id=actor.person_id,
        area_id=areas.pop() if len(areas) == 1 else None,
        response_id=response_id,
        exercise=response_by_id(response_id).exercise,
        rows=len(drafts),
        taken=sum(not verdicts[place].known for place in good),
        known=sum(bool(verdicts[place].known) for place in good),
    )
    return verdicts


def _taken(digests: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(digests), BATCH):
        rows = Origin.objects.filter(row_digest__in=digests[start : start + BATCH])
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

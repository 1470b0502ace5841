"""Many venues at once from a table somebody sent 批量导入: looked at first, then the good ones taken, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.venues import events, rules
from wangge.duties.venues.queries.register import lookalikes, pack_for
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services.register import groups_of, venue_problem, venues_register
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.queries import response_by_id, wait_turn


@dataclass(frozen=True)
class Verdict:
    """What would become of a row: taken, known already (`repeated`), or kept out by a problem.

    `alike` is the number of a venue that it may be, or "↑" and a row further up; such a row is taken only where it is
    said that it is another venue.
    """

    problem: Problem | None = None
    repeated: bool = False
    alike: str = ""

    @property
    def good(self) -> bool:
        return self.problem is None and not self.repeated


def venues_preview(*, actor: Actor, response_id: UUID, drafts: Sequence[VenueDraft]) -> list[Verdict]:
    """What would become of each draft if they were imported now; nothing is written."""
    if not any("venue.manage" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="venue.manage")
    _, plan = pack_for(response_id)
    groups, found = groups_of(plan), lookalikes(drafts, groups_of(plan), response_id)
    above: dict[tuple[UUID, str], list[tuple[int, str]]] = {}
    verdicts = []
    for place, (draft, standing) in enumerate(zip(drafts, found, strict=True)):
        problem = venue_problem(actor, draft, plan)
        if problem is not None:
            verdicts.append(Verdict(problem))
            continue
        key = rules.name_key(draft.name)
        met = above.setdefault((draft.area_id, groups[draft.kind]), [])
        if any(one.name_key == key and one.kind == draft.kind for one in standing):
            verdicts.append(Verdict(repeated=True))
            continue
        earlier = next((line for line, other in met if rules.alike(key, other)), None)
        verdicts.append(Verdict(alike=standing[0].number if standing else "" if earlier is None else f"↑{earlier}"))
        met.append((place, key))
    return verdicts


@transaction.atomic
def venues_import(
    *, actor: Actor, response_id: UUID, drafts: Sequence[VenueDraft], now: datetime, not_the_same: bool = False
) -> list[Verdict]:
    """Take the good drafts, each once however often the same table is sent; the verdict on each.

    Look-alikes are taken only where they are `not_the_same`. Of two people who send a table at once the second waits,
    and finds every row taken.
    """
    wait_turn(response_id)
    verdicts = venues_preview(actor=actor, response_id=response_id, drafts=drafts)
    good = [place for place, verdict in enumerate(verdicts) if verdict.good and (not_the_same or not verdict.alike)]
    venues_register(
        actor=actor, response_id=response_id, drafts=[drafts[place] for place in good], now=now, source="list"
    )
    if good:
        areas = {drafts[place].area_id for place in good}
        journal.record(
            events.LIST_IMPORTED,
            at=now,
            actor_id=actor.person_id,
            area_id=areas.pop() if len(areas) == 1 else None,
            response_id=response_id,
            exercise=response_by_id(response_id).exercise,
            rows=len(drafts),
            taken=len(good),
        )
    return verdicts

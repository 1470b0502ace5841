"""The duty log of the replay: entries sent together, wrong ones put right, doubles taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from wangge.demo.ledgers import LATEST, EntryPlan
from wangge.demo.world import World
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import Logged, entries_log, entry_correct, entry_counter
from wangge.ground.kernel.permission import Actor

# Most officers tell their station's desk, which enters what came in every so often; the others enter it themselves.
DESK_SHARE = 0.8
DESK_EVERY = timedelta(hours=2)
POLICE = "village_officer"


def batches(world: World, plans: Sequence[EntryPlan]) -> list[Iterator[datetime]]:
    """The entries as they are sent: each batch a process that waits for its instant."""
    return [_send(world, actor, at, entries) for actor, at, entries in grouped(world, plans)]


def grouped(world: World, plans: Sequence[EntryPlan]) -> list[tuple[Actor, datetime, list[EntryPlan]]]:
    """What somebody sends together, and when."""
    found: dict[tuple[UUID, datetime], list[EntryPlan]] = defaultdict(list)
    actors: dict[UUID, Actor] = {}
    for entry in plans:
        actor, at = _who_and_when(world, entry)
        assert actor.person_id is not None
        actors[actor.person_id] = actor
        found[actor.person_id, at].append(entry)
    return [(actors[person], at, entries) for (person, at), entries in found.items()]


def _who_and_when(world: World, entry: EntryPlan) -> tuple[Actor, datetime]:
    if entry.exercise:
        return world.somebody("county_desk", entry.area_id), entry.received_at
    own = world.somebody(entry.by, entry.area_id)
    if entry.area_id != entry.place.village_id or world.rng.random() >= DESK_SHARE:
        return own, entry.received_at
    start = world.scenario.start
    turns = -((start - entry.received_at) // DESK_EVERY)
    at = min(start + turns * DESK_EVERY, world.scenario.end - LATEST)
    return world.desk("stations" if entry.by == POLICE else "towns", entry.place), at


def _send(world: World, actor: Actor, at: datetime, entries: Sequence[EntryPlan]) -> Iterator[datetime]:
    yield at
    drafts = [_draft(entry, entry.wrong or entry.quantities) for entry in entries]
    results = entries_log(actor=actor, response_id=world.response_id, drafts=drafts, now=at)
    logged: dict[int, UUID] = {}
    for number, result in enumerate(results):
        if not isinstance(result, Logged):
            raise result
        logged[number] = result.entry_id
    for number, when in again(entries, at):
        entry = entries[number]
        yield when
        reason = world.rng.choice(world.scenario.corrected)
        if entry.cancelled:
            entry_counter(actor=actor, entry_id=logged[number], reason=reason, now=when)
        else:
            draft = _draft(entry, entry.quantities)
            entry_correct(actor=actor, entry_id=logged[number], draft=draft, reason=reason, now=when)


def again(entries: Sequence[EntryPlan], at: datetime) -> list[tuple[int, datetime]]:
    """Which of the entries sent at an instant are looked at again, and when, in that order."""
    found = [
        (number, max(entry.corrected_at, at + timedelta(seconds=1)))
        for number, entry in enumerate(entries)
        if entry.corrected_at is not None
    ]
    return sorted(found, key=lambda one: one[1])


def _draft(entry: EntryPlan, quantities: dict[str, int]) -> EntryDraft:
    return EntryDraft(
        kind=entry.kind,
        area_id=entry.area_id,
        place_kind=entry.place_kind,
        quantities=quantities,
        observed_at=entry.observed_at,
        note=entry.note,
        exercise=entry.exercise,
    )

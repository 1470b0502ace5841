"""The register of checkpoints: taken one by one or by the list, put right, closed and opened again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.checkpoints import events, rules
from wangge.duties.checkpoints.models import Checkpoint, NumberCounter
from wangge.duties.checkpoints.queries.register import named_alike, pack_for
from wangge.duties.checkpoints.rules import CheckpointDraft
from wangge.ground.accounts.queries import posts_over
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import count_up
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_seen
from wangge.ground.kernel.problems import (
    CheckpointChanged,
    CheckpointClosed,
    CheckpointKnown,
    NotFound,
    NotPermitted,
    Problem,
)
from wangge.ground.responses import vault
from wangge.ground.responses.packs.checkpoints import CheckpointsDef
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import response_running, wait_turn
from wangge.ground.responses.vault import Secret

STATED = (
    "kind", "name", "road", "direction", "lanes", "lon", "lat", "agencies", "posts", "opens_at", "closes_at",
    "equipment", "desk_phone",
)  # fmt: skip
KEPT_APART = {"contact_name": "name", "contact_phone": "phone"}


def checkpoint_problem(actor: Actor, draft: CheckpointDraft, pack: Pack, plan: CheckpointsDef) -> Problem | None:
    """What keeps a checkpoint out of the register, None where it can be taken."""
    areas = tree()
    if draft.area_id not in areas or areas.get(draft.area_id).ended:
        return invalid("area", "没有这个区域，或该区域已撤销。", "There is no such area, or it has ended.")
    if areas.get(draft.area_id).level not in ("village", "grid"):
        return invalid("area", "请填写村（居）。", "Name the village or community.")
    if not may(actor, "checkpoint.manage", draft.area_id):
        return NotPermitted(verb="checkpoint.manage")
    if draft.posts:
        return invalid("posts", "登记后再选择值守岗位。", "Choose the posts once it is registered.")
    return rules.check_checkpoint(draft, plan, pack.agencies)


def checkpoint_register(*, actor: Actor, response_id: UUID, draft: CheckpointDraft, now: datetime) -> Checkpoint:
    """Register one checkpoint. Raises CheckpointKnown where one of that name stands in the village."""
    require(actor, "checkpoint.manage", draft.area_id)
    [result] = checkpoints_register(actor=actor, response_id=response_id, drafts=[draft], now=now, source="desk")
    if isinstance(result, Problem):
        raise result
    return result


@transaction.atomic
def checkpoints_register(
    *, actor: Actor, response_id: UUID, drafts: Sequence[CheckpointDraft], now: datetime, source: str = "list"
) -> list[Checkpoint | Problem]:
    """Register checkpoints, each once however often the list is sent: for each the checkpoint, or what keeps it out."""
    wait_turn(response_id)
    response = response_running(response_id)
    found = checkpoints_judge(actor=actor, response_id=response_id, drafts=drafts)
    good = [draft for draft, problem in zip(drafts, found, strict=True) if problem is None]
    made = [
        _checkpoint(draft, number, actor, response_id, now, response.exercise)
        for draft, number in zip(good, _numbers(good), strict=True)
    ]
    Checkpoint.objects.bulk_create(made)
    secrets = [secret for one, draft in zip(made, good, strict=True) for secret in _secrets(one.id, draft)]
    vault.put_many(response_id=response_id, secrets=secrets)
    journal.record_many(event_of(one, events.REGISTERED, actor=actor, now=now, source=source) for one in made)
    if source == "list" and good:
        journal.record(
            events.LIST_IMPORTED, at=now, actor_id=actor.person_id, response_id=response_id,
            exercise=response.exercise, rows=len(drafts), taken=len(good),
        )  # fmt: skip
    taken = iter(made)
    return [problem or next(taken) for problem in found]


def checkpoints_judge(*, actor: Actor, response_id: UUID, drafts: Sequence[CheckpointDraft]) -> list[Problem | None]:
    """What keeps each of some checkpoints out of the register; nothing is written."""
    if not any("checkpoint.manage" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="checkpoint.manage")
    pack, plan = pack_for(response_id)
    known = named_alike([(draft.area_id, draft.name.strip()) for draft in drafts], response_id=response_id)
    found: list[Problem | None] = []
    for draft in drafts:
        problem = checkpoint_problem(actor, draft, pack, plan)
        key = draft.area_id, draft.name.strip()
        found.append(problem or (CheckpointKnown(name=draft.name.strip()) if key in known else None))
        known.add(key)
    return found


def _numbers(drafts: Sequence[CheckpointDraft]) -> list[str]:
    wanted, areas = Counter(draft.area_id for draft in drafts), tree()
    if not wanted:
        return []
    rows = count_up(NumberCounter, ("area",), "last", sorted(wanted.items()))
    following = {row[0]: row[1] - wanted[row[0]] for row in rows}
    numbers = []
    for draft in drafts:
        following[draft.area_id] += 1
        numbers.append(rules.number_of(areas.get(draft.area_id).code, following[draft.area_id]))
    return numbers


def _checkpoint(
    draft: CheckpointDraft, number: str, actor: Actor, response_id: UUID, now: datetime, exercise: bool
) -> Checkpoint:
    return Checkpoint(
        response_id=response_id,
        number=number,
        area_id=draft.area_id,
        **_stated(draft),
        opened_on=draft.opened_on or local(now).date(),
        registered_at=now,
        registered_by_id=actor.person_id,
        exercise=exercise or draft.exercise,
    )


def _stated(draft: CheckpointDraft) -> dict[str, Any]:
    said = {name: getattr(draft, name) for name in STATED}
    for name in ("name", "road", "direction", "equipment", "desk_phone"):
        said[name] = said[name].strip()
    return said | {"agencies": list(draft.agencies), "posts": [str(post) for post in draft.posts]}


def _secrets(checkpoint_id: UUID, draft: CheckpointDraft) -> list[Secret]:
    return [Secret(checkpoint_id, name, kind, getattr(draft, name).strip()) for name, kind in KEPT_APART.items()]


def event_of(
    checkpoint: Checkpoint, type_: str, *, actor: Actor, now: datetime, subject_id: UUID | None = None, **data: Any
) -> journal.Draft:
    """An event of a checkpoint, or of something that belongs to it."""
    return journal.draft(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=checkpoint.area_id,
        subject_id=subject_id or checkpoint.id,
        response_id=checkpoint.response_id,
        exercise=checkpoint.exercise,
        kind=checkpoint.kind,
        **data,
    )


def find(checkpoint_id: UUID, *, actor: Actor, verb: str) -> Checkpoint:
    """The checkpoint, if the actor may do this in its area. Raises NotFound, NotPermitted."""
    found = Checkpoint.objects.filter(id=checkpoint_id).first()
    if found is None:
        raise NotFound(what="检疫点")
    require(actor, verb, found.area_id)
    return found


def find_standing(checkpoint_id: UUID, *, actor: Actor, verb: str) -> Checkpoint:
    """The same, where it has not been closed. Raises CheckpointClosed."""
    found = find(checkpoint_id, actor=actor, verb=verb)
    if found.closed_on is not None:
        raise CheckpointClosed(number=found.number)
    return found


def _change(checkpoint: Checkpoint, version: int, **changes: Any) -> None:
    """Compare and set. Raises CheckpointChanged where somebody was faster."""
    if not change_seen(checkpoint, version, changes):
        raise CheckpointChanged()


@transaction.atomic
def checkpoint_change(
    *, actor: Actor, checkpoint_id: UUID, draft: CheckpointDraft, version: int, now: datetime
) -> Checkpoint:
    """Put right what the register says. A contact's field left empty keeps what the vault holds."""
    found = find_standing(checkpoint_id, actor=actor, verb="checkpoint.manage")
    pack, plan = pack_for(found.response_id)
    problem = rules.check_checkpoint(replace(draft, area_id=found.area_id), plan, pack.agencies)
    if problem:
        raise problem
    offered = {post_id for post_id, _ in posts_over(found.area_id, now)}
    if not offered.issuperset(draft.posts):
        raise invalid("posts", "请从列表中选择岗位。", "Choose the posts from the list.")
    stated = _stated(draft)
    secrets = [secret for secret in _secrets(found.id, draft) if secret.value]
    fields = [name for name, value in stated.items() if getattr(found, name) != value]
    _change(found, version, **stated)
    vault.replace(response_id=found.response_id, secrets=secrets)
    fields += [secret.field for secret in secrets]
    journal.record_many([event_of(found, events.CHANGED, actor=actor, now=now, fields=fields)])
    return found


@transaction.atomic
def checkpoint_close(*, actor: Actor, checkpoint_id: UUID, version: int, now: datetime) -> Checkpoint:
    """Close a checkpoint 撤除; what it counted stays."""
    found = find_standing(checkpoint_id, actor=actor, verb="checkpoint.manage")
    _change(found, version, closed_on=local(now).date(), queue=None, queue_at=None)
    journal.record_many([event_of(found, events.CLOSED, actor=actor, now=now)])
    return found


@transaction.atomic
def checkpoint_reopen(*, actor: Actor, checkpoint_id: UUID, version: int, now: datetime) -> Checkpoint:
    """Open a checkpoint again that was closed 恢复."""
    found = find(checkpoint_id, actor=actor, verb="checkpoint.manage")
    if found.closed_on is None:
        return found
    if named_alike([(found.area_id, found.name)], response_id=found.response_id):
        raise CheckpointKnown(name=found.name)
    _change(found, version, closed_on=None)
    journal.record_many([event_of(found, events.REOPENED, actor=actor, now=now)])
    return found

"""The register of venues: taken one by one or by the list, put right, ended and taken up again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Due, NumberCounter, Venue
from wangge.duties.venues.queries.orders import in_force
from wangge.duties.venues.queries.register import lookalikes, pack_for
from wangge.duties.venues.rules import VenueDraft
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import count_up
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_seen
from wangge.ground.kernel.problems import (
    NotFound,
    NotPermitted,
    Problem,
    VenueChanged,
    VenueEnded,
    VenueKnown,
)
from wangge.ground.responses import vault
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.ground.responses.queries import response_running, wait_turn
from wangge.ground.responses.vault import Secret

CHANGEABLE = ("name", "kind", "address", "lon", "lat", "size", "operator", "contact_name", "contact_phone")
KEPT_APART = {"operator": "name", "contact_name": "name", "contact_phone": "phone"}
BATCH = 500


@dataclass
class _Item:
    draft: VenueDraft
    venue_id: UUID = field(default_factory=new_id)
    number: str = ""


def venue_problem(actor: Actor, draft: VenueDraft, plan: VenuesDef) -> Problem | None:
    """What keeps a venue out of the register, None where it can be taken."""
    areas = tree()
    if draft.area_id not in areas or areas.get(draft.area_id).ended:
        return invalid("area", "没有这个区域，或该区域已撤销。", "There is no such area, or it has ended.")
    if areas.get(draft.area_id).level not in ("village", "grid"):
        return invalid("area", "请填写村（居）。", "Name the village or community.")
    if not may(actor, "venue.manage", draft.area_id):
        return NotPermitted(verb="venue.manage")
    return rules.check_venue(draft, plan.kinds)


def venue_register(
    *, actor: Actor, response_id: UUID, draft: VenueDraft, now: datetime, not_the_same: bool = False
) -> Venue:
    """Register one venue. Raises VenueKnown where it may be there already, unless it is `not_the_same`."""
    require(actor, "venue.manage", draft.area_id)
    _, plan = pack_for(response_id)
    with transaction.atomic():
        wait_turn(response_id)  # so that of two who register one venue the second finds it
        if not not_the_same and not venue_problem(actor, draft, plan):
            [found] = lookalikes([draft], groups_of(plan), response_id)
            if found:
                raise VenueKnown(known="、".join(f"{one.number} {one.name}" for one in found[:3]))
        [result] = venues_register(actor=actor, response_id=response_id, drafts=[draft], now=now)
    if isinstance(result, Problem):
        raise result
    return result


def groups_of(plan: VenuesDef) -> dict[str, str]:
    """The group of each kind of venue."""
    return {code: kind.group for code, kind in plan.kinds.items()}


@transaction.atomic
def venues_register(
    *, actor: Actor, response_id: UUID, drafts: Sequence[VenueDraft], now: datetime, source: str = "desk"
) -> list[Venue | Problem]:
    """Register venues: for each draft in its place the venue, or what keeps it out. Look-alikes are not asked after."""
    response = response_running(response_id)
    _, plan = pack_for(response_id)
    problems = [venue_problem(actor, draft, plan) for draft in drafts]
    items = [_Item(draft) for draft, problem in zip(drafts, problems, strict=True) if problem is None]
    if items:
        _number(items)
    orders = in_force(response_id)
    made = [_venue(item, plan, orders, actor, response, now) for item in items]
    Venue.objects.bulk_create(made, batch_size=BATCH)
    Due.objects.bulk_create(
        [
            Due(venue_id=venue.id, area_id=venue.area_id, round=one.code, due_on=local(now).date())
            for venue in made
            for one in plan.rounds_of(venue.kind)
        ],
        batch_size=BATCH,
    )
    vault.put_many(response_id=response_id, secrets=[secret for item in items for secret in _secrets(item)])
    journal.record_many(_event(venue, events.REGISTERED, actor=actor, now=now, source=source) for venue in made)
    taken = iter(made)
    return [problem or next(taken) for problem in problems]


def _number(items: list[_Item]) -> None:
    wanted, areas = Counter(item.draft.area_id for item in items), tree()
    rows = count_up(NumberCounter, ("area",), "last", sorted(wanted.items()))
    following = {row[0]: row[1] - wanted[row[0]] for row in rows}
    for item in items:
        following[item.draft.area_id] += 1
        item.number = rules.number_of(areas.get(item.draft.area_id).code, following[item.draft.area_id])


def _venue(
    item: _Item, plan: VenuesDef, orders: Sequence[rules.InForce], actor: Actor, response: Any, now: datetime
) -> Venue:
    draft = item.draft
    state, order_id = rules.state_under(orders, draft.kind, tree().superiors(draft.area_id), now)
    return Venue(
        id=item.venue_id,
        response_id=response.id,
        number=item.number,
        kind=draft.kind,
        group=plan.kinds[draft.kind].group,
        name=draft.name.strip(),
        name_key=rules.name_key(draft.name),
        area_id=draft.area_id,
        address=draft.address.strip(),
        lon=draft.lon,
        lat=draft.lat,
        size=draft.size,
        state=state,
        order_id=order_id,
        registered_at=now,
        registered_by_id=actor.person_id,
        exercise=response.exercise,
    )


def _secrets(item: _Item) -> list[Secret]:
    return [Secret(item.venue_id, name, kind, getattr(item.draft, name).strip()) for name, kind in KEPT_APART.items()]


def _event(venue: Venue, type_: str, *, actor: Actor, now: datetime, **data: Any) -> journal.Draft:
    return journal.draft(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=venue.area_id,
        subject_id=venue.id,
        response_id=venue.response_id,
        exercise=venue.exercise,
        kind=venue.kind,
        **data,
    )


def find(venue_id: UUID, *, actor: Actor, verb: str) -> Venue:
    """The venue, if the actor may do this in its area. Raises NotFound, NotPermitted."""
    venue = Venue.objects.filter(id=venue_id).first()
    if venue is None:
        raise NotFound(what="场所")
    require(actor, verb, venue.area_id)
    return venue


def find_alive(venue_id: UUID, *, actor: Actor, verb: str) -> Venue:
    """The same, where the venue is still on the register. Raises VenueEnded."""
    venue = find(venue_id, actor=actor, verb=verb)
    if venue.state == "ended":
        raise VenueEnded(number=venue.number)
    return venue


def change(venue: Venue, version: int, **changes: Any) -> None:
    """Compare and set. Raises VenueChanged where somebody was faster."""
    if not change_seen(venue, version, changes):
        raise VenueChanged()


@transaction.atomic
def venue_change(*, actor: Actor, venue_id: UUID, draft: VenueDraft, version: int, now: datetime) -> Venue:
    """Put right what the register says of a venue. A contact's field left empty keeps what the vault holds."""
    venue = find_alive(venue_id, actor=actor, verb="venue.manage")
    _, plan = pack_for(venue.response_id)
    problem = rules.check_venue(draft, plan.kinds)
    if problem is None and plan.kinds[draft.kind].group != venue.group:
        problem = invalid("kind", "不能改为另一大类，请注销后重新登记。", "Not to a kind of another group.")
    if problem:
        raise problem
    said = {name: getattr(draft, name) for name in CHANGEABLE}
    said["name"], said["address"] = draft.name.strip(), draft.address.strip()
    stated = {name: value for name, value in said.items() if name not in KEPT_APART}
    changed = [name for name, value in stated.items() if getattr(venue, name) != value]
    secrets = [Secret(venue.id, name, kind, said[name].strip()) for name, kind in KEPT_APART.items() if said[name]]
    kind_before = venue.kind
    change(venue, version, **stated, name_key=rules.name_key(draft.name))
    vault.replace(response_id=venue.response_id, secrets=secrets)
    if kind_before != venue.kind:
        _rounds_follow(venue, plan, now)
        state, order_id = rules.state_under(in_force(venue.response_id), venue.kind, _upper(venue), now)
        Venue.objects.filter(id=venue.id).update(state=state, order_id=order_id)
    fields = [*changed, *(secret.field for secret in secrets)]
    journal.record_many([_event(venue, events.CHANGED, actor=actor, now=now, fields=fields)])
    return venue


def _upper(venue: Venue) -> Any:
    return tree().superiors(venue.area_id)


def _rounds_follow(venue: Venue, plan: VenuesDef, now: datetime) -> None:
    """Let those rounds come that come to a venue of its kind, and no others."""
    wanted = {one.code for one in plan.rounds_of(venue.kind)}
    Due.objects.filter(venue=venue).exclude(round__in=wanted).delete()
    known = set(Due.objects.filter(venue=venue).values_list("round", flat=True))
    today = local(now).date()
    Due.objects.bulk_create(
        [Due(venue=venue, area_id=venue.area_id, round=code, due_on=today) for code in sorted(wanted - known)]
    )


@transaction.atomic
def venue_end(*, actor: Actor, venue_id: UUID, version: int, now: datetime) -> Venue:
    """Take a venue that is no more off the register 注销; its records stay."""
    venue = find_alive(venue_id, actor=actor, verb="venue.manage")
    nothing: dict[str, Any] = {"order_id": None, "failed": [], "recheck_id": None, "recheck_due_at": None}
    change(venue, version, state="ended", link_digest="", **nothing)
    Due.objects.filter(venue=venue).delete()
    journal.record_many([_event(venue, events.ENDED, actor=actor, now=now)])
    return venue


@transaction.atomic
def venue_resume(*, actor: Actor, venue_id: UUID, version: int, now: datetime) -> Venue:
    """Take a venue up again that was ended 恢复在册."""
    venue = find(venue_id, actor=actor, verb="venue.manage")
    if venue.state != "ended":
        return venue
    _, plan = pack_for(venue.response_id)
    state, order_id = rules.state_under(in_force(venue.response_id), venue.kind, _upper(venue), now)
    change(venue, version, state=state, order_id=order_id)
    _rounds_follow(venue, plan, now)
    journal.record_many([_event(venue, events.RESUMED, actor=actor, now=now)])
    return venue

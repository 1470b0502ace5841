"""Venues in the replay: on the register before the first day, closed by order, visited, counted, made ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wangge.demo.entering import again, grouped
from wangge.demo.ledgers import LATEST, EntryPlan
from wangge.demo.venues import VenuePlan
from wangge.demo.world import Venue, World
from wangge.duties.venues.queries.visits import rounds_of_actor
from wangge.duties.venues.rules import VenueDraft, VisitDraft, items_of
from wangge.duties.venues.services.countering import visit_correct, visit_counter
from wangge.duties.venues.services.lodging import CLERK, CountDraft, lodging_reports
from wangge.duties.venues.services.orders import OrderDraft, order_issue
from wangge.duties.venues.services.readiness import ReadinessDraft, readiness_record, returners_count
from wangge.duties.venues.services.register import venues_register
from wangge.duties.venues.services.visits import visits_record
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import Problem
from wangge.ground.responses.packs.venues import ReadinessRules, VenuesDef

COUNTED_EVERY = timedelta(minutes=30)
# So late a fault is found that looking at it again still lies ahead when the replay ends.
RECENT = timedelta(hours=20)
FAULTS = 0.12
TOGETHER = 0.8
PREPARED_BEFORE = timedelta(hours=4)


def venues_open(actor: Actor, world: World, plans: Mapping[str, Sequence[VenuePlan]]) -> None:
    """Put the venues on the register as the response begins."""
    for group, wanted in plans.items():
        drafts = [_draft(world, one) for one in wanted]
        made = venues_register(
            actor=actor, response_id=world.response_id, drafts=drafts, now=world.scenario.start, source="list"
        )
        world.venues[group] = []
        for plan, venue in zip(wanted, made, strict=True):
            if isinstance(venue, Problem):
                raise venue
            world.venues[group].append(Venue(venue.id, plan.kind, plan.place))


def _draft(world: World, one: VenuePlan) -> VenueDraft:
    return VenueDraft(
        kind=one.kind,
        area_id=one.place.village_id,
        name=one.name,
        address=one.address,
        size=one.size,
        contact_name=world.somebody_elses_name(),
        contact_phone=f"100{world.fiction.randrange(10**8):08d}",
    )


def _rules(world: World) -> VenuesDef:
    assert world.pack.venues is not None, "only a pack with venues has a demonstration of them"
    return world.pack.venues


def ordering(world: World) -> Iterator[datetime]:
    """The city closes its entertainment venues."""
    wanted = world.scenario.venues
    if wanted is None or world.pack.venues is None:
        return
    yield wanted.order.at
    root = world.areas.root()
    draft = OrderDraft("close", tuple(wanted.order.kinds), (root.id,), wanted.order.authority,
                       _rules(world).orders.bases[0])  # fmt: skip
    order_issue(actor=world.desk_of(root.id), response_id=world.response_id, draft=draft, now=wanted.order.at)


def visits(world: World, plans: Sequence[EntryPlan]) -> list[Iterator[datetime]]:
    """The visits as they are sent: each batch a process that waits for its instant."""
    made = [entry for entry in plans if entry.venue is not None and world.scenario.log[entry.kind].days is None]
    return [_send(world, actor, at, entries) for actor, at, entries in grouped(world, made)]


def _send(world: World, actor: Actor, at: datetime, entries: Sequence[EntryPlan]) -> Iterator[datetime]:
    yield at
    drafts = [_visit(world, entry, entry.wrong or entry.quantities) for entry in entries]
    made: dict[int, UUID] = {}
    results = visits_record(actor=actor, response_id=world.response_id, drafts=drafts, now=at)
    for number, result in enumerate(results):
        if isinstance(result, Problem):
            raise result
        made[number] = result.id
    for number, when in again(entries, at):
        entry = entries[number]
        yield when
        upon: dict[str, Any] = {"actor": actor, "visit_id": made[number], "now": when}
        reason = world.rng.choice(world.scenario.corrected)
        if entry.cancelled:
            visit_counter(reason=reason, **upon)
        else:
            visit_correct(draft=_visit(world, entry, entry.quantities), reason=reason, **upon)


def _visit(world: World, entry: EntryPlan, quantities: Mapping[str, int]) -> VisitDraft:
    venue, plan = _venue(world, entry), _rules(world)
    there = next(iter(world.crew.at[entry.by, entry.place.village_id]), None)
    own = rounds_of_actor(world.crew.actors[there], plan) if there else []
    # Mostly the others whose round comes there go along, and each item is asked once.
    together = world.fiction.random() < TOGETHER
    rounds = [one for one in plan.rounds_of(venue.kind) if together or one in own]
    answers = dict.fromkeys(items_of(rounds), "ok")
    if entry.observed_at > world.scenario.end - RECENT and answers and world.fiction.random() < FAULTS:
        answers[world.fiction.choice(list(answers))] = "failed"
    return VisitDraft(
        venue_id=venue.venue_id,
        observed_at=entry.observed_at,
        rounds=tuple(one.code for one in rounds),
        answers=answers,
        quantities=dict(quantities),
        note=entry.note,
        exercise=entry.exercise,
    )


def _venue(world: World, entry: EntryPlan) -> Venue:
    group = world.scenario.log[entry.kind].venues
    assert group is not None and entry.venue is not None
    return world.venues[group][entry.venue]


def counting(world: World, plans: Sequence[EntryPlan]) -> list[Iterator[datetime]]:
    """What lodging places report of their days, taken together every so often."""
    said: dict[datetime, list[tuple[EntryPlan, Mapping[str, int], datetime]]] = {}
    for entry in plans:
        if entry.venue is not None and world.scenario.log[entry.kind].days is not None:
            first = (entry.received_at, entry.wrong or entry.quantities)
            again = [(entry.corrected_at, entry.quantities)] if entry.corrected_at else []
            for when, numbers in (first, *again):
                said.setdefault(_taken_at(world, when), []).append((entry, numbers, when))
    return [_count(world, at, said[at]) for at in sorted(said)]


def _taken_at(world: World, when: datetime) -> datetime:
    start = world.scenario.start
    at = start - ((start - when) // COUNTED_EVERY) * COUNTED_EVERY
    return min(at, local(when).replace(hour=23, minute=59, second=59, microsecond=0), world.scenario.end - LATEST)


def _count(
    world: World, at: datetime, said: Sequence[tuple[EntryPlan, Mapping[str, int], datetime]]
) -> Iterator[datetime]:
    yield at
    drafts = [
        CountDraft(_venue(world, entry).venue_id, numbers["guests"], numbers["registered"], numbers["uploaded"])
        for entry, numbers, _ in sorted(said, key=lambda one: one[2])
    ]
    for result in lodging_reports(actor=CLERK, response_id=world.response_id, drafts=drafts, now=at, source="link"):
        if isinstance(result, Problem):
            raise result


def preparing(world: World) -> Iterator[datetime]:
    """On the last day sites are looked at for return to school and to work; some have passed."""
    wanted, plan = world.scenario.venues, world.pack.venues
    if wanted is None or plan is None or plan.readiness is None:
        return
    at = world.scenario.end - PREPARED_BEFORE
    yield at
    for site in world.venues.get("site", ()):
        chance = world.fiction.random() * 100
        if site.kind in plan.readiness.kinds and chance < wanted.looked_at:
            _prepare(world, site, plan.readiness, at, passed=chance < wanted.passed)


def _prepare(world: World, site: Venue, plan: ReadinessRules, at: datetime, *, passed: bool) -> None:
    actor, today, rng = world.desk("towns", site.place), local(at).date(), world.fiction
    draft = ReadinessDraft(
        venue_id=site.venue_id,
        met=tuple(code for code in plan.items_of(site.kind) if passed or rng.random() < 0.6),
        approvals=dict.fromkeys(plan.approvals, today) if passed else {},
        resumes_on=today + timedelta(days=rng.choice((5, 12, 19))),
    )
    readiness_record(actor=actor, response_id=world.response_id, draft=draft, now=at)
    if passed:
        people = rng.randint(8, 120)
        returners_count(actor=actor, venue_id=site.venue_id, day=today, people=people, unwell=0, now=at)

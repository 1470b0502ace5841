"""Visits: recorded in any number at once, each once, and what follows of them for the venue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.counted.events import LOGGED
from wangge.duties.counted.queries import acting_as
from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Due, Venue, Visit
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services.rechecks import recheck_start, recheck_stop
from wangge.ground.areas.permission import may
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows, update_rows
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import (
    NotFound,
    NotPermitted,
    Problem,
    VenueEnded,
    VisitedLately,
)
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.packs.venues import RoundDef, VenuesDef
from wangge.ground.responses.queries import response_running
from wangge.ground.responses.vault import Secret

COLUMNS = (
    "id", "response", "venue", "area", "person", "post", "agency", "agencies", "rounds", "answers", "evidence",
    "open_found", "matter_id", "log_kind", "place_kind", "quantities", "observed_at", "received_at", "sign", "corrects",
    "exercise",
)  # fmt: skip
# What visits change of a venue.
FOLLOWS = ("last_visit_at", "last_agencies", "failed", "recheck_id", "recheck_due_at")


@dataclass
class _Item:
    """One visit on its way through the batch."""

    draft: VisitDraft
    venue: Venue
    rounds: list[RoundDef]
    log_kind: str
    place_kind: str
    quantities: dict[str, int]
    exercise: bool
    grant: Grant | None
    visit_id: UUID
    at: datetime
    agencies: list[str] = field(default_factory=list)


def visit_record(
    *, actor: Actor, response_id: UUID, draft: VisitDraft, now: datetime, record_id: UUID | None = None
) -> Visit:
    """Record one visit, or raise the problem that keeps it out. The same `record_id` again changes nothing."""
    [result] = visits_record(
        actor=actor, response_id=response_id, drafts=[draft], now=now, record_ids=[record_id] if record_id else ()
    )
    if isinstance(result, Problem):
        raise result
    return result


@transaction.atomic
def visits_record(
    *,
    actor: Actor,
    response_id: UUID,
    drafts: Sequence[VisitDraft],
    now: datetime,
    record_ids: Sequence[UUID] = (),
) -> list[Visit | Problem]:
    """Record visits: a result for each in its order, the Visit or the Problem that kept it out.

    `record_ids` go with the drafts one by one; a visit that is there under its id is given back as it is.
    """
    response = response_running(response_id)
    pack, plan = pack_for(response_id)
    ids = list(record_ids) or [new_id() for _ in drafts]
    known = {one.id: one for one in Visit.objects.filter(id__in=ids)} if record_ids else {}
    # Locked in one order, so that of two visits to a venue at once the second finds what the first has set.
    wanted = Venue.objects.filter(id__in={draft.venue_id for draft in drafts}, response_id=response_id)
    venues = {one.id: one for one in wanted.select_for_update().order_by("id")}
    results: list[Visit | Problem] = []
    items: list[_Item] = []
    for visit_id, draft in zip(ids, drafts, strict=True):
        if visit_id in known:
            results.append(known[visit_id])
            continue
        venue = venues.get(draft.venue_id)
        problem = NotFound(what="场所") if venue is None else _problem(actor, draft, venue, pack, plan, now)
        if problem is not None or venue is None:
            results.append(problem or NotFound(what="场所"))
            continue
        item = _item(actor, draft, venue, pack, plan, visit_id, response.exercise, now)
        items.append(item)
        results.append(_visit(item, actor, response_id, now))
    if items:
        _write(items, [one for one in results if isinstance(one, Visit) and one.id not in known], response_id)
        journal.record_many([_counted(item, actor, response_id, now) for item in items])
        _dues_follow(items, plan)
        _venues_follow([item for item in items if not item.exercise], plan, actor, now)
    return results


def _problem(
    actor: Actor, draft: VisitDraft, venue: Venue, pack: Pack, plan: VenuesDef, now: datetime
) -> Problem | None:
    verb = "exercise.run" if draft.exercise else "venue.visit"
    if not may(actor, verb, venue.area_id):
        return NotPermitted(verb=verb)
    if venue.state == "ended":
        return VenueEnded(number=venue.number)
    kind = plan.kinds[venue.kind]
    if found := rules.check_visit(draft, venue.kind, plan, pack.log_kinds[kind.log_kind], now):
        return found
    if draft.open_found and venue.state != "closed":
        return invalid("open_found", "此场所没有被责令停业。", "This venue is under no order to close.")
    if stray := next((code for code in draft.agencies if code not in pack.agencies), None):
        return invalid("agencies", f"没有“{stray}”这类单位。", f"There is no kind of agency “{stray}”.")
    lately = None if draft.aware else visited_lately(venue, plan, draft.observed_at or now)
    if lately is not None:
        names = "、".join(pack.agencies[code].name for code in lately if code in pack.agencies)
        at = f"{local(venue.last_visit_at):%m-%d %H:%M}" if venue.last_visit_at else ""
        return VisitedLately(agencies=names or "其他单位", at=at)
    return None


def visited_lately(venue: Venue, plan: VenuesDef, at: datetime) -> list[str] | None:
    """The agencies that were at a venue within the days that are warned of, as far as known; None where nobody was.

    A re-inspection that is due is expected.
    """
    if venue.last_visit_at is None or venue.recheck_due_at is not None:
        return None
    return list(venue.last_agencies) if at - venue.last_visit_at < timedelta(days=plan.warn_days) else None


def _item(
    actor: Actor,
    draft: VisitDraft,
    venue: Venue,
    pack: Pack,
    plan: VenuesDef,
    visit_id: UUID,
    exercise: bool,
    now: datetime,
) -> _Item:
    kind = plan.kinds[venue.kind]
    grant = acting_as(actor, venue.area_id)
    rounds = [plan.rounds[code] for code in draft.rounds]
    own = [grant.agency_kind] if grant and grant.agency_kind else []
    return _Item(
        draft=draft,
        venue=venue,
        rounds=rounds,
        log_kind=kind.log_kind,
        place_kind=kind.place_kind,
        quantities={pack.log_kinds[kind.log_kind].main.code: 1, **draft.quantities},
        exercise=exercise or draft.exercise,
        grant=grant,
        visit_id=visit_id,
        at=draft.observed_at or now,
        agencies=list(dict.fromkeys([*(one.agency for one in rounds), *own, *draft.agencies])),
    )


def _visit(item: _Item, actor: Actor, response_id: UUID, now: datetime) -> Visit:
    draft, grant = item.draft, item.grant
    return Visit(
        id=item.visit_id,
        response_id=response_id,
        venue=item.venue,
        area_id=item.venue.area_id,
        person_id=actor.person_id,
        post_id=grant.post_id if grant else None,
        agency_id=grant.agency_id if grant else None,
        agencies=item.agencies,
        rounds=[one.code for one in item.rounds],
        answers=dict(draft.answers),
        evidence=[str(one) for one in draft.evidence],
        open_found=draft.open_found,
        log_kind=item.log_kind,
        place_kind=item.place_kind,
        quantities=item.quantities,
        observed_at=item.at,
        received_at=now,
        sign=1,
        exercise=item.exercise,
    )


def _write(items: Sequence[_Item], visits: Iterable[Visit], response_id: UUID) -> None:
    names = [Visit._meta.get_field(name).attname for name in COLUMNS]  # type: ignore[union-attr]
    insert_rows(Visit, COLUMNS, [tuple(getattr(one, name) for name in names) for one in visits])
    notes = [Secret(item.visit_id, "note", "text", item.draft.note.strip()) for item in items]
    vault.put_many(response_id=response_id, secrets=notes)


def _counted(item: _Item, actor: Actor, response_id: UUID, now: datetime) -> journal.Draft:
    return journal.draft(
        LOGGED,
        at=now,
        observed_at=item.at,
        actor_id=actor.person_id,
        area_id=item.venue.area_id,
        subject_id=item.visit_id,
        response_id=response_id,
        exercise=item.exercise,
        kind=item.log_kind,
        place_kind=item.place_kind,
        sign=1,
        **item.quantities,
    )


def _dues_follow(items: Sequence[_Item], plan: VenuesDef) -> None:
    """Put off the rounds that were made; one statement for each day and round, however many venues."""
    made: dict[tuple[str, Any], list[UUID]] = {}
    for item in items:
        if not item.exercise:
            for one in item.rounds:
                made.setdefault((one.code, local(item.at).date()), []).append(item.venue.id)
    for (code, day), venue_ids in sorted(made.items()):
        due_on = rules.next_due(day, plan.rounds[code].every_days)
        # A visit that comes in late puts nothing back that a later one has put off.
        Due.objects.filter(round=code, venue_id__in=venue_ids, due_on__lt=due_on).update(due_on=due_on, made_on=day)


def _venues_follow(items: Sequence[_Item], plan: VenuesDef, actor: Actor, now: datetime) -> None:
    """What visits change of their venues: who came last, what must be looked at again, and by when.

    Of several to one venue each finds what the one before has set; the venues are written in one statement.
    """
    changed: dict[UUID, Venue] = {}
    for item in items:
        venue, answers = item.venue, item.draft.answers
        if venue.last_visit_at is None or item.at >= venue.last_visit_at:
            venue.last_visit_at, venue.last_agencies = item.at, item.agencies
            changed[venue.id] = venue
        failed = rules.still_failed(venue.failed, answers)
        if failed != venue.failed or (venue.recheck_id and answers):
            _recheck(item, failed, plan, actor, now)
            changed[venue.id] = venue
        if item.draft.open_found:
            _tell(item, events.FOUND_OPEN, actor, now)
    update_rows(Venue, FOLLOWS, [(one.id, *(getattr(one, name) for name in FOLLOWS)) for one in changed.values()])


def _recheck(item: _Item, failed: list[str], plan: VenuesDef, actor: Actor, now: datetime) -> None:
    """Stop the clock of the re-inspection that this visit was, and start one for what has to be looked at again."""
    venue = item.venue
    stopped = recheck_stop(venue.recheck_id, now)
    venue.failed, venue.recheck_id, venue.recheck_due_at = failed, None, None
    if failed:
        asking = item.rounds or plan.rounds_of(venue.kind)
        venue.recheck_id = item.visit_id
        venue.recheck_due_at = recheck_start(item.visit_id, venue.response_id, asking, failed, now)
        _tell(item, events.FAILED, actor, now, items=failed)
    elif stopped:
        _tell(item, events.PASSED, actor, now, in_time=stopped.in_time)


def _tell(item: _Item, type_: str, actor: Actor, now: datetime, /, **data: Any) -> None:
    journal.record(
        type_,
        at=now,
        observed_at=item.at,
        actor_id=actor.person_id,
        area_id=item.venue.area_id,
        subject_id=item.visit_id,
        response_id=item.venue.response_id,
        exercise=item.exercise,
        kind=item.venue.kind,
        venue=str(item.venue.id),
        **data,
    )


def visit_linked(*, visit_id: UUID, matter_id: UUID) -> None:
    """Note which matter a visit's finding has become, once, inside the transaction that opens it."""
    Visit.objects.filter(id=visit_id, matter_id__isnull=True).update(matter_id=matter_id)

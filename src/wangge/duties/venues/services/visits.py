"""Visits: recorded in any number at once, each once; counter-entries 冲正; re-inspections and their clocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.counted.events import COUNTERED, LOGGED
from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Due, Venue, Visit
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.rules import VisitDraft
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import (
    NotFound,
    NotPermitted,
    Problem,
    VenueEnded,
    VisitCountered,
    VisitedLately,
    VisitIsCounter,
)
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.packs.venues import RoundDef, VenuesDef
from wangge.ground.responses.queries import response_running
from wangge.ground.responses.vault import Secret
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.rules import Allowance
from wangge.spine.clocks.services import Due as Step

RECHECK = "recheck"
LAST_STEP = 1  # half of the time, all of it
COLUMNS = (
    "id", "response", "venue", "area", "person", "post", "agency", "agencies", "rounds", "answers", "evidence",
    "open_found", "matter_id", "log_kind", "place_kind", "quantities", "observed_at", "received_at", "sign", "corrects",
    "exercise",
)  # fmt: skip


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
        for item in items:
            if not item.exercise:
                _venue_follows(item, plan, actor, now)
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
        return rules.invalid("open_found", "此场所没有被责令停业。", "This venue is under no order to close.")
    if stray := next((code for code in draft.agencies if code not in pack.agencies), None):
        return rules.invalid("agencies", f"没有“{stray}”这类单位。", f"There is no kind of agency “{stray}”.")
    if not draft.aware and (lately := visited_lately(venue, plan, draft.observed_at or now)):
        names = "、".join(pack.agencies[code].name for code in lately if code in pack.agencies)
        at = f"{local(venue.last_visit_at):%m-%d %H:%M}" if venue.last_visit_at else ""
        return VisitedLately(agencies=names or "其他单位", at=at)
    return None


def visited_lately(venue: Venue, plan: VenuesDef, at: datetime) -> list[str]:
    """The agencies that were at a venue within the days that are warned of; a re-inspection that is due is expected."""
    if venue.last_visit_at is None or venue.recheck_due_at is not None:
        return []
    return list(venue.last_agencies) if at - venue.last_visit_at < timedelta(days=plan.warn_days) else []


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
    grant = _acting_as(actor, venue.area_id)
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


def _acting_as(actor: Actor, area_id: UUID) -> Grant | None:
    """The post by which the actor visits here: the first whose area covers the place."""
    upper = tree().superiors(area_id)
    return next((grant for grant in actor.grants if grant.post_id and grant.area_id in upper), None)


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


def _venue_follows(item: _Item, plan: VenuesDef, actor: Actor, now: datetime) -> None:
    """What a visit changes of its venue: who came last, what must be looked at again, and by when."""
    venue, answers = item.venue, item.draft.answers
    changes: dict[str, Any] = {}
    if venue.last_visit_at is None or item.at >= venue.last_visit_at:
        changes |= {"last_visit_at": item.at, "last_agencies": item.agencies}
    failed = rules.still_failed(venue.failed, answers)
    if failed != venue.failed or (venue.recheck_id and answers):
        changes |= _recheck(item, failed, plan, actor, now)
    if changes:
        Venue.objects.filter(id=venue.id).update(**changes)
        for name, value in changes.items():
            setattr(venue, name, value)
    if item.draft.open_found:
        _tell(item, events.FOUND_OPEN, actor, now)


def _recheck(item: _Item, failed: list[str], plan: VenuesDef, actor: Actor, now: datetime) -> dict[str, Any]:
    """Stop the clock of the re-inspection that this visit was, and start one for what has to be looked at again."""
    venue = item.venue
    stopped = clocks.stop(venue.recheck_id, RECHECK, now=now) if venue.recheck_id else None
    if not failed:
        if stopped:
            _tell(item, events.PASSED, actor, now, in_time=stopped.in_time)
        return {"failed": [], "recheck_id": None, "recheck_due_at": None}
    asking = item.rounds or plan.rounds_of(venue.kind)
    due_at = _clock_start(item.visit_id, venue.response_id, asking, failed, now)
    _tell(item, events.FAILED, actor, now, items=failed)
    return {"failed": failed, "recheck_id": item.visit_id, "recheck_due_at": due_at}


def _clock_start(
    visit_id: UUID, response_id: UUID, rounds: Sequence[RoundDef], failed: Sequence[str], now: datetime
) -> datetime | None:
    """Start the clock of a re-inspection; its deadline, or None where no round comes to such a venue."""
    one = rules.recheck_of(rounds, failed)
    if one is None:
        return None
    calendar = calendar_with(pack_for(response_id)[0].calendar)
    seconds = int(calendar.length(one.recheck.amount, one.recheck.unit).total_seconds())
    start = clocks.Start(visit_id, RECHECK, Allowance(seconds, one.recheck.unit), LAST_STEP)
    return clocks.start(start, now=now, calendar=calendar)


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


# -- counter-entries -----------------------------------------------------------------------------------


def _find(visit_id: UUID, actor: Actor) -> Visit:
    """The visit, if the actor may counter it: its author, or whoever may counter in its area."""
    visit = Visit.objects.filter(id=visit_id).select_related("venue").first()
    if visit is None:
        raise NotFound(what="检查记录")
    own = actor.person_id is not None and visit.person_id == actor.person_id
    if not (own and may(actor, "venue.visit", visit.area_id)):
        require(actor, "duty.counter", visit.area_id)
    return visit


@transaction.atomic
def visit_counter(*, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> Visit:
    """Counter a visit 冲正: one more of the same content that counts the other way. Once, and with a reason.

    The venue stands again as if the visit had not been: who came last, what is due, what is to be looked at again.
    """
    visit = _find(visit_id, actor)
    problem = rules.check_words(reason, "reason", rules.WORDS_LIMIT, needed=True)
    if problem:
        raise problem
    if visit.sign < 0:
        raise VisitIsCounter()
    venue = Venue.objects.select_for_update().get(id=visit.venue_id)
    counter = _counter(visit, actor, now)
    vault.put_many(response_id=visit.response_id, secrets=[Secret(counter.id, "note", "text", reason.strip())])
    journal.record(
        COUNTERED,
        at=now,
        observed_at=visit.observed_at,
        actor_id=actor.person_id,
        area_id=visit.area_id,
        subject_id=visit.id,
        response_id=visit.response_id,
        exercise=visit.exercise,
        kind=visit.log_kind,
        place_kind=visit.place_kind,
        sign=-1,
        **visit.quantities,
    )
    if not visit.exercise and venue.state != "ended":
        _stand_again(venue, now)
    return counter


def _counter(visit: Visit, actor: Actor, now: datetime) -> Visit:
    grant = _acting_as(actor, visit.area_id)
    kept = {
        name: getattr(visit, name)
        for name in (
            "response_id", "venue_id", "area_id", "agencies", "rounds", "answers", "open_found", "log_kind",
            "place_kind", "quantities", "observed_at", "exercise",
        )
    }  # fmt: skip
    try:
        with transaction.atomic():
            return Visit.objects.create(
                **kept,
                person_id=actor.person_id,
                post_id=grant.post_id if grant else None,
                agency_id=grant.agency_id if grant else None,
                received_at=now,
                sign=-1,
                corrects=visit,
            )
    except IntegrityError:
        # The database lets one counter-entry in, whoever comes second and however close.
        raise VisitCountered() from None


def _stand_again(venue: Venue, now: datetime) -> None:
    """Set anew what visits have made of a venue, from those that stand."""
    _, plan = pack_for(venue.response_id)
    standing = list(
        Visit.objects.filter(venue=venue, sign=1, exercise=False, countered_by__isnull=True).order_by(
            "observed_at", "id"
        )
    )
    failed: list[str] = []
    for one in standing:
        failed = rules.still_failed(failed, one.answers)
    last = standing[-1] if standing else None
    changes: dict[str, Any] = {
        "last_visit_at": last.observed_at if last else None,
        "last_agencies": last.agencies if last else [],
    }
    if failed != venue.failed:
        if venue.recheck_id:
            clocks.stop(venue.recheck_id, RECHECK, now=now)
        found = next((one for one in reversed(standing) if rules.failed_items(one.answers)), None)
        rounds = [plan.rounds[code] for code in found.rounds if code in plan.rounds] if found else []
        rounds = rounds or plan.rounds_of(venue.kind)
        due_at = _clock_start(found.id, venue.response_id, rounds, failed, now) if found else None
        changes |= {"failed": failed, "recheck_id": found.id if due_at and found else None, "recheck_due_at": due_at}
    Venue.objects.filter(id=venue.id).update(**changes)
    for due in Due.objects.filter(venue=venue):
        made = [local(one.observed_at).date() for one in standing if due.round in one.rounds]
        every = plan.rounds[due.round].every_days if due.round in plan.rounds else 0
        due.made_on = max(made, default=None)
        due.due_on = rules.next_due(due.made_on, every) if due.made_on else local(venue.registered_at).date()
        due.save(update_fields=["made_on", "due_on"])


@transaction.atomic
def visit_correct(
    *, actor: Actor, visit_id: UUID, draft: VisitDraft, reason: str, now: datetime, record_id: UUID | None = None
) -> Visit:
    """Put a visit right 更正: counter it and record what it should have been, both or neither."""
    visit = _find(visit_id, actor)
    visit_counter(actor=actor, visit_id=visit_id, reason=reason, now=now)
    return visit_record(actor=actor, response_id=visit.response_id, draft=draft, now=now, record_id=record_id)


# -- re-inspections ------------------------------------------------------------------------------------


@transaction.atomic
def recheck_overdue(*, actor: Actor, due: Step, now: datetime) -> bool:
    """Act on a step of a re-inspection's clock: at its end it is overdue, which the journal hears once."""
    visit = Visit.objects.filter(id=due.subject_id).select_related("venue").first()
    if visit is None:
        return False
    require(actor, "venue.visit", visit.area_id)
    calendar = calendar_with(pack_for(visit.response_id)[0].calendar)
    if not clocks.claim(due, now=now, calendar=calendar):
        return False
    if due.step >= LAST_STEP:
        journal.record(
            events.OVERDUE,
            at=now,
            area_id=visit.area_id,
            subject_id=visit.id,
            response_id=visit.response_id,
            exercise=visit.exercise,
            kind=visit.venue.kind,
            venue=str(visit.venue_id),
        )
    return True


def visit_linked(*, visit_id: UUID, matter_id: UUID) -> None:
    """Note which matter a visit's finding has become, once, inside the transaction that opens it."""
    Visit.objects.filter(id=visit_id, matter_id__isnull=True).update(matter_id=matter_id)

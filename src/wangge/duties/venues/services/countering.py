"""Counter-entries 冲正 against visits, and what a venue is without them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.counted.events import COUNTERED
from wangge.duties.counted.queries import acting_as, require_counter
from wangge.duties.venues import rules
from wangge.duties.venues.models import Due, Venue, Visit
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services.rechecks import recheck_start, recheck_stop
from wangge.duties.venues.services.visits import visit_record
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import check_words
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, VisitCountered, VisitIsCounter
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret


def _find(visit_id: UUID, actor: Actor) -> Visit:
    """The visit, if the actor may counter it: its author, or whoever may counter in its area."""
    visit = Visit.objects.filter(id=visit_id).select_related("venue").first()
    if visit is None:
        raise NotFound(what="检查记录")
    require_counter(actor, person_id=visit.person_id, area_id=visit.area_id, own="venue.visit")
    return visit


@transaction.atomic
def visit_counter(*, actor: Actor, visit_id: UUID, reason: str, now: datetime) -> Visit:
    """Counter a visit 冲正: one more of the same content that counts the other way. Once, and with a reason.

    The venue stands again as if the visit had not been: who came last, what is due, what is to be looked at again.
    """
    visit = _find(visit_id, actor)
    problem = check_words(reason, "reason", rules.WORDS_LIMIT, needed=True)
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
    grant = acting_as(actor, visit.area_id)
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
        recheck_stop(venue.recheck_id, now)
        found = next((one for one in reversed(standing) if rules.failed_items(one.answers)), None)
        rounds = [plan.rounds[code] for code in found.rounds if code in plan.rounds] if found else []
        rounds = rounds or plan.rounds_of(venue.kind)
        due_at = recheck_start(found.id, venue.response_id, rounds, failed, now) if found else None
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

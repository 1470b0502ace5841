"""Re-inspections 复查: the clock of what has to be looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Visit
from wangge.duties.venues.queries.register import pack_for
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.venues import RoundDef
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.rules import Allowance
from wangge.spine.clocks.services import Due as Step
from wangge.spine.clocks.services import Stopped

RECHECK = "recheck"
LAST_STEP = 1  # half of the time, all of it


def recheck_start(
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


def recheck_stop(visit_id: UUID | None, now: datetime) -> Stopped | None:
    """Stop the clock that a visit started; how it ended, None where none was running."""
    return clocks.stop(visit_id, RECHECK, now=now) if visit_id else None


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

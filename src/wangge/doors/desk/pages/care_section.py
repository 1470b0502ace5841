"""The part of a record's page that tells of care: what it shows, for `people.record_page` to show with the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wangge.doors.desk.requests import DeskRequest
from wangge.duties.matters.queries import numbers
from wangge.duties.observation.queries import care
from wangge.duties.observation.services import contacts, measures, referrals
from wangge.ground.kernel import clock

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual


def section(request: DeskRequest, individual: Individual) -> dict[str, Any]:
    """What the page of a record shows of care, and which forms stand open to whoever looks."""
    now = clock.now()
    shown = care.care_of(individual, actor=request.actor, now=now)
    matter_ids = [one.matter_id for one in shown.measures] + [one.matter_id for one in shown.dependants]
    return {
        "care": shown,
        "matter_numbers": numbers(filter(None, matter_ids)),
        "results": referrals.RESULTS.items(),
        "causes": [(code, name) for code, name in measures.CAUSES.items() if code != "expired"],
        "dependant_kinds": contacts.KINDS.items(),
        "suggested": {"started_at": now, "review_at": now + timedelta(days=7), "ends_at": now + shown.longest},
    }

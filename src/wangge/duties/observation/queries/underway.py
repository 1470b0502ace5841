"""What runs on records: a plan, a referral, a measure; such a record is neither closed nor merged with another."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from wangge.duties.observation.models import Measure, Plan, Referral

Words = tuple[str, str]
CLOSED_STAGES = ("answered", "declined", "cancelled")


def underway_counts(response_id: UUID) -> dict[str, int]:
    """How many plans, referrals and compulsory measures are under way in a response."""
    mine = {"individual__response_id": response_id}
    return {
        "plans_running": Plan.objects.filter(**mine, state="running").count(),
        "referrals_open": Referral.objects.filter(**mine).exclude(stage__in=CLOSED_STAGES).count(),
        "measures_in_force": Measure.objects.filter(**mine, ended_at__isnull=True).count(),
    }


def underway(individual_ids: Collection[UUID]) -> dict[UUID, list[Words]]:
    """What is under way on each of some records, in Chinese and English; three queries."""
    plans = Plan.objects.filter(individual_id__in=individual_ids, state="running")
    referrals = Referral.objects.filter(individual_id__in=individual_ids).exclude(stage__in=CLOSED_STAGES)
    measures = Measure.objects.filter(individual_id__in=individual_ids, ended_at__isnull=True)
    found: dict[UUID, list[Words]] = {}
    for rows, words in (
        (plans, ("进行中的医学观察", "a running plan of observation")),
        (referrals, ("未办结的转诊", "an open referral")),
        (measures, ("生效中的强制隔离措施", "a compulsory measure in force")),
    ):
        for individual_id in rows.values_list("individual_id", flat=True):
            found.setdefault(individual_id, []).append(words)
    return found

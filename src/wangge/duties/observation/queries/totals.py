"""How much there is of everything kept on people, as bare numbers."""

from __future__ import annotations

from uuid import UUID

from wangge.duties.observation.models import Check, Individual, Measure, Plan, Referral


def record_counts(response_id: UUID) -> dict[str, int]:
    """How many records of people, plans, checks, referrals and compulsory measures there are in a response."""
    return {
        "individuals": Individual.objects.filter(response_id=response_id).count(),
        "plans": Plan.objects.filter(individual__response_id=response_id).count(),
        "checks": Check.objects.filter(plan__individual__response_id=response_id).count(),
        "referrals": Referral.objects.filter(individual__response_id=response_id).count(),
        "measures": Measure.objects.filter(individual__response_id=response_id).count(),
    }

"""Records of people under observation: who they are, their plans and checks, their way through care."""

from wangge.duties.observation.models.care import Measure, Referral
from wangge.duties.observation.models.people import (
    Contact,
    Correction,
    Dependant,
    Household,
    Individual,
    IndividualMerge,
    Leg,
    NumberCounter,
    Origin,
)
from wangge.duties.observation.models.plans import Alarm, Check, Facility, Plan, Room

__all__ = [
    "Alarm",
    "Check",
    "Contact",
    "Correction",
    "Dependant",
    "Facility",
    "Household",
    "Individual",
    "IndividualMerge",
    "Leg",
    "Measure",
    "NumberCounter",
    "Origin",
    "Plan",
    "Referral",
    "Room",
]

"""Venues 场所 and everything that hangs on one."""

from wangge.duties.venues.models.lodging import DayCount, Gap, Swept
from wangge.duties.venues.models.orders import Lift, Order
from wangge.duties.venues.models.readiness import Readiness, ReadinessRecord, Returners
from wangge.duties.venues.models.register import NumberCounter, Venue
from wangge.duties.venues.models.visits import Due, Visit

__all__ = [
    "DayCount",
    "Due",
    "Gap",
    "Lift",
    "NumberCounter",
    "Order",
    "Readiness",
    "ReadinessRecord",
    "Returners",
    "Swept",
    "Venue",
    "Visit",
]

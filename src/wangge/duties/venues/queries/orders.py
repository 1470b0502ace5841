"""Reading orders: those that still bear on venues, all of them for a page, one with the stages of its lifting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from wangge.duties.venues.models import Lift, Order
from wangge.duties.venues.rules import InForce, Stage
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound

MOST_SHOWN = 100


@dataclass(frozen=True)
class OrderView:
    """One order with the stages of its lifting."""

    order: Order
    lifts: Sequence[Lift]
    areas: Sequence[str]


def as_in_force(order: Order, lifts: Sequence[Lift]) -> InForce:
    """An order as the rules look at it."""
    return InForce(
        order_id=order.id,
        effect=order.effect,
        kinds=frozenset(order.kinds),
        areas=frozenset(UUID(area) for area in order.areas),
        starts_at=order.starts_at,
        lifts=tuple(
            Stage(frozenset(lift.kinds), frozenset(UUID(area) for area in lift.areas), lift.at) for lift in lifts
        ),
    )


def in_force(response_id: UUID) -> list[InForce]:
    """The orders of a response that have not ended, with the stages of their lifting; two queries."""
    orders = list(Order.objects.filter(response_id=response_id, ended_at__isnull=True).order_by("issued_at", "id"))
    lifts: dict[UUID, list[Lift]] = {}
    if orders:
        for lift in Lift.objects.filter(order__in=orders).order_by("at", "id"):
            lifts.setdefault(lift.order_id, []).append(lift)
    return [as_in_force(order, lifts.get(order.id, [])) for order in orders]


def orders(*, actor: Actor, response_id: UUID) -> list[Order]:
    """The orders that reach an area where the actor may see venues, the newest first."""
    rows = Order.objects.filter(response_id=response_id).select_related("issued_by")
    return [one for one in rows.order_by("-issued_at", "-id")[:MOST_SHOWN] if seen(actor, one)]


def seen(actor: Actor, order: Order) -> bool:
    """Whether an order is the actor's business: it reaches into an area where they may see venues, or covers it."""
    areas, tops = tree(), [grant.area_id for grant in actor.grants if "venue.view" in grant.verbs]
    return any(
        top is None or may(actor, "venue.view", UUID(area)) or areas.covers(UUID(area), top)
        for area in order.areas
        for top in tops
    )


def order_view(order_id: UUID, *, actor: Actor) -> OrderView:
    """One order. Raises NotFound, also where it is none of the actor's business."""
    order = Order.objects.filter(Q(id=order_id)).select_related("issued_by").first()
    if order is None or not seen(actor, order):
        raise NotFound(what="停业（限制）令")
    names = [tree().path_name(UUID(area)) for area in order.areas]
    return OrderView(order, list(order.lifts.select_related("decided_by").order_by("at", "id")), names)

"""Orders that close or limit venues: issued, come into force, lifted by stages; the state of each venue follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Lift, Order, Venue
from wangge.duties.venues.queries.orders import as_in_force, in_force
from wangge.duties.venues.queries.register import pack_for
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import check_words, invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, OrderEnded
from wangge.ground.responses.packs.gaps import GAP
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.ground.responses.queries import response_running, wait_turn

AT_ONCE = 20


@dataclass(frozen=True)
class OrderDraft:
    """An order on its way: "close" or "limit", kinds in areas. `starts_at` None means now; no notice, the pack's."""

    effect: str
    kinds: tuple[str, ...]
    area_ids: tuple[UUID, ...]
    authority: str
    legal_basis: str
    starts_at: datetime | None = None
    limits: str = ""
    notice: str = ""


def order_issue(*, actor: Actor, response_id: UUID, draft: OrderDraft, now: datetime) -> Order:
    """Issue an order in areas where the actor may; what it says of venues now holds before this returns."""
    for area_id in draft.area_ids:
        require(actor, "venue.order", area_id)
    response = response_running(response_id)
    _, plan = pack_for(response_id)
    _check(draft, plan, now)
    starts_at = draft.starts_at or now
    with transaction.atomic():
        wait_turn(response_id)
        order = Order.objects.create(
            response_id=response_id,
            area_id=common_area(draft.area_ids),
            effect=draft.effect,
            kinds=list(draft.kinds),
            areas=[str(area) for area in draft.area_ids],
            limits=draft.limits.strip(),
            authority=draft.authority.strip(),
            legal_basis=draft.legal_basis.strip(),
            notice=draft.notice.strip() or notice_text(draft, plan, starts_at),
            starts_at=starts_at,
            next_at=starts_at if starts_at > now else None,
            issued_at=now,
            issued_by_id=actor.person_id,
            exercise=response.exercise,
        )
        changed = states_follow(response_id, draft.kinds, draft.area_ids, now)
        _tell(order, events.ORDER_ISSUED, actor, now, effect=order.effect, kinds=order.kinds, venues=changed)
    return order


def _check(draft: OrderDraft, plan: VenuesDef, now: datetime) -> None:
    problem = None
    if draft.effect not in rules.STATE_OF:
        problem = invalid("effect", "请选择停业或限制营业。", "Choose to close or to limit.")
    elif not draft.kinds or not set(draft.kinds) <= set(plan.kinds):
        problem = invalid("kinds", "请选择场所类别。", "Choose kinds of venues.")
    elif not draft.area_ids:
        problem = invalid("areas", "请选择区域。", "Choose areas.")
    elif draft.starts_at is not None:
        problem = rules.check_instant(draft.starts_at, "starts_at", now)
    problem = (
        problem
        or check_words(draft.authority, "authority", 80, needed=True)
        or check_words(draft.legal_basis, "legal_basis", rules.WORDS_LIMIT, needed=True)
        or check_words(draft.limits, "limits", rules.WORDS_LIMIT, needed=draft.effect == "limit")
        or check_words(draft.notice, "notice", rules.NOTE_LIMIT)
    )
    if problem:
        raise problem


def common_area(area_ids: Sequence[UUID]) -> UUID:
    """The nearest area that covers all of these."""
    areas = tree()
    first, *others = area_ids
    upper = [first, *areas.ancestors(first)]
    return next(area for area in upper if all(areas.covers(area, other) for other in others))


def notice_text(draft: OrderDraft, plan: VenuesDef, starts_at: datetime, *, lifting: bool = False) -> str:
    """The pack's text of the notice with its gaps filled."""
    texts = {"close": plan.orders.notice_closed, "limit": plan.orders.notice_limited}
    areas, at = tree(), local(starts_at)
    words = {
        "authority": draft.authority.strip(),
        "basis": draft.legal_basis.strip().partition("：")[0],
        "kinds": "、".join(plan.kinds[code].name for code in draft.kinds),
        "areas": "、".join(areas.get(area).name for area in draft.area_ids),
        "start": f"{at.year}年{at.month}月{at.day}日{at:%H:%M}",
        "limits": draft.limits.strip(),
    }
    text = plan.orders.notice_lifted if lifting else texts[draft.effect]
    return GAP.sub(lambda gap: words[gap[1]], text).strip()


@transaction.atomic
def order_lift(
    *,
    actor: Actor,
    order_id: UUID,
    now: datetime,
    kinds: Sequence[str] = (),
    area_ids: Sequence[UUID] = (),
    at: datetime | None = None,
) -> Lift:
    """Lift an order, or a stage of it: some kinds, some areas, from an instant. Nothing named means all, now."""
    order = Order.objects.select_for_update().filter(id=order_id).first()
    if order is None:
        raise NotFound(what="停业（限制）令")
    for area in order.areas:
        require(actor, "venue.order", UUID(area))
    if order.ended_at is not None:
        raise OrderEnded()
    if not set(kinds) <= set(order.kinds):
        raise invalid("kinds", "只能解除此令所列的类别。", "Only kinds that the order names can be lifted.")
    covers = tree().covers
    if not all(any(covers(UUID(top), area) for top in order.areas) for area in area_ids):
        raise invalid("areas", "只能解除此令所及的区域。", "Only areas that the order reaches can be lifted.")
    if at is not None and (problem := rules.check_instant(at, "at", now)):
        raise problem
    wait_turn(order.response_id)
    _, plan = pack_for(order.response_id)
    draft = OrderDraft(
        order.effect, tuple(kinds or order.kinds), tuple(area_ids or map(UUID, order.areas)), order.authority,
        order.legal_basis,
    )  # fmt: skip
    lift = Lift.objects.create(
        order=order,
        kinds=list(kinds),
        areas=[str(area) for area in area_ids],
        notice=notice_text(draft, plan, at or now, lifting=True),
        at=at or now,
        decided_at=now,
        decided_by_id=actor.person_id,
    )
    whole = not kinds and not area_ids
    changed = _follow(order, now)
    _tell(order, events.ORDER_LIFTED, actor, now, effect=order.effect, kinds=lift.kinds, venues=changed, whole=whole)
    return lift


def _follow(order: Order, now: datetime) -> int:
    """Let the venues of an order follow it as it stands now, and set when to look again; how many changed."""
    lifts = list(order.lifts.order_by("at", "id"))
    known = as_in_force(order, lifts)
    changed = states_follow(order.response_id, order.kinds, [UUID(area) for area in order.areas], now)
    order.next_at = rules.next_change(known, now)
    if order.next_at is None and any(not lift.kinds and not lift.areas and lift.at <= now for lift in lifts):
        order.ended_at = now
    order.save(update_fields=["next_at", "ended_at"])
    return changed


def states_follow(response_id: UUID, kinds: Iterable[str], area_ids: Iterable[UUID], now: datetime) -> int:
    """Set the state of the venues of kinds in areas by all orders there are; how many changed."""
    known, areas = in_force(response_id), tree()
    wanted: dict[tuple[str, UUID | None], list[UUID]] = defaultdict(list)
    places = {place for area in area_ids for place in (area, *areas.descendants(area))}
    rows = Venue.objects.select_for_update().filter(response_id=response_id, kind__in=list(kinds))
    standing = rows.exclude(state="ended").order_by("id").values_list("id", "kind", "area_id", "state", "order_id")
    for venue_id, kind, area_id, state, order_id in standing:
        if area_id in places:
            found = rules.state_under(known, kind, areas.superiors(area_id), now)
            if found != (state, order_id):
                wanted[found].append(venue_id)
    for (state, order_id), ids in wanted.items():
        for start in range(0, len(ids), 500):
            Venue.objects.filter(id__in=ids[start : start + 500]).update(state=state, order_id=order_id)
    return sum(map(len, wanted.values()))


def orders_due(*, actor: Actor, now: datetime) -> int:
    """Let come into force what has its time now: the start of an order, a stage of its lifting; how many."""
    require(actor, "venue.order", None)
    done = 0
    due = Order.objects.filter(next_at__lte=now).order_by("next_at").values_list("id", flat=True)
    for order_id in list(due[:AT_ONCE]):
        with transaction.atomic():
            order = Order.objects.select_for_update(skip_locked=True).filter(id=order_id, next_at__lte=now).first()
            if order is not None:
                changed = _follow(order, now)
                _tell(order, events.ORDER_APPLIED, actor, now, effect=order.effect, venues=changed)
                done += 1
    return done


def _tell(order: Order, type_: str, actor: Actor, now: datetime, /, **data: object) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=order.area_id,
        subject_id=order.id,
        response_id=order.response_id,
        exercise=order.exercise,
        **data,
    )

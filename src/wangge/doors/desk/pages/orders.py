"""Orders that close or limit venues 停业与限制令: those there are, issuing and lifting them, and their notices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.pages.venues import GROUPS, require_view, rules_now
from wangge.doors.desk.requests import DeskRequest, instant, new_key, said, sent, taken_once
from wangge.duties.venues.queries import orders as queries
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.services.orders import OrderDraft, order_issue, order_lift
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, NotPermitted, Problem
from wangge.ground.responses.queries import response_current


def orders(request: DeskRequest) -> HttpResponse:
    """The orders that reach the actor's areas, the newest first."""
    require_view(request.actor)
    _, plan = rules_now()
    found = queries.orders(actor=request.actor, response_id=response_current().id)
    context = {
        "orders": [{"order": one, "areas": [tree().path_name(UUID(area)) for area in one.areas]} for one in found],
        "kinds": plan.kinds,
        "may_order": may_somewhere(request.actor, "venue.order"),
        "now": clock.now(),
    }
    return render(request, "desk/venues/orders.html", context)


def order_new(request: DeskRequest) -> HttpResponse:
    """The form of an order, and issuing it, once."""
    if not may_somewhere(request.actor, "venue.order"):
        raise NotPermitted(verb="venue.order")
    if request.method != "POST":
        form = QueryDict(mutable=True)
        form.update({"key": new_key(), "effect": "close"})
        return _form(request, form)
    return taken_once(
        request,
        lambda form: _issue(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda answer: redirect("desk:order", order_id=answer["order"]),
    )


def _issue(actor: Actor, form: QueryDict) -> dict[str, Any]:
    draft = OrderDraft(
        effect=form.get("effect", ""),
        kinds=tuple(form.getlist("kinds")),
        area_ids=tuple(area.id for area in _areas(form)),
        authority=form.get("authority", ""),
        legal_basis=form.get("legal_basis", ""),
        starts_at=instant(form.get("starts_at", ""), "starts_at"),
        limits=form.get("limits", ""),
        notice=form.get("notice", ""),
    )
    order = order_issue(actor=actor, response_id=response_current().id, draft=draft, now=clock.now())
    return {"order": str(order.id)}


def _areas(form: QueryDict) -> list[AreaNode]:
    found = []
    for code in form.getlist("areas"):
        node = tree().by_code(code)
        if node is None:
            raise AreaUnknown(area=code)
        found.append(node)
    return found


def _form(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    _, plan = rules_now()
    context = {
        "typed": form,
        "groups": [(GROUPS[group], plan.in_group(group)) for group in GROUPS if plan.in_group(group)],
        "areas": [node for node in places(request.actor) if may(request.actor, "venue.order", node.id)],
        "bases": plan.orders.bases,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/venues/order_new.html", context, status=problem.status if problem else 200)


def order_page(request: DeskRequest, order_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """One order with the stages of its lifting, and the form to lift it."""
    view = queries.order_view(order_id, actor=request.actor)
    _, plan = pack_for(view.order.response_id)
    areas = tree()
    reached = [areas.get(UUID(area)) for area in view.order.areas]
    below = [areas.get(part) for node in reached for part in areas.children(node.id)]
    context = {
        "view": view,
        "order": view.order,
        "kinds": [plan.kinds[code] for code in view.order.kinds if code in plan.kinds],
        "lifts": [_lift(lift, plan.kinds) for lift in view.lifts],
        "parts": [*(reached if len(reached) > 1 else []), *below][:300],
        "may_lift": view.order.ended_at is None and all(may(request.actor, "venue.order", node.id) for node in reached),
        "now": clock.now(),
        "problem": problem,
        "problem_text": said(problem),
        "typed": request.POST,
    }
    return render(request, "desk/venues/order.html", context, status=problem.status if problem else 200)


def _lift(lift: Any, kinds: Any) -> dict[str, Any]:
    return {
        "lift": lift,
        "kinds": [kinds[code] for code in lift.kinds if code in kinds],
        "areas": [tree().path_name(UUID(area)) for area in lift.areas],
    }


@require_POST
def lift_stage(request: DeskRequest, order_id: UUID) -> HttpResponse:
    """Lift an order, or a stage of it."""
    queries.order_view(order_id, actor=request.actor)
    try:
        form = sent(request)
        order_lift(
            actor=request.actor,
            order_id=order_id,
            kinds=form.getlist("kinds"),
            area_ids=[area.id for area in _areas(form)],
            at=instant(form.get("at", ""), "at"),
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return order_page(request, order_id, problem)
    return redirect("desk:order", order_id=order_id)


def notice(request: DeskRequest, order_id: UUID) -> HttpResponse:
    """The text of the notice alone, to be printed and put up; of a stage of the lifting where one is named."""
    view = queries.order_view(order_id, actor=request.actor)
    chosen = next((stage for stage in view.lifts if str(stage.id) == request.GET.get("lift", "")), None)
    context = {
        "order": view.order,
        "text": (chosen or view.order).notice,
        "lifting": chosen is not None,
        "at": chosen.decided_at if chosen else view.order.issued_at,
    }
    return render(request, "desk/venues/notice.html", context)

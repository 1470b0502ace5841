"""Places with rooms 场所和床位: what is free and taken, and opening and closing them for whoever may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, reference, whole_number
from wangge.duties.observation.queries import facilities as queries
from wangge.duties.observation.services import facilities as services
from wangge.ground.accounts.queries import agencies_within
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, NotPermitted, Problem


def facilities(request: DeskRequest, problem: Problem | None = None) -> HttpResponse:
    """The places the actor may see, with their rooms."""
    actor = request.actor
    if not may_somewhere(actor, "person.view") and not may_somewhere(actor, "facility.manage"):
        raise NotPermitted(verb="person.view")
    managed = [node for node in places(actor) if may(actor, "facility.manage", node.id)]
    context: dict[str, Any] = {
        "facilities": queries.facilities(actor=actor),
        "managed": {node.id for node in managed},
        "areas": managed,
        "agencies": agencies_within([node.id for node in managed]),
        "kinds": queries.KINDS,
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "desk/people/facilities.html", context, status=problem.status if problem else 200)


@require_POST
def facility_open(request: DeskRequest) -> HttpResponse:
    """Open a place."""
    return _done(request, _open)


def _open(request: DeskRequest, form: QueryDict) -> None:
    area = tree().by_code(form.get("area", ""))
    if area is None:
        raise AreaUnknown(area=form.get("area", ""))
    agency = form.get("agency", "")
    services.facility_open(
        actor=request.actor,
        area_id=area.id,
        name=form.get("name", ""),
        kind=form.get("kind", ""),
        agency_id=reference(agency, "agency") if agency else None,
        now=clock.now(),
    )


@require_POST
def room_save(request: DeskRequest, facility_id: UUID) -> HttpResponse:
    """Add a room, or set its beds, or close it."""

    def save(request: DeskRequest, form: QueryDict) -> None:
        services.room_save(
            actor=request.actor,
            facility_id=facility_id,
            name=form.get("room", ""),
            beds=whole_number(form.get("beds", ""), "beds"),
            closed=form.get("closed") == "yes",
            now=clock.now(),
        )

    return _done(request, save)


@require_POST
def facility_close(request: DeskRequest, facility_id: UUID) -> HttpResponse:
    """Close a place in which nobody stays."""
    return _done(
        request,
        lambda request, form: services.facility_close(actor=request.actor, facility_id=facility_id, now=clock.now()),
    )


def _done(request: DeskRequest, deed: Any) -> HttpResponse:
    try:
        deed(request, request.POST)
    except Problem as problem:
        return facilities(request, problem)
    return redirect("desk:facilities")

"""Places with rooms 场所和床位: what is free and taken, and opening and closing them for whoever may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, reference, sent, whole_number
from wangge.duties.observation.queries import facilities as queries
from wangge.duties.observation.services import facilities as services
from wangge.ground.accounts.queries import agencies_within
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, InputInvalid, NotPermitted, Problem

if TYPE_CHECKING:
    from wangge.ground.accounts.models import Agency


def facilities(request: DeskRequest, problem: Problem | None = None, tried: UUID | None = None) -> HttpResponse:
    """The places the actor may see, with their rooms. `tried` is the place whose form could not be taken."""
    actor = request.actor
    if not may_somewhere(actor, "person.view") and not may_somewhere(actor, "facility.manage"):
        raise NotPermitted(verb="person.view")
    managed = _managed(actor)
    context: dict[str, Any] = {
        "facilities": queries.facilities(actor=actor),
        "managed": {node.id for node in managed},
        "areas": managed,
        "agencies": _agencies(actor),
        "kinds": queries.KINDS,
        "problem": problem,
        "typed": request.POST,
        "tried": tried,
    }
    return render(request, "desk/people/facilities.html", context, status=problem.status if problem else 200)


def _managed(actor: Actor) -> list[AreaNode]:
    return [node for node in places(actor) if may(actor, "facility.manage", node.id)]


def _agencies(actor: Actor) -> list[Agency]:
    return agencies_within([node.id for node in _managed(actor)])


@require_POST
def facility_open(request: DeskRequest) -> HttpResponse:
    """Open a place."""
    return _done(request, _open)


def _open(request: DeskRequest, form: QueryDict) -> None:
    area = tree().by_code(form.get("area", ""))
    if area is None:
        raise AreaUnknown(area=form.get("area", ""))
    agency = reference(form["agency"], "agency") if form.get("agency") else None  # type: ignore[arg-type]
    if agency and agency not in {one.id for one in _agencies(request.actor)}:
        raise InputInvalid(field="agency", why_zh="请从列表中选择。", why_en="Choose one from the list.")
    services.facility_open(
        actor=request.actor,
        area_id=area.id,
        name=form.get("name", ""),
        kind=form.get("kind", ""),
        agency_id=agency,
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

    return _done(request, save, facility_id)


@require_POST
def facility_close(request: DeskRequest, facility_id: UUID) -> HttpResponse:
    """Close a place in which nobody stays."""
    return _done(
        request,
        lambda request, form: services.facility_close(actor=request.actor, facility_id=facility_id, now=clock.now()),
    )


def _done(request: DeskRequest, deed: Any, tried: UUID | None = None) -> HttpResponse:
    try:
        deed(request, sent(request))
    except Problem as problem:
        return facilities(request, problem, tried)
    return redirect("desk:facilities")

"""Communication drills 通联演练: those there are, calling one, and who answers one how fast."""

from __future__ import annotations

from statistics import median
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, new_key, said, sent, taken_once, whole_number
from wangge.duties.drills import queries
from wangge.duties.drills.services import USUAL, drill_call, drill_end
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, DrillOver, NotPermitted, Problem

SHOWN = 30
ROWS = 100
LISTS = ("silent", "answered", "failed")


def drills(request: DeskRequest) -> HttpResponse:
    """The drills of the actor's areas, and the form to call one."""
    if not may_somewhere(request.actor, "coverage.view"):
        raise NotPermitted(verb="coverage.view")
    if request.method != "POST":
        form = QueryDict(mutable=True)
        form.update({"key": new_key(), "minutes": str(USUAL)})
        return _list(request, form)
    return taken_once(
        request,
        lambda form: _call(request.actor, form),
        lambda form, problem: _list(request, form, problem),
        lambda answer: redirect("desk:drill", drill_id=answer["drill"]),
    )


def _call(actor: Actor, form: QueryDict) -> dict[str, Any]:
    area = tree().by_code(form.get("area", ""))
    if area is None:
        raise AreaUnknown(area=form.get("area", ""))
    minutes = whole_number(form.get("minutes", ""), "minutes", USUAL)
    drill = drill_call(actor=actor, area_id=area.id, minutes=minutes, now=clock.now())
    return {"drill": str(drill.id)}


def _list(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    try:
        before = UUID(request.GET["before"]) if request.GET.get("before") else None
    except ValueError:
        before = None
    found = queries.drills(request.actor, before, SHOWN + 1)
    context = {
        "drills": found[:SHOWN],
        "before": found[SHOWN - 1].drill.id if len(found) > SHOWN else None,
        "areas": [node for node in places(request.actor) if may(request.actor, "drill.call", node.id)],
        "now": clock.now(),
        "typed": form,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/drills/list.html", context, status=problem.status if problem else 200)


def drill(request: DeskRequest, drill_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """One drill: how far it is, by channel and by unit, and who has answered how fast, or not yet."""
    found, now = queries.drill_seen(drill_id, request.actor), clock.now()
    results = queries.results(found, request.actor)
    lists = _lists(results)
    show = request.GET.get("show", "")
    show = show if show in LISTS else LISTS[0] if lists[LISTS[0]] or not lists[LISTS[1]] else LISTS[1]
    rows, page = lists[show], max(1, whole_number(request.GET.get("page", ""), "page", 1))
    took = [one.seconds for one in results if one.seconds is not None]
    context = {
        "drill": found,
        "running": found.until > now,
        "people": len(results),
        "answered": len(took),
        "share": round(100 * len(took) / len(results)) if results else 0,
        "median": int(median(took)) if took else None,
        "channels": queries.by_channel(results),
        "units": queries.by_unit(found, results),
        "show": show,
        "lists": [(name, len(lists[name])) for name in LISTS],
        "rows": rows[(page - 1) * ROWS : page * ROWS],
        "next": page + 1 if len(rows) > page * ROWS else None,
        "may_end": found.until > now and may(request.actor, "drill.call", found.area_id),
        "problem_text": said(problem),
    }
    return render(request, "desk/drills/drill.html", context, status=problem.status if problem else 200)


def _lists(results: list[queries.Result]) -> dict[str, list[queries.Result]]:
    """Who has not answered, who has with the fastest first, and to whom something could not be sent."""
    answered = [one for one in results if one.seconds is not None]
    return {
        "silent": [one for one in results if one.seconds is None],
        "answered": sorted(answered, key=lambda one: one.seconds or 0),
        "failed": [one for one in results if any(answer.state == "failed" for answer in one.answers)],
    }


@require_POST
def end(request: DeskRequest, drill_id: UUID) -> HttpResponse:
    """End a drill before its time."""
    sent(request)
    try:
        drill_end(actor=request.actor, drill_id=drill_id, now=clock.now())
    except DrillOver as problem:
        return drill(request, drill_id, problem)
    return redirect("desk:drill", drill_id=drill_id)

"""Everybody due for release in an area: one list, one confirmation, the exceptions named."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, reference
from wangge.duties.observation.queries.cards import cards
from wangge.duties.observation.queries.releases import due_in
from wangge.duties.observation.services.release import Released, individuals_release
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, NotPermitted


def releases(request: DeskRequest) -> HttpResponse:
    """Who is due; sent, everybody ticked is released, and who could not be is named with why."""
    own = [grant.area_id for grant in request.actor.grants if "person.plan" in grant.verbs and grant.area_id]
    if not own:
        raise NotPermitted(verb="person.plan")
    code = request.POST.get("area", "") or request.GET.get("area", "")
    node = tree().by_code(code) if code else tree().get(own[0])
    if node is None:
        raise AreaUnknown(area=code)
    done: Released | None = None
    if request.method == "POST":
        chosen = {reference(text, "chosen") for text in request.POST.getlist("chosen")}
        done = individuals_release(actor=request.actor, area_id=node.id, chosen=chosen, now=clock.now())
    due = due_in(actor=request.actor, area_id=node.id, now=clock.now())
    shown = cards([item.individual for item in due], actor=request.actor)
    rows = list(zip(due, shown, strict=True))
    context = {
        "area": node,
        "areas": [one for one in places(request.actor) if may(request.actor, "person.plan", one.id)],
        "ready": [row for row in rows if row[0].why is None],
        "held": [row for row in rows if row[0].why is not None],
        "done": done,
    }
    return render(request, "desk/people/releases.html", context)

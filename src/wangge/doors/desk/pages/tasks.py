"""The day's tasks 今日任务: what is due, done and overdue, with its form and its figure; also a sheet to print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, day_of
from wangge.doors.desk.villages import area_of
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.queries.visits import DayList, day_list
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, VenuesUnfitted
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.tasks.queries import TaskState, Waiting, task_day
from wangge.spine.forms.queries.forms import Offered
from wangge.spine.forms.queries.forms import forms as forms_open

STATES = {"done": "已做", "due": "待做", "overdue": "逾期", "rests": "暂不需做"}
ON_SHEET = 60


def tasks(request: DeskRequest) -> HttpResponse:
    """The tasks of an area on a day."""
    if not may_somewhere(request.actor, "figure.view"):
        raise NotPermitted(verb="figure.view")
    now = clock.now()
    today = clock.local(now).date()
    area = area_of(request.GET.get("area", "")) or _nearest(request.actor)
    day = day_of(request.GET, "day") or today
    response = response_current()
    may_fill = may_somewhere(request.actor, "form.submit")
    forms = _forms(response.id, pack_of(response)) if may_fill else {}
    found = task_day(actor=request.actor, response_id=response.id, area_id=area.id, day=day, now=now)
    context = {
        "area": area,
        "day": day,
        "today": today,
        "days": found.days,
        "tasks": [_told(one, area, forms.get(one.task.code, [])) for one in found.tasks],
        "may_fill": may_fill,
        "states": STATES,
        "areas": [node for node in places(request.actor) if may(request.actor, "figure.view", node.id)],
        "log_kinds": pack_of(response).log_kinds,
        "list": _list(request.actor, area) if day == today else None,
        "may_log": may_somewhere(request.actor, "duty.log"),
        "now": now,
    }
    return render(request, "desk/venues/tasks.html", context)


def _nearest(actor: Actor) -> AreaNode:
    """The area of the actor's own post: their village where they have one."""
    areas = [tree().get(area) for area in actor.area_ids if may(actor, "figure.view", area)]
    if not areas:
        raise NotPermitted(verb="figure.view")
    return areas[0]


def _forms(response_id: UUID, pack: Pack) -> dict[str, list[Offered]]:
    """The open forms by the task that they serve, in the order of the pack."""
    open_now = {one.code: one for one in forms_open(response_id)}
    found: dict[str, list[Offered]] = {}
    for code, named in pack.forms.items():
        if code in open_now and named.serves.task:
            found.setdefault(named.serves.task, []).append(open_now[code])
    return found


def _told(one: TaskState, area: AreaNode, forms: Sequence[Offered]) -> dict[str, Any]:
    return {
        "state": one,
        "word": STATES[one.state],
        "forms": forms,
        "waits": [{"wait": wait, "link": _where(wait, area)} for wait in one.waits if wait.waiting],
        "figures": [
            {"done": done, "link": reverse("desk:figure", kwargs={"code": done.figure.code}) + f"?area={area.code}"}
            for done in one.done
        ],
    }


def _where(wait: Waiting, area: AreaNode) -> str:
    """Where what waits is done: the list of the round, or the queue of the kind."""
    if wait.is_round:
        return reverse("desk:rounds") + "?" + urlencode({"round": wait.code, "area": area.code})
    return reverse("desk:queue") + "?" + urlencode({"kind": wait.code, "area": area.code})


def _list(actor: Actor, area: AreaNode) -> DayList | None:
    """What is due at venues, for the sheet; None where there are none or the actor sees none."""
    response = response_current()
    try:
        _, plan = pack_for(response.id)
    except VenuesUnfitted:
        return None
    if not may(actor, "venue.view", area.id):
        return None
    return day_list(
        actor=actor,
        response_id=response.id,
        plan=plan,
        day=clock.local(clock.now()).date(),
        area_id=area.id,
        limit=ON_SHEET,
    )

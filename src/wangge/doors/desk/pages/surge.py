"""The surge switch 战时状态, for those who may turn it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, language, reference, sent
from wangge.duties.matters import queries
from wangge.duties.matters.services.surging import surge_end, surge_start
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotPermitted, Problem
from wangge.ground.responses.queries import pack_of, response_current


def surge(request: DeskRequest) -> HttpResponse:
    """The surges in force and the switch."""
    areas = [node for node in places(request.actor) if may(request.actor, "surge.switch", node.id)]
    if not areas:
        raise NotPermitted(verb="surge.switch")
    context: dict[str, Any] = {"areas": areas, "plan": pack_of(response_current()).surge, "typed": request.POST}
    problem: Problem | None = None
    if request.method == "POST":
        try:
            _switch(request)
            return redirect("desk:surge")
        except Problem as caught:
            problem = caught
            context |= {"problem": caught, "problem_text": caught.sentence(language())}
    context["surges"] = queries.surges(actor=request.actor)
    return render(request, "desk/surge.html", context, status=problem.status if problem else 200)


def _switch(request: DeskRequest) -> None:
    form = sent(request)
    area_id = reference(form.get("area", ""), "area")
    if form.get("switch") == "off":
        surge_end(actor=request.actor, area_id=area_id, now=clock.now())
        return
    if form.get("switch") != "on":
        raise InputInvalid(field="switch", why_zh="请选择启动或结束。", why_en="Say whether to start or to end.")
    try:
        factor = float(form.get("factor", ""))
    except ValueError:
        raise InputInvalid(field="factor", why_zh="请填写数字。", why_en="A number is needed.") from None
    surge_start(actor=request.actor, area_id=area_id, factor=factor, reason=form.get("reason", ""), now=clock.now())

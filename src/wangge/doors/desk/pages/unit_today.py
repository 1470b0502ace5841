"""A unit today 今日值班, as its supervisor sees it: who came, handovers, and hours worked against the rules."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from wangge.doors.desk.pages.roster_people import unit_known
from wangge.doors.desk.requests import DeskRequest, reference, said, sent
from wangge.duties.rosters.queries.making import plan_for
from wangge.duties.rosters.queries.today import unit_today
from wangge.ground.accounts.duty import duty_check_in
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.queries import response_current

STATES = {"coming": "未到时间", "came": "已到岗", "came-late": "迟到", "missing": "未签到", "absent": "未到岗"}
HANDED = {"waiting": "待接班", "late": "逾时未接", "taken": "已接班", "taken-late": "接班迟了"}
BROKEN = {"rest": "休息不足", "hours": "工时超出", "nights": "夜班超出", "days": "连续上班过多"}


def today(request: DeskRequest, unit_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """The day of a unit; whoever rosters it signs somebody in who came and did not."""
    require(request.actor, "roster.view", unit_known(unit_id))
    if request.method == "POST" and problem is None:
        return _sign_in(request, unit_id)
    now = clock.now()
    plan = plan_for(response_current().id)
    found = unit_today(unit_id, plan, now)
    context = {
        "unit_id": unit_id,
        "unit": tree().path_name(unit_id),
        "today": found,
        "missing": sum(row.state in ("missing", "absent") for row in found.duties),
        "untaken": sum(row.state == "late" for row in found.handovers),
        "tired": sum(bool(row.week.over) for row in found.weeks),
        "rules": plan.rules,
        "states": STATES,
        "handed": HANDED,
        "broken": BROKEN,
        "may_manage": may(request.actor, "roster.manage", unit_id),
        "now": now,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/today.html", context, status=problem.status if problem else 200)


def _sign_in(request: DeskRequest, unit_id: UUID) -> HttpResponse:
    try:
        duty_id = reference(sent(request).get("duty", ""), "duty")
        require(request.actor, "roster.manage", unit_id)
        duty_check_in(actor=request.actor, duty_id=duty_id, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return today(request, unit_id, problem)
    return redirect("desk:unit_today", unit_id=unit_id)

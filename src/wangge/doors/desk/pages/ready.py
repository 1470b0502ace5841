"""Return to school and to work 返校返工: which sites have passed, what is open, and how returners are."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.pages.venues import require_view, rules_now, venue_page
from wangge.doors.desk.requests import DeskRequest, day_of, sent, whole_number
from wangge.doors.desk.villages import area_of
from wangge.duties.venues.queries import readiness as queries
from wangge.duties.venues.queries.register import venue_by_number
from wangge.duties.venues.services.readiness import ReadinessDraft, readiness_record, returners_count
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotPermitted, Problem, VenuesUnfitted
from wangge.ground.responses.packs.venues import ReadinessRules
from wangge.ground.responses.queries import response_current


def readiness(request: DeskRequest) -> HttpResponse:
    """The sites in the order of their numbers, each with what is open; how many have passed; returners by day."""
    require_view(request.actor)
    pack, plan = rules_now()
    if plan.readiness is None:
        raise VenuesUnfitted(pack=pack.name)
    area, state, kind = (request.GET.get(name, "") for name in ("area", "state", "kind"))
    node = area_of(area)
    kinds = [kind] if kind in plan.readiness.kinds else list(plan.readiness.kinds)
    response_id, area_id = response_current().id, node.id if node else None
    page = queries.sites(
        actor=request.actor,
        response_id=response_id,
        kinds=kinds,
        state=state,
        area_id=area_id,
        after=request.GET.get("after", ""),
    )
    today = clock.local(clock.now()).date()
    given = {name: value for name, value in (("area", area), ("state", state), ("kind", kind)) if value}
    context = {
        "page": page,
        "rules": plan.readiness,
        "kinds": plan.kinds,
        "agencies": pack.agencies,
        "states": queries.STATES,
        "chosen": given,
        "areas": places(request.actor),
        "days": queries.returners_by_day(actor=request.actor, response_id=response_id, until=today, area_id=area_id),
        "next": "?" + urlencode({**given, "after": page.following}) if page.following else "",
    }
    return render(request, "desk/venues/readiness.html", context)


@require_POST
def record(request: DeskRequest, number: str) -> HttpResponse:
    """Record how ready a site is, or how its returners are."""
    venue = venue_by_number(number, actor=request.actor)
    if not may(request.actor, "readiness.record", venue.area_id):
        raise NotPermitted(verb="readiness.record")
    _, plan = rules_now()
    counting = request.POST.get("do") == "returners"
    try:
        form = sent(request)
        if counting:
            day = day_of(form, "day")
            if day is None:
                raise InputInvalid(field="day", why_zh="请选择日期。", why_en="Choose a date.")
            numbers = {name: whole_number(form.get(name, ""), name) for name in ("people", "unwell")}
            returners_count(actor=request.actor, venue_id=venue.id, day=day, **numbers, now=clock.now())
        else:
            readiness_record(
                actor=request.actor,
                response_id=venue.response_id,
                draft=_draft(form, venue.id, plan.readiness),
                now=clock.now(),
            )
    except NotPermitted:
        raise
    except Problem as problem:
        part = "returners" if counting else "ready"
        return venue_page(request, venue, problem=problem, typed=request.POST, part=part)
    return redirect(reverse("desk:venue", kwargs={"number": venue.number}) + "#readiness")


def _draft(form: QueryDict, venue_id: UUID, plan: ReadinessRules | None) -> ReadinessDraft:
    approvals = {code: day for code in plan.approvals if (day := day_of(form, f"approved_{code}"))} if plan else {}
    return ReadinessDraft(
        venue_id=venue_id,
        met=tuple(form.getlist("met")),
        approvals=approvals,
        resumes_on=day_of(form, "resumes_on"),
        note=form.get("note", ""),
    )

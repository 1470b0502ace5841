"""The day's counts of lodging places 旅业日报: a city's rates and who is missing, and an inspector's count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.pages.venues import require_view, rules_now, venue_page
from wangge.doors.desk.requests import DeskRequest, day_of, sent, whole_number
from wangge.doors.desk.villages import area_of, widest_area
from wangge.duties.venues.queries import lodging as queries
from wangge.duties.venues.queries.register import venue_by_number
from wangge.duties.venues.services.lodging import CountDraft, lodging_report
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.queries import response_current

DAYS = 14


def lodging(request: DeskRequest) -> HttpResponse:
    """A day's counts of an area and of those below it; who has not reported, who has not reached 100 %, or all."""
    require_view(request.actor)
    _, plan = rules_now()
    today = clock.local(clock.now()).date()
    area = area_of(request.GET.get("area", "")) or widest_area(request.actor, "venue.view")
    day = _day(request.GET, today)
    show = request.GET.get("show", "") if request.GET.get("show") in queries.SHOWN else next(iter(queries.SHOWN))
    upon: dict[str, Any] = {
        "actor": request.actor,
        "response_id": response_current().id,
        "day": day,
        "area_id": area.id,
    }
    whole, below = queries.day_sums(**upon)
    owing = queries.owing(**upon, show=show, after=request.GET.get("after", ""))
    given = {"area": area.code, "day": day.isoformat(), "show": show}
    context = {
        "area": area,
        "day": day,
        "whole": whole,
        "below": [{"node": tree().get(part.area_id), "sums": part.sums} for part in below],
        "owing": owing,
        "rows": [{"venue": one, "count": owing.counts.get(one.id)} for one in owing.venues],
        "kinds": plan.kinds,
        "show": show,
        "shown": queries.SHOWN,
        "report_by": plan.lodging.report_by if plan.lodging else None,
        "areas": places(request.actor),
        "days": [today - timedelta(days=back) for back in range(DAYS)],
        "here": urlencode({"area": area.code, "day": day.isoformat()}),
        "next": "?" + urlencode({**given, "after": owing.following}) if owing.following else "",
    }
    return render(request, "desk/venues/lodging.html", context)


def _day(given: QueryDict, today: date) -> date:
    """The day that is asked for, today where none is."""
    return day_of(given, "day") or today


@require_POST
def count(request: DeskRequest, number: str) -> HttpResponse:
    """A count made at the desk or by an inspector."""
    venue = venue_by_number(number, actor=request.actor)
    try:
        form = sent(request)
        lodging_report(
            actor=request.actor,
            response_id=venue.response_id,
            draft=CountDraft(
                venue.id,
                **{name: whole_number(form.get(name, ""), name) for name in ("guests", "registered", "uploaded")},
                day=day_of(form, "day"),
            ),
            now=clock.now(),
            source="visit",
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return venue_page(request, venue, problem=problem, typed=request.POST, part="count")
    return redirect(reverse("desk:venue", kwargs={"number": venue.number}) + "#lodging")

"""Coverage ahead 覆盖预报: which villages will have nobody on duty in the coming fourteen days, and what if."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from wangge.doors.desk.requests import DeskRequest, reference
from wangge.duties.rosters.queries.showing import people_on_duty
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.coverage import rules
from wangge.picture.coverage.queries import Coverage, coverage_ahead

SHOWN = 200
MOST_ILL = 100


def ahead(request: DeskRequest) -> HttpResponse:
    """The coming fourteen days by the day, the gaps, and what opens where some people fall ill."""
    tops, now = widest(request.actor), clock.now()
    found = coverage_ahead(actor=request.actor, area_ids=tops, now=now)
    ill = {reference(text, "ill") for text in request.GET.getlist("ill")[:MOST_ILL]}
    if ill:
        opened = coverage_ahead(actor=request.actor, area_ids=tops, now=now, without=ill)
        shown = rules.gaps(rules.opened(found.level, opened.level))
    else:
        opened, shown = found, rules.gaps(found.level, rules.NOBODY)
    context = {
        "days": _days(opened),
        "before": _days(found) if ill else [],
        "gaps": [_gap(opened, gap) for gap in shown[:SHOWN]],
        "count": len(shown),
        "villages": len(found.villages),
        "people": people_on_duty(tops, now, now + timedelta(days=7)),
        "ill": ill,
    }
    return render(request, "desk/rosters/ahead.html", context)


def widest(actor: Actor) -> list[UUID]:
    """The areas in which the actor may see who is on duty, none of them within another. Raises NotPermitted."""
    areas = tree()
    tops = [area for area in actor.area_ids if may(actor, "coverage.view", area)]
    if not tops:
        raise NotPermitted(verb="coverage.view")
    return [top for top in tops if not any(other != top and areas.covers(other, top) for other in tops)]


def _days(found: Coverage) -> list[dict[str, Any]]:
    return [
        {"first": found.at(24 * day), "own": own, "desk": desk, "nobody": nobody}
        for day, (own, desk, nobody) in enumerate(found.counts())
    ]


def _gap(found: Coverage, gap: rules.Gap) -> dict[str, Any]:
    return {
        "village": tree().path_name(found.villages[gap.place].id),
        "since": found.at(gap.first),
        "until": found.at(gap.last),
        "hours": gap.last - gap.first,
        "desk": gap.level == rules.DESK,
    }

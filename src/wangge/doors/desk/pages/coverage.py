"""Coverage ahead 覆盖预报: where nobody can be reached in the coming fourteen days, on a map, and what if."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.map import drawn_page, scope_area
from wangge.doors.desk.requests import DeskRequest, day_of, reference, whole_number
from wangge.ground.accounts.queries import person_names
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotPermitted
from wangge.picture.coverage import filling, rules
from wangge.picture.coverage.queries import DAYS, LEVELS, Away, Coverage, coverage_ahead

SHOWN = 200
MOST_ILL = 100
WHY = {
    filling.SEAT: "可依规顶班",
    filling.SAME: "本村（居）岗位",
    filling.BESIDE: "同单位岗位有余人",
    filling.DESK: "本单位值班台",
}


def ahead(request: DeskRequest) -> HttpResponse:
    """The coming fourteen days by the day, and the gaps: at the levels asked for, else where nobody may answer."""
    found = coverage_ahead(actor=request.actor, area_ids=widest(request.actor), now=clock.now())
    asked = request.GET.getlist("level")
    levels = [level for level, (code, *_) in LEVELS.items() if code in asked] or list(rules.GAPS)
    shown = rules.gaps(found.level, levels)
    context = {
        "days": _days(found),
        "gaps": [_gap(found, gap) for gap in shown[:SHOWN]],
        "count": len(shown),
        "villages": len(found.villages),
        "levels": [(code, gettext(short), level in levels) for level, (code, short, _) in LEVELS.items()],
        "legend": [(code, gettext(short), gettext(words)) for code, short, words in LEVELS.values()],
        "tested": bool(found.staff.answered),
        "may_call": may_somewhere(request.actor, "drill.call"),
    }
    return render(request, "desk/coverage/ahead.html", context)


def what_if(request: DeskRequest) -> HttpResponse:
    """Which gaps open where some people fall ill from a day on, and who could fill each."""
    now = clock.now()
    found = coverage_ahead(actor=request.actor, area_ids=widest(request.actor), now=now)
    first = day_of(request.GET, "from") or clock.local(now).date() + timedelta(days=1)
    days = whole_number(request.GET.get("days", ""), "days", 7)
    if not 1 <= days <= DAYS:
        raise InputInvalid(field="days", why_zh=f"请填 1 到 {DAYS} 天。", why_en=f"Between 1 and {DAYS} days.")
    ill = frozenset(reference(text, "ill") for text in request.GET.getlist("ill")[:MOST_ILL])
    people = found.staff.people()
    context: dict[str, Any] = {"ill": ill & people.keys(), "from": first, "days": days, "most": DAYS}
    if ill:
        since = clock.midnight(first)
        opened = found.without(Away(ill, since, since + timedelta(days=days)))
        gaps = rules.gaps(rules.opened(found.level, opened.level), (rules.NOBODY, rules.DESK, rules.SILENT))
        fills = filling.fillings(opened, gaps[:SHOWN], now)
        context["gaps"] = [
            _gap(opened, gap) | {"fills": _worded(some)} for gap, some in zip(gaps[:SHOWN], fills, strict=True)
        ]
        context["count"] = len(gaps)
        context["changed"] = [(one, two) for one, two in zip(_days(found), _days(opened), strict=True) if one != two]
    context["people"] = _listed(people)
    return render(request, "desk/coverage/what_if.html", context)


def _worded(fills: list[filling.Filling]) -> list[dict[str, Any]]:
    return [
        {
            "since": one.since,
            "until": one.until,
            "best": [(some.name, gettext(WHY[some.why])) for some in one.best],
            "more": one.able - len(one.best),
        }
        for one in fills
    ]


def _listed(people: dict[UUID, UUID]) -> list[tuple[UUID, str, str]]:
    """Everybody who stands anywhere, by place and name."""
    areas, names = tree(), person_names(people)
    rows = [(areas.get(area).code, names[who], who, area) for who, area in people.items()]
    return [(who, name, areas.path_name(area)) for _, name, who, area in sorted(rows, key=lambda row: row[:2])]


def coverage_map(request: DeskRequest) -> HttpResponse:
    """The map of an hour that can be moved over the coming fourteen days, and the list beside it."""
    area = scope_area(request.actor, request.GET.get("area", "").strip(), "coverage.view")
    require(request.actor, "coverage.view", area.id)
    context = {
        "area": area,
        "top": tree().get(widest_over(request.actor, area.id)),
        "legend": [(code, gettext(short), gettext(words)) for code, short, words in LEVELS.values()],
        "hours": reverse("desk:coverage_hours"),
    }
    return drawn_page(request, "desk/coverage/map.html", context)


@gzip_page
def hours(request: DeskRequest) -> JsonResponse:
    """Every village of an area with a digit for the level of each hour; a page then asks for nothing as hours move."""
    area = scope_area(request.actor, request.GET.get("area", "").strip(), "coverage.view")
    found = coverage_ahead(actor=request.actor, area_ids=[area.id], now=clock.now())
    digits = found.level + ord("0")
    levels = {
        node.code: row.astype("uint8").tobytes().decode() for node, row in zip(found.villages, digits, strict=True)
    }
    return JsonResponse({"start": found.start.isoformat(), "hours": found.level.shape[1], "levels": levels})


def widest(actor: Actor) -> list[UUID]:
    """The areas in which the actor may see who is on duty, none of them within another. Raises NotPermitted."""
    areas = tree()
    tops = [area for area in actor.area_ids if may(actor, "coverage.view", area)]
    if not tops:
        raise NotPermitted(verb="coverage.view")
    return [top for top in tops if not any(other != top and areas.covers(other, top) for other in tops)]


def widest_over(actor: Actor, area_id: UUID) -> UUID:
    """The widest of those that covers an area. Raises NotPermitted."""
    return next(top for top in widest(actor) if tree().covers(top, area_id))


def _days(found: Coverage) -> list[dict[str, Any]]:
    return [
        {"first": found.at(24 * day)} | {LEVELS[level][0]: count for level, count in counts.items()}
        for day, counts in enumerate(found.counts())
    ]


def _gap(found: Coverage, gap: rules.Gap) -> dict[str, Any]:
    code, short, _ = LEVELS[gap.level]
    return {
        "village": tree().path_name(found.villages[gap.place].id),
        "since": found.at(gap.first),
        "until": found.at(gap.last),
        "hours": gap.last - gap.first,
        "code": code,
        "word": gettext(short),
    }

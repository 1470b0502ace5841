"""The map 态势图: a measure of every area below one, now or at any instant; points and coverage as layers.

The page itself holds controls and words. Outlines come once and are kept by the browser until the areas
change; numbers come as small JSON by area code, for each look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page

from wangge.doors.desk.middleware import content_policy
from wangge.doors.desk.pages.layers import LAYERS
from wangge.doors.desk.requests import DeskRequest, instant, named
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, NotFound, NotPermitted
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.situation import queries
from wangge.picture.situation.outlines import outlines, outlines_tag
from wangge.picture.situation.queries import Reading, Situation
from wangge.picture.situation.rules import Measure, MeasureCode, Period

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response

# What can be shown without naming a figure of the pack.
STANDING: tuple[MeasureCode, ...] = ("open", "overdue", "rate")
MEASURES = {"open": "在办事项", "overdue": "超时事项", "rate": "第一时间率"}
LEVELS = {
    "city": "市",
    "county": "县（区）",
    "town": "镇（街）",
    "village": "村（居）",
    "grid": "村内网格",
    "district": "功能区",
    "station": "派出所",
    "province": "省",
}


@dataclass(frozen=True)
class Look:
    """What an address of the map asks for."""

    response: Response
    pack: Pack
    area: AreaNode
    measure: Measure
    level: str
    at: datetime | None


def scope_area(actor: Actor, code: str, verb: str = "figure.view") -> AreaNode:
    """The area with this code; without one the widest of the actor's. Raises AreaUnknown, NotPermitted."""
    if code:
        node = tree().by_code(code)
        if node is None:
            raise AreaUnknown(area=code)
        return node
    areas = [tree().get(area) for area in actor.area_ids if may(actor, verb, area)]
    if not areas:
        raise NotPermitted(verb=verb)
    return min(areas, key=lambda node: len(node.code))


def _look(request: DeskRequest) -> Look:
    response = response_current()
    asked = request.GET.get("measure", "").strip() or STANDING[0]
    period: Period = "day" if request.GET.get("period") == "day" else "total"
    measure = Measure(asked, period=period) if asked in STANDING else Measure("figure", asked, period)
    return Look(
        response,
        pack_of(response),
        scope_area(request.actor, request.GET.get("area", "").strip()),
        measure,
        request.GET.get("level", "").strip(),
        instant(request.GET.get("at", ""), "at"),
    )


def city_map(request: DeskRequest) -> HttpResponse:
    """The page; what it shows at first stands in its address, so that a view can be sent."""
    look = _look(request)
    if not may(request.actor, "figure.view", look.area.id):
        raise NotPermitted(verb="figure.view")
    top = queries.crumbs(request.actor, look.area.id)[0]
    figures = [figure for figure in look.pack.figures.values() if figure.measure != "catalogue"]
    grouped = {code: [one for one in figures if one.group == code] for code in look.pack.figure_groups}
    context = {
        "area": look.area,
        "top": top,
        "chosen": look.measure.figure or look.measure.code,
        "period": look.measure.period,
        "standing": [(code, MEASURES[code]) for code in STANDING],
        "groups": [(look.pack.figure_groups[code], group) for code, group in grouped.items() if group],
        "start": look.response.started_at,
        "sees_matters": may(request.actor, "matter.view", look.area.id),
        "layers": [(code, one.name) for code, one in LAYERS.items() if may(request.actor, one.verb, look.area.id)],
    }
    return drawn_page(request, "desk/map.html", context)


def drawn_page(request: DeskRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page with a map on it; only here may a browser fetch from the host of the tiles, if there is one."""
    tiles = {"address": settings.TILES, "gcj02": settings.TILES_GCJ02, "credit": settings.TILES_CREDIT}
    answer = render(request, template, context | {"tiles": tiles if settings.TILES else None})
    answer["Content-Security-Policy"] = content_policy(fetching_from=settings.TILES_HOST)
    return answer


@gzip_page
def measures(request: DeskRequest) -> JsonResponse:
    """One measure of every area of a level, by code, with the words of its legend."""
    look = _look(request)
    found = queries.situation(
        actor=request.actor,
        response_id=look.response.id,
        area_id=look.area.id,
        measure=look.measure,
        level=look.level,
        at=look.at,
        now=clock.now(),
    )
    areas = tree()
    answer = {
        "area": _told(found.area),
        "crumbs": [_told(node) for node in queries.crumbs(request.actor, look.area.id)],
        "level": found.level,
        "levels": [[level, gettext(LEVELS[level])] for level in found.levels or (found.level,)],
        "title": _title(look),
        "unit": _unit(look, found),
        "share": found.is_share,
        "known": found.known,
        "whole": _numbers(found.whole),
        "values": {areas.get(place).code: _numbers(reading) for place, reading in found.places.items()},
        "breaks": found.breaks,
        "classes": class_words(found.breaks, share=found.is_share),
        "notes": _notes(look, found),
    }
    return JsonResponse(answer)


def _told(node: AreaNode) -> dict[str, str]:
    return {"code": node.code, "name": node.short_name, "level": node.level}


def _numbers(reading: Reading) -> Any:
    """A count as a number, a share with what it is a share of."""
    return reading.value if reading.below is None else [reading.value, reading.above, reading.below]


def _title(look: Look) -> str:
    if look.measure.code == "figure":
        return named(look.pack.figures[look.measure.figure])
    return gettext(MEASURES[look.measure.code])


def _unit(look: Look, found: Situation) -> str:
    if found.is_share:
        return "%"
    return look.pack.figures[look.measure.figure].unit if look.measure.code == "figure" else gettext("件")


def _notes(look: Look, found: Situation) -> list[str]:
    """What keeps a measure from being shown, in a sentence."""
    if found.known:
        return []
    if look.measure.code == "overdue":
        return [gettext("超时事项只有此刻的数。过去某一时刻有多少事项超时没有留存，这里不作推算。")]
    if look.measure.code == "open":
        return [gettext("所用预案包没有统计在办事项的指标，过去时刻的在办数无从得知。")]
    return [gettext("所用预案包没有统计第一时间率的指标。")]


def class_words(breaks: Sequence[float], *, share: bool) -> list[str]:
    """The classes of a legend in words, from what lies below the first break up."""
    if share:
        first, *_, last = breaks
        between = [f"{low:g}%–{high:g}%" for low, high in pairwise(breaks)]
        return [gettext("不足 %s") % f"{first:g}%", *between, gettext("%s 及以上") % f"{last:g}%"]
    between = [f"{low:.0f}" if high == low + 1 else f"{low:.0f}–{high - 1:.0f}" for low, high in pairwise(breaks)]
    return ["0", *between, *(gettext("%s 及以上") % f"{last:.0f}" for last in breaks[-1:])]


def map_outlines(request: DeskRequest) -> HttpResponse:
    """The outlines of an area and all below it; the browser keeps them and asks only whether they have changed."""
    area = scope_area(request.actor, request.GET.get("area", "").strip())
    tag = f'"{outlines_tag(actor=request.actor, area_id=area.id)}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    answer: HttpResponse
    if tag in known:
        answer = HttpResponseNotModified()
    else:
        written = outlines(actor=request.actor, area_id=area.id)
        takes = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = HttpResponse(written.packed if takes else written.plain(), content_type="application/json")
        if takes:
            answer["Content-Encoding"] = "gzip"
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    answer["Vary"] = "Accept-Encoding, Cookie"
    return answer


@gzip_page
def layer(request: DeskRequest, name: str) -> JsonResponse:
    """The points of one layer in an area."""
    if name not in LAYERS:
        raise NotFound(what=name)
    chosen = LAYERS[name]
    area = scope_area(request.actor, request.GET.get("area", "").strip(), chosen.verb)
    found = chosen.drawn(request.actor, area, clock.now())
    codes = {point.area_id: tree().get(point.area_id).code for point in found.points}
    answer = {
        "tones": chosen.tones,
        "counted": chosen.counted,
        "link": chosen.link,
        "words": found.words,
        "said": found.said,
        "points": [[codes[point.area_id], *point[1:]] for point in found.points],
    }
    return JsonResponse(answer)

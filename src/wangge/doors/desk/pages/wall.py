"""The wall 大屏: one screen of an area for a room, without a name, a number of a matter or a word of a report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext

from wangge.doors.desk.pages.map import class_words, drawn_page, scope_area
from wangge.doors.desk.requests import DeskRequest, named
from wangge.doors.desk.templatetags.desk import first_word
from wangge.doors.desk.words import TONES, label
from wangge.duties.checkpoints.queries.overview import overview
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.responses.packs.schema import FigureDef, Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.situation.rules import count_breaks
from wangge.picture.situation.wall import News, wall

# A wall is looked at for days without a hand on it: while it asks, it stays signed in.
STAYS_FOR = timedelta(hours=12)
RENEWED_AFTER = timedelta(hours=1)


def wall_page(request: DeskRequest) -> HttpResponse:
    """The page; it fetches its state by itself."""
    area = scope_area(request.actor, request.GET.get("area", "").strip())
    if not may(request.actor, "figure.view", area.id) or not may(request.actor, "matter.view", area.id):
        raise NotPermitted(verb="matter.view")
    response = response_current()
    return drawn_page(request, "desk/wall.html", {"area": area, "response": response})


def wall_state(request: DeskRequest) -> JsonResponse:
    """Everything that the wall shows now, in words."""
    area = scope_area(request.actor, request.GET.get("area", "").strip())
    response, now = response_current(), clock.now()
    pack = pack_of(response)
    state = wall(actor=request.actor, response_id=response.id, area_id=area.id, now=now)
    breaks = count_breaks(state.drawn.values())
    _stay(request, now.timestamp())
    areas = tree()
    answer = {
        "now": now.isoformat(),
        "open": state.open,
        "overdue": state.overdue,
        "stages": [
            {"name": first_word(one.stage), "open": one.open, "overdue": one.overdue}
            | {"today": one.today, "total": one.total}
            for one in state.stages
        ],
        "places": [[one.place.short_name, one.open, one.overdue] for one in state.places],
        "figures": [[named(one.figure), _unit(one.figure), one.today, one.yesterday] for one in state.figures],
        "checkpoints": _checkpoints(request.actor, area.id, now),
        "news": [_news(one, pack) for one in state.news],
        "level": state.level,
        "values": {areas.get(place).code: number for place, number in state.drawn.items()},
        "breaks": breaks,
        "classes": class_words(breaks, share=False),
    }
    return JsonResponse(answer)


def _checkpoints(actor: Actor, area_id: UUID, now: datetime) -> list[list[Any]]:
    """How the checkpoints of an area stand, as words and numbers, the third true for what is wrong; none, no words."""
    response = response_current()
    if pack_of(response).checkpoints is None or not may(actor, "checkpoint.view", area_id):
        return []
    found = overview(actor=actor, response_id=response.id, area_id=area_id, now=now)
    if not found.standings:
        return []
    return [
        [gettext("在岗"), found.states["open"], False],
        [gettext("失联"), found.states["silent"], True],
        [gettext("缺岗"), found.missing, True],
        [gettext("排队车辆"), found.queue, False],
        [gettext("今日车辆"), found.sums.vehicles, False],
        [gettext("今日人员"), found.sums.people, False],
        [gettext("今日发热"), found.sums.fevers, True],
        [gettext("今日移交"), found.stopped.handed_over, False],
    ]


def _unit(figure: FigureDef) -> str:
    return "%" if figure.measure == "ratio" else figure.unit


def _news(one: News, pack: Pack) -> dict[str, Any]:
    kind = pack.kinds.get(one.kind)
    return {
        "id": one.id,
        "at": f"{clock.local(one.at):%H:%M}",
        "what": label(one.type),
        "kind": named(kind) if kind else "",
        "where": tree().path_name(one.area_id),
        "tone": TONES.get(one.type, ""),
    }


def _stay(request: DeskRequest, now: float) -> None:
    """Keep the session alive; written once an hour, not at every look."""
    if now - float(request.session.get("wall_seen", 0)) >= RENEWED_AFTER.total_seconds():
        request.session["wall_seen"] = now
        request.session.set_expiry(int(STAYS_FOR.total_seconds()))

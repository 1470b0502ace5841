"""Finding a village by name, and the list of villages where nobody can be reached."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.coverage import widest
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.villages import MOST_SHOWN, villages_found
from wangge.ground.accounts.queries import villages_uncovered
from wangge.ground.areas.queries import areas_search
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock

VERBS = {
    "report": "matter.report",
    "log": "duty.log",
    "view": "matter.view",
    "person": "person.register",
    "venue": "venue.manage",
    "checkpoint": "checkpoint.manage",
}


def villages(request: DeskRequest) -> HttpResponse:
    """The villages that a part of a name finds, as options of a list."""
    verb = VERBS.get(request.GET.get("for", ""), "matter.report")
    text = request.GET.get("q", "").strip()[:40]
    if request.GET.get("for") == "move":  # somebody may be handed on to any village
        found = areas_search(text, limit=MOST_SHOWN) if text and may_somewhere(request.actor, "person.register") else []
    else:
        found = villages_found(request.actor, verb, text) if text else []
    return render(request, "desk/villages.html", {"found": found, "text": text})


def coverage(request: DeskRequest) -> HttpResponse:
    """Every village of the actor's areas with nobody on its responsible post, by county and town."""
    areas = tree()
    gaps, villages_total = villages_uncovered(widest(request.actor), clock.now())
    grouped: dict[str, dict[str, list[str]]] = {}
    for area_id in gaps:
        names = areas.path_name(area_id).split(" ")
        county, town = names[0], names[1] if len(names) > 2 else ""
        grouped.setdefault(county, {}).setdefault(town, []).append(names[-1])
    context = {"grouped": grouped, "missing": len(gaps), "total": villages_total, "held": villages_total - len(gaps)}
    return render(request, "desk/coverage.html", context)

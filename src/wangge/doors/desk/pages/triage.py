"""The triage form: a suggestion with its reason, and the agencies that a kind asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from wangge.doors.desk.pages.reading import kind_suggested
from wangge.doors.desk.requests import DeskRequest
from wangge.duties.matters import queries
from wangge.duties.matters.queries import MatterView
from wangge.duties.matters.reading.making import dictionaries_installed
from wangge.duties.matters.reading.reader import read
from wangge.ground.areas.permission import require
from wangge.ground.responses.queries import pack_by_id


def triage_options(view: MatterView, typed: QueryDict) -> dict[str, Any]:
    """What the form shows: what was typed, else what a rule of the pack suggests, else the kind as reported.

    The suggestion is made from the masked words, which keep all but long numbers.
    """
    pack = pack_by_id(view.policy.pack_id)
    said = " ".join(view.private.get(report.id, {}).get("text", "") for report in view.reports)
    found = kind_suggested(read(said, view.matter.received_at, dictionaries_installed(view.policy.pack_id)), pack)
    # A matter triaged before keeps what was decided; a suggestion is for the first look.
    fresh = view.matter.handed_back == 0 and not any(part.ended_at for part in view.involvements)
    suggested = found if fresh else None
    code = typed.get("kind") or (suggested[0].code if suggested else view.matter.kind)
    kind = pack.kinds.get(code, view.policy.kind)
    return {
        "kinds": pack.kinds,
        "agencies": pack.agencies,
        "suggested": suggested,
        "rule": suggested[1].code if suggested and suggested[1] else "",
        "kind": kind,
        "lead": typed.get("lead") or kind.lead,
        "joint": typed.getlist("joint") if "lead" in typed else list(kind.joint),
        "severity": typed.get("severity") or str(kind.severity),
        "arbiter": view.matter.arbiter_id,
    }


def triage_fields(request: DeskRequest, number: str) -> HttpResponse:
    """The part of the form that follows from the kind, when another kind is chosen."""
    found = queries.matter_by_number(number, actor=request.actor)
    require(request.actor, "matter.triage", found.area_id)
    view = queries.matter_view(found, actor=request.actor)
    typed = QueryDict(mutable=True)
    typed["kind"] = request.GET.get("kind", "")
    options = triage_options(view, typed)
    return render(request, "desk/deeds/triage_fields.html", {"options": options})

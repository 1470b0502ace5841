"""The triage form: a suggestion with its reason, and the agencies that a kind asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext

from wangge.doors.desk.pages.reading import kind_suggested
from wangge.doors.desk.requests import DeskRequest
from wangge.duties.matters import queries
from wangge.duties.matters.queries import MatterView
from wangge.duties.matters.reading.making import dictionaries_installed
from wangge.duties.matters.reading.reader import read
from wangge.ground.areas.permission import require
from wangge.ground.responses.queries import pack_by_id


def triage_options(view: MatterView, typed: QueryDict) -> dict[str, Any]:
    """What the form shows: what was typed, else what is suggested, with the reason.

    A rule of the pack suggests, by the masked words, which keep all but long numbers; where none does, or the words
    are not for the actor, the kind as reported.
    """
    pack = pack_by_id(view.policy.pack_id)
    said = " ".join(view.private.get(report.id, {}).get("text", "") for report in view.reports)
    found = kind_suggested(read(said, view.matter.received_at, dictionaries_installed(view.policy.pack_id)), pack)
    # A matter triaged before keeps what was decided; a suggestion is for the first look.
    fresh = view.matter.handed_back == 0 and not any(part.ended_at for part in view.involvements)
    reported = pack.kinds.get(view.matter.kind, view.policy.kind)
    suggested, rule = (found or (reported, None)) if fresh else (None, None)
    kind = pack.kinds.get(typed.get("kind", ""), suggested or reported)
    return {
        "kinds": pack.kinds,
        "agencies": pack.agencies,
        "suggested": suggested,
        "rule": rule,
        "reason": rule.reason if rule else gettext("原文读出的来源地或体温") if found else gettext("上报时所报的类别"),
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

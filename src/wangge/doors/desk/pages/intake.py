"""The intake form: a report from any channel, taken in seconds."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.requests import DeskRequest, instant, new_key, said, taken_once
from wangge.doors.desk.templatetags.desk import SOURCE_NAMES
from wangge.doors.desk.villages import chosen_area, own_area
from wangge.duties.matters import queries
from wangge.duties.matters.alike import matters_alike
from wangge.duties.matters.policies import snapshot_by_hash
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive, report_add
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotPermitted, Problem
from wangge.ground.responses.packs.schema import MatterField, MatterKind, Pack
from wangge.ground.responses.queries import pack_of, response_current

# What a person can choose; "system" is for programs.
SOURCES = [(code, name) for code, name in SOURCE_NAMES if code != "system"]


def intake(request: DeskRequest) -> HttpResponse:
    """The form, and taking what it sends: a second click with the same key makes no second matter."""
    if not may_somewhere(request.actor, "matter.report"):
        raise NotPermitted(verb="matter.report")
    if request.method != "POST":
        return _form(request, _blank(request))
    return taken_once(
        request,
        lambda form: _receive(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda answer: redirect(_taken_address(answer["number"], request.POST)),
    )


def _taken_address(number: str, form: QueryDict) -> str:
    added = "&added=1" if form.get("into") else ""
    return f"{reverse('desk:intake')}?taken={number}&kind={form.get('kind', '')}{added}"


def _receive(actor: Actor, form: QueryDict) -> dict[str, Any]:
    response = response_current()
    draft = _draft(actor, form, pack_of(response))
    if into := form.get("into", ""):
        matter = queries.matter_by_number(into, actor=actor)
        own = {item.code for item in snapshot_by_hash(matter.policy_id).kind.fields}
        fields = {code: value for code, value in draft.fields.items() if code in own}
        draft = draft._replace(kind=matter.kind, area_id=matter.area_id, fields=fields, exercise=matter.exercise)
        report_add(actor=actor, matter_id=matter.id, draft=draft, now=clock.now())
        return {"number": matter.number}
    received = matter_receive(actor=actor, response_id=response.id, draft=draft, now=clock.now())
    return {"number": received.number}


def _draft(actor: Actor, form: QueryDict, pack: Pack) -> ReportDraft:
    kind = pack.kinds.get(form.get("kind", ""))
    return ReportDraft(
        kind=form.get("kind", ""),
        area_id=chosen_area(actor, form),
        source=form.get("source", ""),
        text=form.get("text", ""),
        observed_at=instant(form.get("observed_at", ""), "observed_at"),
        reporter_id=actor.person_id,
        reporter_name=form.get("reporter_name", ""),
        reporter_phone=form.get("reporter_phone", ""),
        address=form.get("address", ""),
        fields=_fields(kind, form) if kind else {},
        exercise=form.get("exercise") == "yes",
    )


def _fields(kind: MatterKind, form: QueryDict) -> dict[str, Any]:
    """The kind's own fields that were filled in, in the types that the rules ask for."""
    values = {}
    for item in kind.fields:
        text = form.get(f"f_{item.code}", "").strip()
        if text:
            values[item.code] = _value(item, text)
    return values


def _value(item: MatterField, text: str) -> int | float | str:
    try:
        return int(text) if item.type == "int" else float(text) if item.type == "temperature" else text
    except ValueError:
        raise InputInvalid(
            field=item.code, why_zh=f"{item.name}须为数字。", why_en=f"{item.name_en} must be a number."
        ) from None


def _blank(request: DeskRequest) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"key": new_key(), "kind": request.GET.get("kind", ""), "source": "phone"})
    area = own_area(request.actor)
    if area is not None:
        form.update({"area": area.code, "area_name": area.name})
    return form


def _form(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    pack = pack_of(response_current())
    kind = pack.kinds.get(form.get("kind", "")) or next(iter(pack.kinds.values()))
    taken = request.GET.get("taken", "")
    context = {
        "typed": form,
        "kinds": pack.kinds,
        "kind": kind,
        "sources": SOURCES,
        "problem": problem,
        "problem_text": said(problem),
        "taken": queries.matter_by_number(taken, actor=request.actor) if taken else None,
        "added": "added" in request.GET,
        "may_exercise": may_somewhere(request.actor, "exercise.run"),
    }
    return render(request, "desk/intake.html", context, status=problem.status if problem else 200)


@require_POST
def intake_fields(request: DeskRequest) -> HttpResponse:
    """The fields of the kind chosen, keeping what was typed in fields of the same name.

    Sent as a form, not as an address, because what is typed may be personal.
    """
    kind = pack_of(response_current()).kinds.get(request.POST.get("kind", ""))
    return render(request, "desk/intake_fields.html", {"kind": kind, "typed": request.POST})


@require_POST
def intake_alike(request: DeskRequest) -> HttpResponse:
    """The open matters that what is typed so far may already be; nothing while the place is not known."""
    response = response_current()
    pack = pack_of(response)
    try:
        draft = _draft(request.actor, request.POST, pack)
        found = matters_alike(actor=request.actor, response_id=response.id, draft=draft, now=clock.now())
    except Problem:
        found = []  # a form half filled in is nobody's mistake
    return render(request, "desk/intake_alike.html", {"found": found, "kinds": pack.kinds})

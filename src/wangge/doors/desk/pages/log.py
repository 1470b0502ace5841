"""The duty log 台账: a quick entry, one's own latest entries, and putting wrong ones right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.requests import (
    DeskRequest,
    instant,
    new_key,
    said,
    sent,
    taken_once,
    whole_number,
)
from wangge.doors.desk.villages import chosen_area, own_area
from wangge.duties.counted.queries import may_counter
from wangge.duties.dutylog import queries
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_counter, entry_log
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.packs.schema import LogKind
from wangge.ground.responses.queries import pack_of, response_current

RECENT = 20


def log(request: DeskRequest) -> HttpResponse:
    """The form and one's own latest entries; a second click with the same key makes no second entry."""
    if not may_somewhere(request.actor, "duty.log"):
        raise NotPermitted(verb="duty.log")
    if request.method != "POST":
        return _form(request, _blank(request))
    kept = {name: request.POST.get(name, "") for name in ("kind", "place_kind")}
    return taken_once(
        request,
        lambda form: _log(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda _: redirect(f"{reverse('desk:log')}?kind={kept['kind']}&place_kind={kept['place_kind']}&taken=1"),
    )


def _log(actor: Actor, form: QueryDict) -> dict[str, Any]:
    response = response_current()
    kind = pack_of(response).log_kinds.get(form.get("kind", ""))
    draft = EntryDraft(
        kind=form.get("kind", ""),
        area_id=chosen_area(actor, form, "duty.log"),
        place_kind=form.get("place_kind", ""),
        quantities=_quantities(kind, form) if kind else {},
        observed_at=instant(form.get("observed_at", ""), "observed_at"),
        note=form.get("note", ""),
        exercise=form.get("exercise") == "yes",
    )
    taken = entry_log(actor=actor, response_id=response.id, draft=draft, now=clock.now())
    return {"entry": str(taken.entry_id)}


def _quantities(kind: LogKind, form: QueryDict) -> dict[str, int]:
    """The numbers that were filled in, by the codes of the kind."""
    return {
        item.code: whole_number(text, item.code)
        for item in kind.quantities
        if (text := form.get(f"n_{item.code}", "").strip())
    }


def _blank(request: DeskRequest) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"key": new_key()})
    form.update({name: request.GET.get(name, "") for name in ("kind", "place_kind")})
    area = own_area(request.actor, "duty.log")
    if area is not None:
        form.update({"area": area.code, "area_name": area.name})
    return form


def _form(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    kinds = pack_of(response_current()).log_kinds
    context = {
        "typed": form,
        "kinds": kinds,
        "kind": kinds.get(form.get("kind", "")) or next(iter(kinds.values())),
        "problem": problem,
        "problem_text": said(problem),
        "taken": "taken" in request.GET and not problem,
        "may_exercise": may_somewhere(request.actor, "exercise.run"),
        "entries": queries.entries(actor=request.actor, own=True, limit=RECENT).entries,
    }
    return render(request, "desk/log.html", context, status=problem.status if problem else 200)


def log_fields(request: DeskRequest) -> HttpResponse:
    """The places and quantities of the kind chosen."""
    kind = pack_of(response_current()).log_kinds.get(request.GET.get("kind", ""))
    return render(request, "desk/log_fields.html", {"kind": kind, "typed": QueryDict()})


def entry(request: DeskRequest, entry_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """One entry whole, with what counters it, and the form to counter it."""
    view = queries.entry_view(entry_id, actor=request.actor)
    kind = pack_of(response_current()).log_kinds.get(view.entry.kind)
    context = {
        "view": view,
        "entry": view.entry,
        "kind": kind,
        "place": next((item for item in kind.place_kinds if item.code == view.entry.place_kind), None)
        if kind
        else None,
        "note": view.notes.get(view.entry.id, ""),
        "counter_note": view.notes.get(view.counter.id, "") if view.counter else "",
        "may_counter": view.entry.sign > 0
        and view.counter is None
        and may_counter(request.actor, person_id=view.entry.person_id, area_id=view.entry.area_id, own="duty.log"),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "desk/entry.html", context, status=problem.status if problem else 200)


@require_POST
def counter(request: DeskRequest, entry_id: UUID) -> HttpResponse:
    """Counter an entry 冲正, with a reason."""
    try:
        entry_counter(
            actor=request.actor,
            entry_id=entry_id,
            reason=sent(request).get("reason", ""),
            now=clock.now(),
        )
    except Problem as problem:
        return entry(request, entry_id, problem)
    return redirect("desk:entry", entry_id=entry_id)

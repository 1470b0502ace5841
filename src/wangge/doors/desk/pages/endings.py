"""Responses: where each stands, its keys, its ending and the record of their destruction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from wangge.doors.desk.requests import DeskRequest, language, reference, sent
from wangge.doors.desk.words import state_of_response
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotFound, NotPermitted, Problem
from wangge.ground.responses.queries import response_by_code, responses_all
from wangge.ground.responses.rotation import rotation_begin, rotation_running
from wangge.picture.bulletins.paper import WORD
from wangge.picture.endings.queries import LOOKERS, countdown_of, destruction_of, dry_run, ending_of
from wangge.picture.endings.record import as_docx, record_of
from wangge.picture.endings.services import ending_approve, ending_ask, ending_call_off

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response


def responses(request: DeskRequest) -> HttpResponse:
    """The responses whose ending or keys the actor has to do with."""
    seen = [one for one in responses_all() if any(may(request.actor, verb, one.area_id) for verb in LOOKERS)]
    if not seen:
        raise NotPermitted(verb=LOOKERS[0])
    rows = [(one, state_of_response(one, ending_of(actor=request.actor, response_id=one.id))) for one in seen]
    return render(request, "desk/responses.html", {"rows": rows})


def response(request: DeskRequest, code: str) -> HttpResponse:
    """One response: its keys, its ending, and the forms for both."""
    found = response_by_code(code)
    ending_of(actor=request.actor, response_id=found.id)  # nothing is tried by somebody who may not look
    problem: Problem | None = None
    if request.method == "POST":
        try:
            _do(request, found)
            return redirect("desk:response", code=code)
        except Problem as caught:
            problem = caught
    context = _context(request, response_by_code(code))
    if problem:
        context |= {"problem": problem, "problem_text": problem.sentence(language())}
    return render(request, "desk/response.html", context, status=problem.status if problem else 200)


def _do(request: DeskRequest, found: Response) -> None:
    form, now = sent(request), clock.now()
    deeds: dict[str, Callable[[], object]] = {
        "ask": lambda: ending_ask(actor=request.actor, response_id=found.id, basis=form.get("basis", ""), now=now),
        "approve": lambda: ending_approve(
            actor=request.actor, ending_id=reference(form.get("ending", ""), "ending"), now=now
        ),
        "call_off": lambda: ending_call_off(
            actor=request.actor, ending_id=reference(form.get("ending", ""), "ending"), now=now
        ),
        "rotate": lambda: rotation_begin(actor=request.actor, response_id=found.id, now=now),
    }
    deed = deeds.get(form.get("do", ""))
    if deed is None:
        raise NotFound(what=gettext("操作"))
    deed()


def _context(request: DeskRequest, found: Response) -> dict[str, Any]:
    ending = ending_of(actor=request.actor, response_id=found.id)
    may_end = may(request.actor, "response.declare", found.area_id)
    counting = may_end and (request.GET.get("count") == "yes" or (ending is not None and ending.approved_at is None))
    return {
        "response": found,
        "state": state_of_response(found, ending),
        "ending": ending,
        "days_left": max(ceil((ending.due_at - clock.now()) / timedelta(days=1)), 0) if ending else 0,
        "countdown": countdown_of(found.id).days if found.ended_at is None else 0,
        "may_end": may_end,
        "may_approve": may_end and ending is not None and ending.asked_by_id != request.actor.person_id,
        "may_rotate": may(request.actor, "key.rotate", found.area_id),
        "rotation": rotation_running(found.id),
        "counts": dry_run(actor=request.actor, response_id=found.id) if counting else None,
        "typed": request.POST,
    }


def destruction(request: DeskRequest, code: str) -> HttpResponse:
    """The destruction record, as it prints."""
    found = response_by_code(code)
    record = record_of(destruction_of(actor=request.actor, response_id=found.id))
    return render(request, "desk/destruction.html", {"response": found, "record": record})


def destruction_word(request: DeskRequest, code: str) -> HttpResponse:
    """The same as a Word document."""
    ending = destruction_of(actor=request.actor, response_id=response_by_code(code).id)
    answer = HttpResponse(as_docx(record_of(ending)), content_type=WORD)
    answer["Content-Disposition"] = f'attachment; filename="destruction-{code}.docx"'
    return answer

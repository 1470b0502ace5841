"""What is done on the page of a record: put right, merged, handed on, told, looked at whole, handed to the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.people import record_page
from wangge.doors.desk.persons import Call
from wangge.doors.desk.requests import DeskRequest, day_of, instant, reference, sent
from wangge.doors.desk.villages import chosen_area
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.services.correcting import (
    DAYS,
    household_join,
    individual_correct,
    individual_move,
    individual_notified,
)
from wangge.duties.observation.services.dossier import individual_hand_over
from wangge.duties.observation.services.merging import individuals_merge, merge_undo
from wangge.duties.observation.services.records import individual_close, role_change
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotFound, Problem
from wangge.ground.responses import vault

if TYPE_CHECKING:
    pass

TEXTS = ("name", "phone", "phone_2", "address", "origin", "note")


def _correct(call: Call) -> None:
    changes: dict[str, Any] = {}
    field = call.form.get("field", "")
    if field == "document":
        changes = {name: call.form.get(name, "") for name in ("document", "document_kind")}
    elif field in DAYS:
        changes = {field: day_of(call.form, "value_day")}
    elif field in TEXTS:
        changes = {field: call.form.get("value", "")}
    else:
        raise InputInvalid(field="field", why_zh="请选择要更正的一项。", why_en="Choose what to put right.")
    try:
        individual_correct(**call.person, version=call.version, changes=changes)
    except InputInvalid as problem:
        # The form has one field for the value, whichever is put right.
        at = "document" if field == "document" else "value"
        raise InputInvalid(field=at, why_zh=problem.details["why_zh"], why_en=problem.details["why_en"]) from None


def _household(call: Call) -> None:
    household_join(**call.person, with_id=call.other("with"), version=call.version)


def _move(call: Call) -> None:
    along = [reference(one, "along") for one in call.form.getlist("along") if one]
    area_id = chosen_area(call.actor, call.form, "person.register")
    individual_move(**call.person, version=call.version, area_id=area_id, along=along)


def _notified(call: Call) -> None:
    individual_notified(**call.person, at=instant(call.text("at"), "at"), version=call.version)


def _role(call: Call) -> None:
    role_change(**call.person, version=call.version, role=call.text("role"), cause="finding")


def _withdraw(call: Call) -> None:
    individual_close(**call.person, state="withdrawn", reason="desk")


def _merge(call: Call) -> None:
    individuals_merge(**call.person, into_id=call.other("into"), version=call.version)


def _undo(call: Call) -> None:
    merge_undo(**call.person, version=call.version)


DEEDS: dict[str, Callable[[Call], None]] = {
    "correct": _correct,
    "household": _household,
    "move": _move,
    "notified": _notified,
    "role": _role,
    "withdraw": _withdraw,
    "merge": _merge,
    "undo": _undo,
}


@require_POST
def act(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """Do one thing on a record. What cannot be taken comes back with everything that was typed."""
    run = DEEDS.get(deed)
    if run is None:
        raise NotFound(what=gettext("操作"))
    individual = individual_by_number(number, actor=request.actor)
    try:
        run(Call(request.actor, individual, sent(request), clock.now()))
    except Problem as problem:
        fresh = individual_by_number(number, actor=request.actor)
        return record_page(request, fresh, problem=problem, typed=request.POST, part=deed)
    try:
        individual_by_number(number, actor=request.actor)
    except NotFound:
        return redirect("desk:people")  # handed to where the actor may not look
    return redirect("desk:person", number=number)


@require_POST
def unmask(request: DeskRequest, number: str) -> HttpResponse:
    """Show a record whole, for a stated reason; the look is journalled, nothing of it is kept in the browser."""
    individual = individual_by_number(number, actor=request.actor)
    try:
        clear = vault.unmask(
            actor=request.actor,
            area_id=individual.area_id,
            subject_id=individual.id,
            fields=("name", "document", "phone", "phone_2", "address", "note"),
            reason=sent(request).get("reason", ""),
            now=clock.now(),
        )
    except Problem as problem:
        return record_page(request, individual, problem=problem, typed=request.POST, part="unmask")
    return record_page(request, individual, clear=clear)


@require_POST
def hand_over(request: DeskRequest, number: str) -> HttpResponse:
    """Everything kept about a person, for them: to be printed, or as JSON. The hand-over is journalled."""
    individual = individual_by_number(number, actor=request.actor)
    try:
        dossier = individual_hand_over(
            actor=request.actor,
            individual_id=individual.id,
            reason=sent(request).get("reason", ""),
            now=clock.now(),
        )
    except Problem as problem:
        return record_page(request, individual, problem=problem, typed=request.POST, part="dossier")
    if request.POST.get("form") == "json":
        answer = JsonResponse(dossier, json_dumps_params={"ensure_ascii": False, "indent": 1})
        answer["Content-Disposition"] = f'attachment; filename="{individual.number}.json"'
        return answer
    return render(request, "desk/people/dossier.html", {"dossier": dossier, "individual": individual})

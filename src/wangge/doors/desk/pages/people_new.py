"""Putting somebody on record 建档: the form, empty or filled in from a matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.requests import DeskRequest, day_of, new_key, said, taken_once
from wangge.doors.desk.villages import chosen_area, own_area
from wangge.duties.matters import queries as matters
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.services.records import LegDraft, RecordDraft, individual_register
from wangge.duties.observation.words import DOCUMENT_NAMES, ROLE_NAMES, TRANSPORT_NAMES
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotPermitted,
    Problem,
    RecordKnown,
    ResponseUnfitted,
)
from wangge.ground.responses.packs.schema import ObservationDef
from wangge.ground.responses.queries import pack_of, response_current

if TYPE_CHECKING:
    from wangge.duties.matters.models import Matter

LEGS = range(1, 4)


def new(request: DeskRequest) -> HttpResponse:
    """The form, and taking what it sends: a second click with the same key makes no second record."""
    if not may_somewhere(request.actor, "person.register"):
        raise NotPermitted(verb="person.register")
    if request.method != "POST":
        return _form(request, _blank(request))
    return taken_once(
        request,
        lambda form: _register(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda answer: redirect("desk:person", number=answer["number"]),
    )


def _register(actor: Actor, form: QueryDict) -> dict[str, Any]:
    number = form.get("matter", "").strip()
    matter = matters.matter_by_number(number, actor=actor) if number else None
    # Said to be the one on record already: that record hears of it once more, no second one is made.
    source = "matter" if form.get("decided") == "same" else "desk"
    individual = individual_register(
        actor=actor,
        response_id=matter.response_id if matter else response_current().id,
        draft=_draft(actor, form),
        now=clock.now(),
        source=source,
        matter_id=matter.id if matter else None,
        not_the_same=form.get("decided") == "other",
    )
    return {"number": individual.number}


def _draft(actor: Actor, form: QueryDict) -> RecordDraft:
    household = form.get("household", "").strip()
    return RecordDraft(
        role=form.get("role", ""),
        area_id=chosen_area(actor, form, "person.register"),
        name=form.get("name", ""),
        document=form.get("document", ""),
        # The form offers the resident card first; without a number there is no document.
        document_kind=form.get("document_kind", "none") if form.get("document", "").strip() else "none",
        phones=(form.get("phone", ""), form.get("phone_2", "")),
        address=form.get("address", ""),
        origin=form.get("origin", ""),
        arrived_on=day_of(form, "arrived_on"),
        last_exposure_on=day_of(form, "last_exposure_on") or day_of(form, "arrived_on"),
        onset_on=day_of(form, "onset_on"),
        household_of=individual_by_number(household, actor=actor).id if household else None,
        legs=_legs(form),
        note=form.get("note", ""),
        exercise=form.get("exercise") == "yes",
    )


def _legs(form: QueryDict) -> tuple[LegDraft, ...]:
    legs = []
    for place in LEGS:
        told = {name: form.get(f"leg{place}_{name}", "").strip() for name in ("from", "to", "vehicle")}
        on = day_of(form, f"leg{place}_on")
        if on is None and any(told.values()):
            raise InputInvalid(field="legs", why_zh="请填写行程日期。", why_en="Give the day of the leg.")
        if on is not None:
            transport = form.get(f"leg{place}_transport", "other")
            legs.append(LegDraft(on, transport, told["from"], told["to"], told["vehicle"]))
    return tuple(legs)


def _blank(request: DeskRequest) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"key": new_key()})
    area = own_area(request.actor, "person.register")
    number = request.GET.get("matter", "").strip()
    if number:
        matter = matters.matter_by_number(number, actor=request.actor)
        area = tree().get(matter.area_id)
        form.update({"matter": matter.number, **_told(matter, _plan())})
    if area is not None:
        form.update({"area": area.code, "area_name": area.name})
    return form


def _told(matter: Matter, plan: ObservationDef | None) -> dict[str, str]:
    """What a matter says openly of somebody; what is personal is asked again, it is not shown here."""
    role = next((role for role, one in (plan.roles if plan else {}).items() if one.kind == matter.kind), None)
    if plan is None or role is None:
        return {}
    fields = next((report.fields for report in matters.reports_told([matter.id]) if report.fields), {})
    observed = plan.roles[role]
    found = {
        "role": role,
        "origin": str(fields.get(observed.origin or "", "")),
        "last_exposure_on": str(fields.get(observed.exposure or "", "")),
    }
    if role == "arrival":
        found["arrived_on"] = found["last_exposure_on"]
    return {name: value for name, value in found.items() if value}


def _plan() -> ObservationDef | None:
    return pack_of(response_current()).observation


def _form(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    pack = pack_of(response_current())
    if pack.observation is None:
        raise ResponseUnfitted(pack=pack.name)
    context = {
        "typed": form,
        "roles": {code: name for code, name in ROLE_NAMES.items() if code in pack.observation.roles},
        "documents": DOCUMENT_NAMES,
        "transports": TRANSPORT_NAMES,
        "legs": [f"leg{place}_" for place in LEGS],
        "problem": problem,
        "problem_text": said(problem),
        "known": isinstance(problem, RecordKnown),
        "numbers": problem.details["numbers"] if isinstance(problem, RecordKnown) else [],
        "may_exercise": may_somewhere(request.actor, "exercise.run"),
    }
    return render(request, "desk/people/new.html", context, status=problem.status if problem else 200)

"""The contact list of somebody: whom they met, whom those met, and who infected whom."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.requests import DeskRequest, reference, sent
from wangge.doors.desk.villages import chosen_area
from wangge.duties.observation.queries.cards import cards, individual_by_number
from wangge.duties.observation.queries.chains import chain
from wangge.duties.observation.services.contacts import CASES, SETTINGS, contact_list, contact_source_named
from wangge.duties.observation.services.records import RecordDraft
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotFound, Problem

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual


def contacts(request: DeskRequest, number: str) -> HttpResponse:
    """The list, two levels deep, and the form for one more."""
    return _page(request, _case(request, number))


def _case(request: DeskRequest, number: str) -> Individual:
    """The record, for whoever sees the people of its area: a clinic does not see whom its patients met."""
    individual = individual_by_number(number, actor=request.actor, now=clock.now())
    require(request.actor, "person.view", individual.area_id)
    return individual


def _page(
    request: DeskRequest, individual: Individual, problem: Problem | None = None, typed: QueryDict | None = None
) -> HttpResponse:
    node = tree().get(individual.area_id)
    [card] = cards([individual], actor=request.actor)
    context: dict[str, Any] = {
        "individual": individual,
        "card": card,
        "chain": chain(individual, actor=request.actor, now=clock.now()),
        "settings": SETTINGS.items(),
        "documents": individual._meta.get_field("document_kind").choices,
        "typed": typed or QueryDict(f"area={node.code}"),
        "area_name": node.name,
        "problem": problem,
        "may_list": may(request.actor, "person.register", individual.area_id) and individual.state == "active",
        "may_name": may(request.actor, "person.plan", individual.area_id),
        "cases": CASES,
    }
    return render(request, "desk/people/contacts.html", context, status=problem.status if problem else 200)


@require_POST
def do(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """Put somebody on the list ("add"), or name or take back a source of infection ("source")."""
    individual = _case(request, number)
    try:
        if deed == "add":
            _add(request, individual)
        elif deed == "source":
            contact_source_named(
                actor=request.actor,
                contact_id=reference(sent(request).get("contact", ""), "contact"),
                infector=request.POST.get("infector") == "yes",
                now=clock.now(),
            )
        else:
            raise NotFound(what=gettext("操作"))
    except Problem as problem:
        return _page(request, individual, problem, request.POST)
    return redirect("desk:contacts", number=number)


def _add(request: DeskRequest, case: Individual) -> None:
    form, now = sent(request), clock.now()
    known = form.get("exposed", "").strip()
    exposed = individual_by_number(known, actor=request.actor, now=now) if known else None
    contact_list(
        actor=request.actor,
        case_id=case.id,
        exposed_id=exposed.id if exposed else None,
        draft=None if exposed else _draft(request, case),
        setting=form.get("setting", ""),
        last_on=_day(form.get("last_on", "")),
        evidence=form.get("evidence", ""),
        not_the_same=form.get("not_the_same") == "yes",
        now=now,
    )


def _draft(request: DeskRequest, case: Individual) -> RecordDraft:
    """A new record of a contact of a case, or of a contact of a contact."""
    form = request.POST
    is_case = case.role in CASES
    return RecordDraft(
        role="close_contact" if is_case else "secondary_contact",
        area_id=chosen_area(request.actor, form, "person.register"),
        name=form.get("name", ""),
        document=form.get("document", ""),
        document_kind=form.get("document_kind", "none"),
        phones=tuple(filter(None, [form.get("phone", "")])),
        address=form.get("address", ""),
        last_exposure_on=_day(form.get("last_on", "")),
        exercise=case.exercise,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise InputInvalid(field="last_on", why_zh="日期格式不对。", why_en="This is not a date.") from None

"""What is done on a record's page about observation: start, change, check, correct a check, hand out a link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.codes import code_of
from wangge.doors.desk.pages.board import temperature
from wangge.doors.desk.pages.people import record_page
from wangge.doors.desk.requests import DeskRequest, reference, sent, whole_number
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.services import checks, links, plans
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, Problem

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual

Deed = Callable[[Actor, "Individual", QueryDict, datetime], object]


@require_POST
def plan_deed(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """Do one thing about somebody's observation; what cannot be done is said beside its form."""
    individual = individual_by_number(number, actor=request.actor)
    if deed not in DEEDS:
        raise NotFound(what=deed)
    try:
        done = DEEDS[deed](request.actor, individual, sent(request), clock.now())
    except Problem as problem:
        return record_page(request, individual, problem=problem, typed=request.POST, part=f"plan-{deed}")
    if deed == "link":
        # The secret is shown this once and kept nowhere, so there is no page to go on to.
        address = request.build_absolute_uri(reverse("desk:observe", kwargs={"secret": str(done)}))
        return record_page(request, individual, link=address, link_code=code_of(address))
    return redirect(f"{reverse('desk:person', kwargs={'number': number})}#plan")


def _start(actor: Actor, individual: Individual, form: QueryDict, now: datetime) -> object:
    return plans.plan_start(
        actor=actor,
        individual_id=individual.id,
        now=now,
        setting=form.get("setting") or None,
        room_id=reference(form["room"], "room") if form.get("room") else None,  # type: ignore[arg-type]
        exposure_on=_day(form.get("exposure_on", ""), "exposure_on"),
    )


def _change(actor: Actor, individual: Individual, form: QueryDict, now: datetime) -> object:
    return plans.plan_change(
        actor=actor,
        individual_id=individual.id,
        now=now,
        version=whole_number(form.get("version", ""), "version"),
        setting=form.get("setting") or None,
        room_id=reference(form["room"], "room") if form.get("room") else None,  # type: ignore[arg-type]
        exposure_on=_day(form.get("exposure_on", ""), "exposure_on"),
    )


def _check(actor: Actor, individual: Individual, form: QueryDict, now: datetime) -> object:
    day, _, slot = form.get("which", "").partition("_")
    return checks.check_make(
        actor=actor,
        individual_id=individual.id,
        now=now,
        temperature_tenths=temperature(form.get("temperature", "")),
        symptoms=form.getlist("symptoms"),
        note=form.get("note", ""),
        day=_day(day, "which"),
        slot=whole_number(slot, "which") if slot else None,
    )


def _replace(actor: Actor, individual: Individual, form: QueryDict, now: datetime) -> object:
    return checks.check_replace(
        actor=actor,
        check_id=reference(form.get("check", ""), "check"),
        now=now,
        temperature_tenths=temperature(form.get("temperature", "")),
        symptoms=form.getlist("symptoms"),
        note=form.get("note", ""),
    )


def _link(actor: Actor, individual: Individual, form: QueryDict, now: datetime) -> object:
    return links.link_make(actor=actor, individual_id=individual.id, now=now)


DEEDS: dict[str, Deed] = {"start": _start, "change": _change, "check": _check, "replace": _replace, "link": _link}


def _day(text: str, field: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise InputInvalid(field=field, why_zh="请选择日期。", why_en="Choose a date.") from None

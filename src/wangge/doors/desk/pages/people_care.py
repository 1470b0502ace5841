"""Care on the page of a record: referral, compulsory measure, release, dependants; and the papers that go with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages import people
from wangge.doors.desk.persons import Call
from wangge.doors.desk.requests import DeskRequest, instant, reference, sent
from wangge.duties.observation.queries import care, papers
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.services import contacts, measures, referrals, release
from wangge.ground.areas.permission import may, require
from wangge.ground.kernel import clock
from wangge.ground.kernel.papers import Paper
from wangge.ground.kernel.problems import NotFound, Problem
from wangge.ground.responses import vault
from wangge.picture.bulletins.paper import WORD, as_paper

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual, Measure, Plan

ON_PAPER = ("name", "document")


def _refer(call: Call) -> object:
    clinic = reference(call.text("clinic"), "clinic")
    return referrals.referral_ask(**call.person, clinic_id=clinic, note=call.text("note"))


def _move(call: Call, stage: str) -> object:
    return referrals.referral_move(
        **call.seen,
        referral_id=reference(call.text("referral"), "referral"),
        stage=stage,
        at=instant(call.text("at"), "at"),
        escort=call.text("escort"),
        vehicle=call.text("vehicle"),
        room_id=call.chosen("room"),
        note=call.text("note"),
    )


def _answer(call: Call) -> object:
    return referrals.referral_answer(
        **call.seen,
        referral_id=reference(call.text("referral"), "referral"),
        result=call.text("result"),
        room_id=call.chosen("room"),
        note=call.text("note"),
    )


def _discharge(call: Call) -> object:
    return referrals.patient_discharge(**call.seen, referral_id=reference(call.text("referral"), "referral"))


def _measure(call: Call) -> object:
    return measures.measure_order(
        **call.person,
        institution=call.text("institution"),
        legal_basis=call.text("legal_basis") or call.text("basis"),
        authority=call.text("authority"),
        started_at=call.at("started_at"),
        review_at=call.at("review_at"),
        ends_at=call.at("ends_at"),
        place_id=call.chosen("place"),
    )


def _review(call: Call) -> object:
    return measures.measure_review(
        **call.seen,
        measure_id=reference(call.text("measure"), "measure"),
        note=call.text("note"),
        review_at=instant(call.text("review_at"), "review_at"),
    )


def _end(call: Call) -> object:
    return measures.measure_end(
        **call.seen,
        measure_id=reference(call.text("measure"), "measure"),
        cause=call.text("cause"),
        note=call.text("note"),
    )


def _release(call: Call) -> object:
    return release.individual_release(
        **call.person,
        version=call.version,
        returned=call.text("returned"),
        exception=call.text("exception"),
    )


def _dependant(call: Call) -> object:
    return contacts.dependant_name(
        **call.person,
        kind=call.text("kind"),
        name=call.text("name"),
        need=call.text("need"),
        alone=call.text("alone") == "yes",
    )


DEEDS: dict[str, Callable[[Call], object]] = {
    "refer": _refer,
    "accepted": lambda call: _move(call, "accepted"),
    "declined": lambda call: _move(call, "declined"),
    "cancelled": lambda call: _move(call, "cancelled"),
    "on_way": lambda call: _move(call, "on_way"),
    "arrived": lambda call: _move(call, "arrived"),
    "examined": lambda call: _move(call, "examined"),
    "answer": _answer,
    "discharge": _discharge,
    "measure": _measure,
    "review": _review,
    "end": _end,
    "release": _release,
    "dependant": _dependant,
}


@require_POST
def do(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """One deed of care. What cannot be taken comes back with everything that was typed."""
    if deed not in DEEDS:
        raise NotFound(what=gettext("操作"))
    now = clock.now()
    individual = individual_by_number(number, actor=request.actor, now=now)
    try:
        DEEDS[deed](Call(request.actor, individual, sent(request), now))
    except Problem as problem:
        return people.record_page(request, individual, problem=problem, typed=request.POST, part=f"care-{deed}")
    return redirect("desk:clinic") if request.POST.get("back") == "clinic" else redirect("desk:person", number=number)


# -- papers ------------------------------------------------------------------------------------------


def notice(request: DeskRequest, number: str, measure_id: UUID) -> HttpResponse:
    """The notice of a measure, to be printed: masked, or with the name for a stated reason."""
    individual = individual_by_number(number, actor=request.actor, now=clock.now())
    require(request.actor, "person.measure", individual.area_id)
    measure = care.measure_of(individual, measure_id)
    return _printed(request, individual, measure, papers.notice)


def certificate(request: DeskRequest, number: str) -> HttpResponse:
    """The certificate of release, to be printed likewise."""
    individual = individual_by_number(number, actor=request.actor, now=clock.now())
    require(request.actor, "person.plan", individual.area_id)
    return _printed(request, individual, care.released_plan(individual), papers.certificate)


def _printed(
    request: DeskRequest, individual: Individual, subject: Measure | Plan, write: Callable[..., Paper]
) -> HttpResponse:
    """A paper as a page, or as a Word file; whoever is named in it is named in full only where a reason is given."""
    context: dict[str, Any] = {"individual": individual, "typed": request.POST}
    private = {}
    if may(request.actor, "vault.view", individual.area_id):
        found = vault.masked(actor=request.actor, area_id=individual.area_id, subject_ids=[individual.id])
        private = found.get(individual.id, {})
    if request.method == "POST":
        try:
            private = dict(
                vault.unmask(
                    actor=request.actor,
                    area_id=individual.area_id,
                    subject_id=individual.id,
                    fields=ON_PAPER,
                    reason=sent(request).get("reason", ""),
                    now=clock.now(),
                )
            )
        except Problem as problem:
            context["problem"] = problem
    paper = write(subject, private)
    if request.method == "POST" and "problem" not in context and request.POST.get("as") == "word":
        return _word(paper, individual.number)
    context |= {
        "paper": paper,
        "clear": request.method == "POST" and "problem" not in context,
        "may_unmask": may(request.actor, "vault.unmask", individual.area_id),
    }
    status = context["problem"].status if "problem" in context else 200
    return render(request, "desk/people/letter.html", context, status=status)


def _word(paper: Paper, number: str) -> HttpResponse:
    answer = HttpResponse(as_paper(paper), content_type=WORD)
    answer["Content-Disposition"] = f'attachment; filename="{number}.docx"'
    return answer

"""My duties 我的值班: coming on duty, asking a colleague to take one, answering who asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.requests import DeskRequest, reference, said, sent
from wangge.duties.rosters.queries import showing
from wangge.duties.rosters.queries.calendars import calendar_made_at
from wangge.duties.rosters.queries.making import case_of
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.services.swapping import swap_answer, swap_ask
from wangge.ground.accounts.duty import EARLY, duty_check_in
from wangge.ground.accounts.staffing import posts_named
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotPermitted, Problem


def duties(request: DeskRequest) -> HttpResponse:
    """The duties of whoever is here for four weeks, the swaps they have to do with, and their calendar."""
    return duties_page(request)


def duties_page(request: DeskRequest, problem: Problem | None = None, **shown: Any) -> HttpResponse:
    """The same, with what refused something, and what is shown only once."""
    now = clock.now()
    context = {
        "duties": showing.duties_for(request.user.id, now),
        "swaps": showing.swaps_for(request.actor),
        "calendar_made_at": calendar_made_at(request.user.id),
        "now": now,
        "soon": now + EARLY,
        "problem": problem,
        "problem_text": said(problem),
        **shown,
    }
    return render(request, "desk/rosters/duties.html", context, status=problem.status if problem else 200)


@require_POST
def check_in(request: DeskRequest, duty_id: UUID) -> HttpResponse:
    """Say that one has come."""
    try:
        duty_check_in(actor=request.actor, duty_id=duty_id, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return duties_page(request, problem)
    return redirect("desk:duties")


def swap_new(request: DeskRequest, seat_id: UUID) -> HttpResponse:
    """Ask a colleague to take one's own seat; who may take it legally is offered, best first."""
    seat = showing.seat_seen(seat_id, request.actor)
    if seat.person_id != request.actor.person_id:
        raise NotPermitted(verb="roster.manage")
    found: Problem | None = None
    if request.method == "POST":
        try:
            chosen = reference(sent(request).get("person", ""), "person")
            swap_ask(actor=request.actor, seat_id=seat_id, colleague_id=chosen, now=clock.now())
            return redirect("desk:duties")
        except NotPermitted:
            raise
        except Problem as problem:
            found = problem
    case = case_of(seat.roster, clock.now())
    rows = candidates(case, seat.id) if seat.id in case.number_of else []
    context = {
        "seat": seat,
        "post": posts_named([seat.post_id])[seat.post_id][0],
        "may": [one for one in rows if one.why is None and one.person_id != seat.person_id],
        "problem": found,
        "problem_text": said(found),
    }
    return render(request, "desk/rosters/swap.html", context, status=found.status if found else 200)


@require_POST
def answer(request: DeskRequest, swap_id: UUID) -> HttpResponse:
    """Agree to a swap or not."""
    try:
        yes = sent(request).get("yes") == "yes"
        swap_answer(actor=request.actor, swap_id=swap_id, yes=yes, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return duties_page(request, problem)
    return redirect("desk:duties")

"""My duties 我的值班: coming on duty and handing over, asking a colleague to take one, answering who asks, illness."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.unit_today import HANDED
from wangge.doors.desk.requests import DeskRequest, instant, new_key, reference, said, sent, taken_once
from wangge.duties.matters.queries import open_count
from wangge.duties.rosters.queries import showing
from wangge.duties.rosters.queries.calendars import calendar_made_at
from wangge.duties.rosters.queries.handing import standings_of
from wangge.duties.rosters.queries.making import case_of, plan_for
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.services.handing import post_hand_over, post_take_over
from wangge.duties.rosters.services.leaving import leave_enter
from wangge.duties.rosters.services.swapping import swap_answer, swap_ask
from wangge.duties.rosters.services.telling import unit_over
from wangge.ground.accounts.duty import EARLY, duty_check_in
from wangge.ground.accounts.staffing import posts_named
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem, RostersUnfitted
from wangge.ground.responses.queries import response_current


def duties(request: DeskRequest) -> HttpResponse:
    """What whoever is here works in four weeks, their swaps, the handovers of where they stand, and their calendar."""
    return duties_page(request)


def duties_page(request: DeskRequest, problem: Problem | None = None, tried: Any = None, **shown: Any) -> HttpResponse:
    """The same, with what refused something, in which form, and what is shown only once."""
    now = clock.now()
    context = {
        "works": showing.works_for(request.user.id, now),
        "swaps": showing.swaps_for(request.actor, now),
        "posts": [_standing(request.actor, one) for one in standings_of(request.user.id, now)],
        "unit": _unit(request.actor),
        "kinds": _kinds(),
        "handed": HANDED,
        "now": now,
        "soon": now + EARLY,
        "key": new_key(),
        "tried": tried,
        "typed": request.POST,
        "problem": problem,
        "problem_text": said(problem),
        "calendar_made_at": calendar_made_at(request.user.id),
        **shown,
    }
    return render(request, "desk/rosters/duties.html", context, status=problem.status if problem else 200)


def _standing(actor: Actor, standing: Any) -> dict[str, Any]:
    """A post with what is open in its area, where its people may see that."""
    seen = may(actor, "matter.view", standing.area_id)
    return {
        "standing": standing,
        "key": new_key(),
        "open": open_count(actor=actor, area_id=standing.area_id) if seen else None,
        "queue": f"{reverse('desk:queue')}?area={tree().get(standing.area_id).code}",
    }


def _unit(actor: Actor) -> UUID | None:
    areas = [grant.area_id for grant in actor.grants if grant.area_id]
    return unit_over(areas[0]) if areas else None


def _kinds() -> dict[str, Any]:
    """The kinds of fixed duties; none where the pack has no rosters."""
    try:
        return dict(plan_for(response_current().id).fixed)
    except RostersUnfitted:
        return {}


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


@require_POST
def hand_over(request: DeskRequest, post_id: UUID) -> HttpResponse:
    """Write what the next one at a post has to know."""
    return taken_once(
        request,
        lambda form: {
            "handover": str(
                post_hand_over(
                    actor=request.actor,
                    response_id=response_current().id,
                    post_id=post_id,
                    notes=form.get("notes", ""),
                    now=clock.now(),
                ).id
            )
        },
        lambda form, problem: _refused(request, problem, post_id),
        lambda answer: redirect("desk:duties"),
    )


def _refused(request: DeskRequest, problem: Problem, tried: Any) -> HttpResponse:
    if isinstance(problem, NotPermitted):
        raise problem
    return duties_page(request, problem, tried)


@require_POST
def take_over(request: DeskRequest, handover_id: UUID) -> HttpResponse:
    """Confirm what was handed over."""
    try:
        post_take_over(actor=request.actor, handover_id=handover_id, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return duties_page(request, problem)
    return redirect("desk:duties")


@require_POST
def call_ill(request: DeskRequest) -> HttpResponse:
    """Say that one is ill, from now on."""
    return taken_once(
        request,
        lambda form: _ill(request.actor, form.get("until", "")),
        lambda form, problem: _refused(request, problem, "ill"),
        lambda answer: redirect("desk:duties"),
    )


def _ill(actor: Actor, until: str) -> dict[str, Any]:
    unit, end, now = _unit(actor), instant(until, "until"), clock.now()
    if unit is None or actor.person_id is None:
        raise NotPermitted(verb="roster.view")
    if end is None:
        raise invalid("until", "请填写结束时间。", "Say when it ends.")
    leave = leave_enter(actor=actor, unit_id=unit, person_id=actor.person_id, since=now, until=end, sick=True, now=now)
    return {"leave": str(leave.id)}


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

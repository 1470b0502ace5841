"""Rosters 值班表: those there are, making one, its week by post and by person, searching, publishing, leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.pages.roster_people import UNITS, leave_of
from wangge.doors.desk.requests import (
    DeskRequest,
    day_needed,
    new_key,
    reference,
    said,
    sent,
    taken_once,
    whole_number,
    worded,
)
from wangge.duties.rosters.queries import showing
from wangge.duties.rosters.queries.making import Case, case_of, plan_for
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.rules.ledger import why_empty
from wangge.duties.rosters.rules.words import why_nobody
from wangge.duties.rosters.services import editing, making, searching
from wangge.ground.accounts.staffing import posts_named
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, NotFound, NotPermitted, Problem
from wangge.ground.responses.queries import response_current

if TYPE_CHECKING:
    from wangge.duties.rosters.models import Roster, RosterSeat

VIEWS = ("post", "person", "station")
SHOWN_EMPTY = 60


def rosters(request: DeskRequest) -> HttpResponse:
    """The rosters of the actor's areas, and the form to make one."""
    if not may_somewhere(request.actor, "roster.view"):
        raise NotPermitted(verb="roster.view")
    if request.method != "POST":
        monday = clock.local(clock.now()).date()
        form = QueryDict(mutable=True)
        form.update({"key": new_key(), "since": (monday + timedelta(days=7 - monday.weekday())).isoformat()})
        return _list(request, form)
    return taken_once(
        request,
        lambda form: _make(request.actor, form),
        lambda form, problem: _list(request, form, problem),
        lambda answer: redirect("desk:roster", roster_id=answer["roster"]),
    )


def _make(actor: Actor, form: QueryDict) -> dict[str, Any]:
    unit = tree().by_code(form.get("unit", ""))
    if unit is None:
        raise AreaUnknown(area=form.get("unit", ""))
    roster = making.roster_make(
        actor=actor,
        response_id=response_current().id,
        unit_id=unit.id,
        since=day_needed(form.get("since", ""), "since"),
        days=whole_number(form.get("days", ""), "days", 14),
        pattern=form.get("pattern", ""),
        now=clock.now(),
    )
    return {"roster": str(roster.id)}


def _list(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    seen = [node for node in places(request.actor) if _is_unit(node) and may(request.actor, "roster.view", node.id)]
    units = [node for node in seen if may(request.actor, "roster.manage", node.id)]
    context = {
        "rosters": showing.rosters(request.actor),
        "seen": seen,
        "units": units,
        "patterns": plan_for(response_current().id).patterns if units else {},
        "typed": form,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/list.html", context, status=problem.status if problem else 200)


def _is_unit(node: AreaNode) -> bool:
    return node.level in UNITS


def roster(request: DeskRequest, roster_id: UUID, problem: Problem | None = None, tried: str = "") -> HttpResponse:
    """One roster as a chart of a week, with what is empty and why, and what it asks of people."""
    found = showing.roster_seen(roster_id, request.actor)
    case = case_of(found, clock.now())
    by = request.GET.get("by", "post") if request.GET.get("by") in VIEWS else "post"
    context = {
        "roster": found,
        "unit": tree().path_name(found.area_id),
        "last": found.until - timedelta(days=1),
        **_chart(found, case, by, request.GET.get("week", "")),
        "shifts": case.plan.shifts,
        "burdens": showing.burdens(case),
        "limits": case.plan.rules,
        "empty": _empty(case),
        "staff": sorted(case.names.items(), key=lambda one: one[1]),
        "search": showing.search_of(found),
        "may_manage": may(request.actor, "roster.manage", found.area_id),
        "may_publish": may(request.actor, "roster.publish", found.area_id),
        "reason": showing.why_withdrawn(found),
        "over": clock.midnight(found.until) <= clock.now(),
        "tried": tried,
        "now": clock.now(),
        "problem": problem,
        "problem_text": said(problem),
        "typed": request.POST,
    }
    return render(request, "desk/rosters/roster.html", context, status=problem.status if problem else 200)


def _chart(found: Roster, case: Case, by: str, asked: str) -> dict[str, Any]:
    """A week of the roster, or all of it: by post, by person, or who is on duty at the whole station each day."""
    weeks = [found.since + timedelta(days=day) for day in range(0, (found.until - found.since).days, 7)]
    number = min(max(0, whole_number("" if asked == "all" else asked, "week", _this_week(found))), len(weeks) - 1)
    whole = asked == "all" or len(weeks) == 1
    first, days = (found.since, (found.until - found.since).days) if whole else (weeks[number], 7)
    shown: dict[str, Any] = {"weeks": list(enumerate(weeks)), "number": "all" if whole else number, "by": by}
    if by == "station":
        shifts = case.plan.patterns[found.pattern].shifts
        return shown | {"columns": shifts, "station": showing.station_of(found, first, shifts, days)}
    return shown | {"week": showing.week_of(found, first, by, days)}


def _this_week(found: Roster) -> int:
    return max(0, (clock.local(clock.now()).date() - found.since).days // 7)


def _empty(case: Case) -> dict[str, Any]:
    empty, ledger = showing.empty_seats(case), case.ledger()
    posts = posts_named({seat.post_id for _, seat in empty[:SHOWN_EMPTY]})
    rows = [
        {
            "seat": seat,
            "post": posts[seat.post_id][0],
            "why": worded(why_nobody(why_empty(ledger, number), len(case.people))),
        }
        for number, seat in empty[:SHOWN_EMPTY]
    ]
    return {"rows": rows, "count": len(empty), "more": len(empty) - len(rows)}


def roster_search(request: DeskRequest, roster_id: UUID) -> HttpResponse:
    """How far the search of a roster has come, as a part of its page."""
    found = showing.roster_seen(roster_id, request.actor)
    context = {
        "roster": found,
        "search": showing.search_of(found),
        "may_manage": may(request.actor, "roster.manage", found.area_id),
        "part": True,
    }
    return render(request, "desk/rosters/search.html", context)


@require_POST
def roster_do(request: DeskRequest, roster_id: UUID, deed: str) -> HttpResponse:
    """Publish, withdraw, drop, improve, stop, or enter leave."""
    showing.roster_seen(roster_id, request.actor)
    if deed not in DEEDS:
        raise NotFound(what="操作")
    try:
        done = DEEDS[deed](request.actor, roster_id, sent(request))
    except NotPermitted:
        raise
    except Problem as problem:
        return roster(request, roster_id, problem, deed)
    if done:
        return redirect("desk:leave", leave_id=done["leave_id"])
    return redirect("desk:rosters") if deed == "drop" else redirect("desk:roster", roster_id=roster_id)


def _version(form: QueryDict) -> int:
    return whole_number(form.get("version", ""), "version")


def _publish(actor: Actor, roster_id: UUID, form: QueryDict) -> None:
    making.roster_publish(actor=actor, roster_id=roster_id, version=_version(form), now=clock.now())


def _withdraw(actor: Actor, roster_id: UUID, form: QueryDict) -> None:
    reason = form.get("reason", "")
    making.roster_withdraw(actor=actor, roster_id=roster_id, version=_version(form), reason=reason, now=clock.now())


def _drop(actor: Actor, roster_id: UUID, form: QueryDict) -> None:
    making.roster_drop(actor=actor, roster_id=roster_id, version=_version(form), now=clock.now())


def _improve(actor: Actor, roster_id: UUID, form: QueryDict) -> None:
    seconds = whole_number(form.get("seconds", ""), "seconds", 30)
    searching.search_ask(actor=actor, roster_id=roster_id, version=_version(form), seconds=seconds, now=clock.now())


def _stop(actor: Actor, roster_id: UUID, form: QueryDict) -> None:
    searching.search_stop(actor=actor, roster_id=roster_id, now=clock.now())


def _leave(actor: Actor, roster_id: UUID, form: QueryDict) -> dict[str, Any]:
    unit_id = showing.roster_by_id(roster_id).area_id
    return leave_of(actor, unit_id, reference(form.get("person", ""), "person"), form)


DEEDS: dict[str, Callable[[Actor, UUID, QueryDict], dict[str, Any] | None]] = {
    "publish": _publish,
    "withdraw": _withdraw,
    "drop": _drop,
    "improve": _improve,
    "stop": _stop,
    "leave": _leave,
}


def seat(request: DeskRequest, seat_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """One seat: who may take it, best first, and what keeps the others from it; giving it to one of them."""
    one = showing.seat_seen(seat_id, request.actor)
    if request.method == "POST" and problem is None:
        return _assign(request, one)
    found = one.roster
    case = case_of(found, clock.now())
    open_ = one.id in case.number_of
    rows = candidates(case, one.id) if open_ else []
    context = {
        "seat": one,
        "roster": found,
        "post": posts_named([one.post_id])[one.post_id][0],
        "shift": case.plan.shifts[one.shift],
        "may": [row for row in rows if row.why is None],
        "others": [(row, worded(row.why)) for row in rows if row.why is not None],
        "may_manage": open_ and may(request.actor, "roster.manage", found.area_id),
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/seat.html", context, status=problem.status if problem else 200)


def _assign(request: DeskRequest, one: RosterSeat) -> HttpResponse:
    try:
        form = sent(request)
        chosen = form.get("person", "")
        if chosen and form.get("weekly") == "yes":
            person_id = reference(chosen, "person")
            editing.seats_fix(
                actor=request.actor, seat_id=one.id, person_id=person_id, version=_version(form), now=clock.now()
            )
            return redirect("desk:roster", roster_id=one.roster_id)
        editing.seat_assign(
            actor=request.actor,
            seat_id=one.id,
            person_id=reference(chosen, "person") if chosen else None,
            version=_version(form),
            now=clock.now(),
            fixed=form.get("fixed") == "yes",
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return seat(request, one.id, problem)
    return redirect("desk:roster", roster_id=one.roster_id)

"""Leave 请假 that was entered: the seats it left empty, and who may step in, each with one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from wangge.doors.desk.requests import DeskRequest, reference, said, sent, whole_number
from wangge.duties.rosters.queries.staff import leave_seen, seats_freed
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.services.editing import seat_assign
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import posts_named
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem

if TYPE_CHECKING:
    from wangge.duties.rosters.models import Leave

OFFERED = 3


def leave(request: DeskRequest, leave_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """The seats that somebody's leave left empty, in rosters that the reader makes; giving them to others."""
    found = leave_seen(leave_id)
    rows = _rows(request.actor, found)
    if not rows:
        raise NotPermitted(verb="roster.manage")
    if request.method == "POST" and problem is None:
        return _give(request, leave_id)
    context = {
        "leave": found,
        "name": person_names([found.person_id]).get(found.person_id, ""),
        "rows": rows,
        "empty": sum(row["may"] is not None for row in rows),
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/leave.html", context, status=problem.status if problem else 200)


def _rows(actor: Actor, found: Leave) -> list[dict[str, Any]]:
    """The seats with who has them now; of the empty ones who may take them, best first, and how many more may."""
    freed = [
        (case, seats)
        for case, seats in seats_freed(found, clock.now())
        if may(actor, "roster.manage", case.roster.area_id)
    ]
    seats = [seat for _, some in freed for seat in some]
    posts = posts_named({seat.post_id for seat in seats})
    names = person_names({seat.person_id for seat in seats if seat.person_id})
    rows = []
    for case, some in freed:
        for seat in some:
            open_ = seat.person_id is None and seat.id in case.number_of
            fit = [one for one in candidates(case, seat.id) if one.why is None] if open_ else None
            rows.append({
                "seat": seat, "roster": case.roster, "shift": case.plan.shifts.get(seat.shift),
                "post": posts[seat.post_id][0], "name": names.get(seat.person_id, "") if seat.person_id else "",
                "may": fit and fit[:OFFERED] if fit is not None else None, "more": max(0, len(fit or ()) - OFFERED),
            })  # fmt: skip
    return sorted(rows, key=lambda row: (row["seat"].since, str(row["seat"].id)))


def _give(request: DeskRequest, leave_id: UUID) -> HttpResponse:
    try:
        form = sent(request)
        seat_assign(
            actor=request.actor,
            seat_id=reference(form.get("seat", ""), "seat"),
            person_id=reference(form.get("person", ""), "person"),
            version=whole_number(form.get("version", ""), "version"),
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return leave(request, leave_id, problem)
    return redirect("desk:leave", leave_id=leave_id)

"""The people of a unit 人员与技能: who may be rostered, what they can do, with whom they live, leave, fixed duties."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.requests import (
    DeskRequest,
    day_needed,
    day_of,
    instant,
    new_key,
    reference,
    said,
    sent,
    taken_once,
    time_of_day,
    whole_number,
)
from wangge.duties.rosters.queries import staff
from wangge.duties.rosters.queries.making import plan_for
from wangge.duties.rosters.services import fixing, leaving, people
from wangge.ground.accounts.staffing import colleagues
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted, Problem
from wangge.ground.responses.queries import pack_of, response_current

if TYPE_CHECKING:
    from wangge.duties.rosters.models import FixedDuty

UNITS = ("station", "town")
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
SHORTEST_NAME = 2  # letters of a name, so that nobody lists the whole city


class Upon(NamedTuple):
    """Whom a deed is done to: by whom, in which unit and response."""

    actor: Actor
    response_id: UUID
    unit_id: UUID
    person_id: UUID


def unit_known(unit_id: UUID) -> UUID:
    """The id of a station or a town. Raises NotFound for anything else."""
    if unit_id not in tree() or tree().get(unit_id).level not in UNITS:
        raise NotFound(what="单位")
    return unit_id


def unit_people(request: DeskRequest, unit_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """Everybody of a unit; whoever may roster it says what several of them can do at once."""
    require(request.actor, "roster.view", unit_known(unit_id))
    if request.method == "POST" and problem is None:
        return _skills_of_many(request, unit_id)
    pack = pack_of(response_current())
    plan, now = plan_for(response_current().id), clock.now()
    context = {
        "unit_id": unit_id,
        "unit": tree().path_name(unit_id),
        "rows": staff.unit_people(unit_id, plan, now),
        "skills": plan.skills,
        "kinds": plan.fixed,
        "agencies": pack.agencies,
        "rules": plan.rules,
        "weekdays": WEEKDAYS,
        "may_manage": may(request.actor, "roster.manage", unit_id),
        "chosen": request.POST.getlist("person"),
        "typed": request.POST,
        "now": now,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/people.html", context, status=problem.status if problem else 200)


def _skills_of_many(request: DeskRequest, unit_id: UUID) -> HttpResponse:
    try:
        form = sent(request)
        chosen = [reference(one, "person") for one in form.getlist("person")]
        if not chosen:
            raise invalid("person", "请先勾选人员。", "Tick the people first.")
        skills = [one for one in form.getlist("skill") if one]
        people.skills_set(
            actor=request.actor,
            response_id=response_current().id,
            unit_id=unit_id,
            person_ids=chosen,
            add=skills if form.get("how") != "remove" else [],
            remove=skills if form.get("how") == "remove" else [],
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return unit_people(request, unit_id, problem)
    return redirect("desk:unit_people", unit_id=unit_id)


def unit_person(
    request: DeskRequest, unit_id: UUID, person_id: UUID, problem: Problem | None = None, part: str = ""
) -> HttpResponse:
    """One of them: skills, household, leave, fixed duties and what they work in the coming two weeks."""
    require(request.actor, "roster.manage", unit_known(unit_id))
    plan, now = plan_for(response_current().id), clock.now()
    name = request.GET.get("name", "").strip()
    found = colleagues(now, name=name) if len(name) >= SHORTEST_NAME else []
    row = staff.unit_person(unit_id, person_id, plan, now)
    tried = request.POST if problem and part == "fixed" else None
    context = {
        "unit_id": unit_id,
        "unit": tree().path_name(unit_id),
        "row": row,
        "fixed": [(one, _values(one.duty, tried)) for one in row.fixed],
        "new": _values(None, tried),
        "works": staff.work_ahead(person_id, now),
        "skills": plan.skills,
        "kinds": plan.fixed,
        "rules": plan.rules,
        "posts": fixing.fixed_posts(unit_id, plan, now),
        "weekdays": list(enumerate(WEEKDAYS)),
        "name": name,
        "found": [one for one in found if one.person_id != person_id],
        "key": request.POST.get("key") if problem else new_key(),
        "today": clock.local(now).date(),
        "part": part,
        "typed": request.POST,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/rosters/person.html", context, status=problem.status if problem else 200)


def _values(duty: FixedDuty | None, tried: QueryDict | None) -> dict[str, Any]:
    """What the form of a fixed duty, or of a new one, shows: what was typed into it where it was refused."""
    known = str(duty.id) if duty else ""
    if tried is not None and tried.get("duty", "") == known:
        return {**tried.dict(), "days": tried.getlist("day"), "sent": True}
    values: dict[str, Any] = {"duty": known, "key": new_key(), "sent": False}
    if duty is None:
        return values | {"version": 0, "days": [], "first_on": clock.local(clock.now()).date().isoformat()}
    return values | {
        "version": duty.version,
        "kind": duty.kind,
        "days": [str(day) for day in duty.days],
        "start": f"{duty.start:%H:%M}",
        "hours": f"{duty.minutes / 60:g}",
        "first_on": duty.first_on.isoformat(),
        "last_on": duty.last_on.isoformat() if duty.last_on else "",
        "post": str(duty.post_id or ""),
    }


@require_POST
def unit_person_do(request: DeskRequest, unit_id: UUID, person_id: UUID, deed: str) -> HttpResponse:
    """Say what somebody can do, with whom they live, when they are away, what they do every week; or take it back."""
    if deed not in DEEDS:
        raise NotFound(what="操作")
    upon = Upon(request.actor, response_current().id, unit_known(unit_id), person_id)
    require(request.actor, "roster.manage", unit_id)
    if deed in ONCE:
        return taken_once(
            request,
            lambda form: DEEDS[deed](upon, form) or {},
            lambda form, problem: unit_person(request, unit_id, person_id, problem, deed),
            lambda answer: _on(unit_id, person_id, answer),
        )
    try:
        return _on(unit_id, person_id, DEEDS[deed](upon, sent(request)) or {})
    except NotPermitted:
        raise
    except Problem as problem:
        return unit_person(request, unit_id, person_id, problem, deed)


def _on(unit_id: UUID, person_id: UUID, answer: dict[str, Any]) -> HttpResponse:
    if answer:
        return redirect("desk:leave", leave_id=answer["leave_id"])
    return redirect("desk:unit_person", unit_id=unit_id, person_id=person_id)


def _skills(upon: Upon, form: QueryDict) -> None:
    wanted, known = set(form.getlist("skill")), set(plan_for(upon.response_id).skills)
    people.skills_set(
        actor=upon.actor,
        response_id=upon.response_id,
        unit_id=upon.unit_id,
        person_ids=[upon.person_id],
        add=wanted,
        remove=known - wanted,
        now=clock.now(),
    )


def _join(upon: Upon, form: QueryDict) -> None:
    partner = reference(form.get("partner", ""), "partner")
    people.household_join(
        actor=upon.actor, unit_id=upon.unit_id, person_id=upon.person_id, partner_id=partner, now=clock.now()
    )


def _part(upon: Upon, form: QueryDict) -> None:
    people.household_part(actor=upon.actor, unit_id=upon.unit_id, person_id=upon.person_id, now=clock.now())


def leave_of(actor: Actor, unit_id: UUID, person_id: UUID, form: QueryDict) -> dict[str, Any]:
    """Enter the leave that a form says; the leave, where it has freed seats that others are to take."""
    since, until = instant(form.get("since", ""), "since"), instant(form.get("until", ""), "until")
    if until is None:
        raise invalid("until", "请填写结束时间。", "Say when it ends.")
    leave = leaving.leave_enter(
        actor=actor,
        unit_id=unit_id,
        person_id=person_id,
        since=since or clock.now(),
        until=until,
        sick=form.get("sick") == "yes",
        now=clock.now(),
    )
    return {"leave_id": str(leave.id)} if leave.freed else {}


def _leave(upon: Upon, form: QueryDict) -> dict[str, Any]:
    return leave_of(upon.actor, upon.unit_id, upon.person_id, form)


def _leave_back(upon: Upon, form: QueryDict) -> None:
    leave_id = reference(form.get("leave", ""), "leave")
    leaving.leave_withdraw(actor=upon.actor, unit_id=upon.unit_id, leave_id=leave_id, now=clock.now())


def _fixed(upon: Upon, form: QueryDict) -> None:
    start = time_of_day(form.get("start", ""), "start")
    if start is None:
        raise invalid("start", "请填写开始时刻。", "Say at what time it begins.")
    duty, post = form.get("duty", ""), form.get("post", "")
    draft = fixing.FixedDraft(
        form.get("kind", ""),
        {whole_number(one, "days") for one in form.getlist("day")},
        start,
        _minutes(form.get("hours", "")),
        day_needed(form.get("first_on", ""), "first_on"),
        day_of(form, "last_on"),
        reference(post, "post") if post else None,
    )
    fixing.fixed_set(
        actor=upon.actor,
        response_id=upon.response_id,
        unit_id=upon.unit_id,
        person_id=upon.person_id,
        draft=draft,
        now=clock.now(),
        duty_id=reference(duty, "duty") if duty else None,
        version=whole_number(form.get("version", ""), "version", 0),
    )


def _minutes(text: str) -> int:
    try:
        hours = Decimal(text.strip())
        if not 0 < hours <= 24:
            raise InvalidOperation
    except InvalidOperation:
        raise invalid("hours", "请填写小时数，如 3 或 1.5。", "Hours such as 3 or 1.5.") from None
    return int(hours * 60)


def _fixed_end(upon: Upon, form: QueryDict) -> None:
    duty_id, version = reference(form.get("duty", ""), "duty"), whole_number(form.get("version", ""), "version")
    fixing.fixed_end(
        actor=upon.actor,
        response_id=upon.response_id,
        unit_id=upon.unit_id,
        duty_id=duty_id,
        last_on=day_of(form, "last_on"),
        version=version,
        now=clock.now(),
    )


def _fixed_drop(upon: Upon, form: QueryDict) -> None:
    duty_id, version = reference(form.get("duty", ""), "duty"), whole_number(form.get("version", ""), "version")
    fixing.fixed_drop(
        actor=upon.actor,
        response_id=upon.response_id,
        unit_id=upon.unit_id,
        duty_id=duty_id,
        version=version,
        back=form.get("back") == "yes",
        now=clock.now(),
    )


DEEDS: dict[str, Callable[[Upon, QueryDict], dict[str, Any] | None]] = {
    "skills": _skills,
    "join": _join,
    "part": _part,
    "leave": _leave,
    "leave-back": _leave_back,
    "fixed": _fixed,
    "fixed-end": _fixed_end,
    "fixed-drop": _fixed_drop,
}
ONCE = ("leave", "fixed")

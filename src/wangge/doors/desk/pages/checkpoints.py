"""Checkpoints 检疫点: how all of them stand, the page of one, its totals, registering, putting right, shifts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import (
    DeskRequest,
    day_of,
    degrees,
    new_key,
    reference,
    said,
    sent,
    taken_once,
    time_of_day,
    whole_number,
)
from wangge.doors.desk.villages import area_of, chosen_area, own_area, widest_area
from wangge.duties.checkpoints.queries import overview as stands
from wangge.duties.checkpoints.queries import register as queries
from wangge.duties.checkpoints.queries import totals
from wangge.duties.checkpoints.rules import CheckpointDraft
from wangge.duties.checkpoints.services import handing
from wangge.duties.checkpoints.services import register as services
from wangge.duties.checkpoints.services.screening import queue_note
from wangge.ground.accounts.queries import on_duty, person_names, posts_over
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, Problem
from wangge.ground.responses import vault
from wangge.ground.responses.queries import response_current

if TYPE_CHECKING:
    from wangge.duties.checkpoints.models import Checkpoint

FIELD_NAMES = {"contact_name": "联系人", "contact_phone": "联系电话"}
ABLE = ("checkpoint.manage", "checkpoint.screen", "vault.unmask")
DAYS = 14


def checkpoints(request: DeskRequest) -> HttpResponse:
    """How all checkpoints of an area stand now: those without a sign of life first."""
    area = area_of(request.GET.get("area", "")) or widest_area(request.actor, "checkpoint.view")
    pack, plan = queries.pack_for(response_current().id)
    now = clock.now()
    found = stands.overview(actor=request.actor, response_id=response_current().id, area_id=area.id, now=now)
    context = {
        "area": area,
        "found": found,
        "kinds": plan.kinds,
        "agencies": pack.agencies,
        "states": stands.STATES,
        "areas": places(request.actor),
        "now": now,
        "silent_minutes": plan.silent_minutes,
        "may_manage": may_somewhere(request.actor, "checkpoint.manage"),
        "may_screen": may_somewhere(request.actor, "checkpoint.screen"),
    }
    return render(request, "desk/checkpoints/list.html", context)


def all_totals(request: DeskRequest) -> HttpResponse:
    """What an area's checkpoints screened on the days from one to another, by checkpoint and by shift."""
    area = area_of(request.GET.get("area", "")) or widest_area(request.actor, "checkpoint.view")
    today = clock.local(clock.now()).date()
    first = day_of(request.GET, "from") or today - timedelta(days=6)
    last = max(day_of(request.GET, "to") or today, first)
    _, plan = queries.pack_for(response_current().id)
    place: dict[str, Any] = {"actor": request.actor, "response_id": response_current().id, "area_id": area.id}
    upon = place | {"since": clock.midnight(first), "until": clock.midnight(last + timedelta(days=1))}
    rows = stands.screened(**upon)
    context = {
        "area": area,
        "first": first,
        "last": last,
        "rows": rows,
        "shifts": _by_shift(totals.totals(**upon, by="shift"), plan.shifts),
        "whole": totals.whole([row.sums for row in rows]),
        "areas": places(request.actor),
        "days": [today - timedelta(days=back) for back in range(DAYS)],
    }
    return render(request, "desk/checkpoints/totals.html", context)


def _by_shift(found: dict[str, totals.Sums], shifts: Any) -> list[dict[str, Any]]:
    return [{"shift": shift, "sums": found[code]} for code, shift in shifts.items() if code in found]


# -- one checkpoint ----------------------------------------------------------------------------------


def checkpoint(request: DeskRequest, number: str) -> HttpResponse:
    """The page of a checkpoint, with its totals of a day by hour, lane and shift."""
    return checkpoint_page(request, queries.checkpoint_by_number(number, actor=request.actor))


def checkpoint_page(
    request: DeskRequest,
    found: Checkpoint,
    *,
    problem: Problem | None = None,
    typed: QueryDict | None = None,
    part: str = "",
    **more: Any,
) -> HttpResponse:
    """The page of a checkpoint. `part` names the form that could not be taken, with its problem and what was typed."""
    pack, plan = queries.pack_for(found.response_id)
    now = clock.now()
    today = clock.local(now).date()
    day = day_of(request.GET, "day") or today
    span = {"since": clock.midnight(day), "until": clock.midnight(day + timedelta(days=1))}
    lanes = totals.totals_of(found, by="lane", **span)
    context = {
        "view": queries.checkpoint_view(found, actor=request.actor),
        "checkpoint": found,
        "kind": plan.kinds.get(found.kind),
        "agencies": [pack.agencies[code] for code in found.agencies if code in pack.agencies],
        "state": stands.state_of(found, plan.silent_minutes, now),
        "states": stands.STATES,
        "fields": FIELD_NAMES,
        "able": {verb.replace(".", "_"): may(request.actor, verb, found.area_id) for verb in ABLE},
        "day": day,
        "days": [today - timedelta(days=back) for back in range(DAYS)],
        "hours": [{"hour": start, "sums": sums} for start, sums in sorted(totals.hours_of(found, **span).items())],
        "lanes": sorted(lanes.items()),
        "by_shift": _by_shift(totals.totals_of(found, by="shift", **span), plan.shifts),
        "shifts": plan.shifts,
        "whole": totals.whole(list(lanes.values())),
        "staff": _staff(found, now),
        "now": now,
        "key": new_key(),
        "problem": problem,
        "problem_text": said(problem),
        "typed": typed or QueryDict(),
        "part": part,
    }
    status = problem.status if problem else 200
    return render(request, "desk/checkpoints/checkpoint.html", context | more, status=status)


def _staff(found: Checkpoint, now: datetime) -> list[dict[str, Any]]:
    """The posts that serve a checkpoint, each with who is on duty by the roster in force; None without a roster."""
    names = {str(post_id): name for post_id, name in posts_over(found.area_id, now)}
    duties = on_duty([UUID(post) for post in found.posts], now)
    people = person_names(one.person_id for duty in duties.values() for one in duty)
    return [
        {
            "name": names.get(post, "—"),
            "rostered": UUID(post) in duties,
            "people": [(people.get(one.person_id, "—"), one) for one in duties.get(UUID(post), [])],
        }
        for post in found.posts
    ]


@sensitive_variables("clear")
@require_POST
def unmask(request: DeskRequest, number: str) -> HttpResponse:
    """The contact in clear, for a stated reason; the look is journalled before it is shown."""
    found = queries.checkpoint_by_number(number, actor=request.actor)
    try:
        clear = vault.unmask(
            actor=request.actor,
            area_id=found.area_id,
            subject_id=found.id,
            fields=queries.PERSONAL,
            reason=sent(request).get("reason", ""),
            now=clock.now(),
        )
    except InputInvalid as problem:
        return checkpoint_page(request, found, problem=problem, typed=request.POST, part="unmask")
    return checkpoint_page(request, found, clear=clear)


@require_POST
def deed(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """Close or open a checkpoint, note a queue, hand a shift over or take one over."""
    found = queries.checkpoint_by_number(number, actor=request.actor)
    if deed not in DEEDS:
        raise NotFound(what=deed)
    try:
        DEEDS[deed](request.actor, found, sent(request), clock.now())
    except (NotPermitted, NotFound):
        raise
    except Problem as problem:
        return checkpoint_page(request, found, problem=problem, typed=request.POST, part=deed)
    return redirect("desk:checkpoint", number=found.number)


def _close(actor: Actor, found: Checkpoint, form: QueryDict, now: datetime) -> None:
    version = whole_number(form.get("version", ""), "version")
    services.checkpoint_close(actor=actor, checkpoint_id=found.id, version=version, now=now)


def _reopen(actor: Actor, found: Checkpoint, form: QueryDict, now: datetime) -> None:
    version = whole_number(form.get("version", ""), "version")
    services.checkpoint_reopen(actor=actor, checkpoint_id=found.id, version=version, now=now)


def _queue(actor: Actor, found: Checkpoint, form: QueryDict, now: datetime) -> None:
    vehicles = whole_number(form.get("queue", ""), "queue")
    queue_note(actor=actor, checkpoint_id=found.id, vehicles=vehicles, now=now)


def _hand_over(actor: Actor, found: Checkpoint, form: QueryDict, now: datetime) -> None:
    handing.shift_hand_over(
        actor=actor,
        checkpoint_id=found.id,
        notes=form.get("notes", ""),
        now=now,
        record_id=reference(form.get("key", ""), "key"),
    )


def _take_over(actor: Actor, found: Checkpoint, form: QueryDict, now: datetime) -> None:
    handing.shift_take_over(actor=actor, handover_id=reference(form.get("handover", ""), "handover"), now=now)


DEEDS = {"close": _close, "reopen": _reopen, "queue": _queue, "hand-over": _hand_over, "take-over": _take_over}


# -- registering and putting right -------------------------------------------------------------------


def new(request: DeskRequest) -> HttpResponse:
    """The form, and taking what it sends: a second click with the same key makes no second checkpoint."""
    if not may_somewhere(request.actor, "checkpoint.manage"):
        raise NotPermitted(verb="checkpoint.manage")
    if request.method != "POST":
        return _form(request, _blank(request))
    return taken_once(
        request,
        lambda form: _register(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda answer: redirect("desk:checkpoint", number=answer["number"]),
    )


def _register(actor: Actor, form: QueryDict) -> dict[str, Any]:
    draft = draft_of(form, chosen_area(actor, form, "checkpoint.manage"))
    made = services.checkpoint_register(actor=actor, response_id=response_current().id, draft=draft, now=clock.now())
    return {"number": made.number}


def draft_of(form: QueryDict, area_id: Any) -> CheckpointDraft:
    """What a form says of a checkpoint. Raises InputInvalid."""
    words = ("name", "road", "direction", "equipment", "desk_phone", "contact_name", "contact_phone")
    told: dict[str, Any] = {name: form.get(name, "") for name in words}
    return CheckpointDraft(
        kind=form.get("kind", ""),
        area_id=area_id,
        **told,
        lanes=whole_number(form.get("lanes", ""), "lanes", 1),
        lon=degrees(form.get("lon", ""), "lon"),
        lat=degrees(form.get("lat", ""), "lat"),
        agencies=tuple(form.getlist("agencies")),
        posts=tuple(reference(post, "posts") for post in form.getlist("posts")),
        opens_at=time_of_day(form.get("opens_at", ""), "opens_at"),
        closes_at=time_of_day(form.get("closes_at", ""), "closes_at"),
        opened_on=day_of(form, "opened_on"),
        exercise=form.get("exercise") == "yes",
    )


def _blank(request: DeskRequest) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"key": new_key(), "lanes": "1"})
    area = own_area(request.actor, "checkpoint.manage")
    if area is not None:
        form.update({"area": area.code, "area_name": area.name})
    return form


def _form(
    request: DeskRequest, form: QueryDict, problem: Problem | None = None, found: Checkpoint | None = None
) -> HttpResponse:
    pack, plan = queries.pack_for(found.response_id if found else response_current().id)
    context = {
        "typed": form,
        "chosen_agencies": form.getlist("agencies"),
        "chosen_posts": form.getlist("posts"),
        "posts": [(str(one), name) for one, name in posts_over(found.area_id, clock.now())] if found else [],
        "checkpoint": found,
        "kinds": plan.kinds.values(),
        "agencies": pack.agencies.values(),
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/checkpoints/new.html", context, status=problem.status if problem else 200)


def change(request: DeskRequest, number: str) -> HttpResponse:
    """Put right what the register says."""
    found = queries.checkpoint_by_number(number, actor=request.actor)
    if not may(request.actor, "checkpoint.manage", found.area_id):
        raise NotPermitted(verb="checkpoint.manage")
    if request.method != "POST":
        return _form(request, _said(found), found=found)
    try:
        services.checkpoint_change(
            actor=request.actor,
            checkpoint_id=found.id,
            draft=draft_of(sent(request), found.area_id),
            version=whole_number(request.POST.get("version", ""), "version"),
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return _form(request, request.POST, problem, found)
    return redirect("desk:checkpoint", number=found.number)


def _said(found: Checkpoint) -> QueryDict:
    form = QueryDict(mutable=True)
    names = ("kind", "name", "road", "direction", "lanes", "lon", "lat", "equipment", "desk_phone", "version")
    form.update({name: "" if (value := getattr(found, name)) is None else str(value) for name in names})
    for name in ("opens_at", "closes_at"):
        form[name] = f"{value:%H:%M}" if (value := getattr(found, name)) else ""
    form.setlist("agencies", found.agencies)
    form.setlist("posts", found.posts)
    return form

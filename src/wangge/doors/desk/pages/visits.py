"""Visits 检查: the form, what was found, counter-entries, and the list of the day."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.pages.venues import require_view, rules_now
from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.requests import (
    DeskRequest,
    instant,
    new_key,
    said,
    sent,
    taken_once,
    whole_number,
)
from wangge.doors.desk.sealed import sealed_file
from wangge.doors.desk.villages import area_of
from wangge.duties.counted.queries import may_counter
from wangge.duties.matters.queries import numbers
from wangge.duties.venues import rules
from wangge.duties.venues.queries import register as register_queries
from wangge.duties.venues.queries import visits as queries
from wangge.duties.venues.queries.visits import DayMark
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services.countering import visit_counter
from wangge.duties.venues.services.photos import Photo, visit_record_shown
from wangge.duties.venues.services.visits import visited_lately
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotFound, NotPermitted, Problem, VisitedLately
from wangge.ground.responses.media import DRAWN
from wangge.ground.responses.packs.schema import LogKind
from wangge.ground.responses.packs.venues import RoundDef, VenuesDef
from wangge.ground.responses.queries import response_current

if TYPE_CHECKING:
    from wangge.duties.venues.models import Venue

ANSWERS = {"ok": "符合", "failed": "不符合", "na": "不适用"}


def visit_new(request: DeskRequest, number: str) -> HttpResponse:
    """The form of a visit, and taking what it sends, once."""
    venue = register_queries.venue_by_number(number, actor=request.actor)
    if not may(request.actor, "venue.visit", venue.area_id):
        raise NotPermitted(verb="venue.visit")
    if request.method != "POST":
        return _form(request, venue, _blank(request, venue))
    return taken_once(
        request,
        lambda form: _record(request, venue, form),
        lambda form, problem: _form(request, venue, form, problem),
        lambda answer: redirect("desk:visit", visit_id=answer["visit"]),
    )


def _record(request: DeskRequest, venue: Venue, form: QueryDict) -> dict[str, Any]:
    pack, plan = register_queries.pack_for(venue.response_id)
    log = pack.log_kinds[plan.kinds[venue.kind].log_kind]
    made = visit_record_shown(
        actor=request.actor,
        response_id=venue.response_id,
        draft=VisitDraft(
            venue_id=venue.id,
            observed_at=instant(form.get("observed_at", ""), "observed_at"),
            rounds=tuple(form.getlist("rounds")),
            answers=_answers(form, venue.kind, plan),
            open_found=form.get("open_found") == "yes",
            quantities=_quantities(form, log),
            agencies=tuple(form.getlist("agencies")),
            note=form.get("note", ""),
            exercise=form.get("exercise") == "yes",
            aware=form.get("aware") == "yes",
        ),
        photos=_photos(request),
        now=clock.now(),
    )
    return {"visit": str(made.id)}


def _photos(request: DeskRequest) -> list[Photo]:
    """The photos that were chosen, read only where they are not too many. Raises InputInvalid."""
    files = request.FILES.getlist("photos")
    if problem := rules.check_photos([file.size or 0 for file in files]):
        raise problem
    return [Photo(file.name or "", file.read()) for file in files]


def _answers(form: QueryDict, kind: str, plan: VenuesDef) -> dict[str, str]:
    """What was answered of all that may be asked at such a venue, for whichever rounds it is taken."""
    asked = rules.items_of(plan.rounds_of(kind))
    return {item: answer for item in asked if (answer := form.get(f"a_{item}", ""))}


def _quantities(form: QueryDict, log: LogKind) -> dict[str, int]:
    return {
        item.code: whole_number(text, item.code)
        for item in log.quantities
        if (text := form.get(f"n_{item.code}", "").strip())
    }


def _blank(request: DeskRequest, venue: Venue) -> QueryDict:
    """The form as it is first: the rounds of the actor's own posts, and whichever are due."""
    _, plan = register_queries.pack_for(venue.response_id)
    own = {one.code for one in queries.rounds_of_actor(request.actor, plan)}
    coming = [one.code for one in plan.rounds_of(venue.kind)]
    form = QueryDict(mutable=True)
    form.update({"key": new_key()})
    form.setlist("rounds", [code for code in coming if code in own] or coming)
    return form


def _form(request: DeskRequest, venue: Venue, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    pack, plan = register_queries.pack_for(venue.response_id)
    rounds = plan.rounds_of(venue.kind)
    lately = visited_lately(venue, plan, clock.now())
    context = {
        "venue": venue,
        "kind": plan.kinds.get(venue.kind),
        "rounds": rounds,
        "asked": _asked(rounds, plan),
        "failed": venue.failed,
        "answers": ANSWERS,
        "log": pack.log_kinds[plan.kinds[venue.kind].log_kind],
        "agencies": pack.agencies,
        "lately": [pack.agencies[code] for code in lately or [] if code in pack.agencies],
        "lately_known": lately is not None,
        "warned": isinstance(problem, VisitedLately),
        "may_exercise": may_somewhere(request.actor, "exercise.run"),
        "most_photos": rules.MOST_PHOTOS,
        "photos_gone": problem is not None and "photos" in request.FILES,
        "typed": form,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/venues/visit_new.html", context, status=problem.status if problem else 200)


def _asked(rounds: list[RoundDef], plan: VenuesDef) -> list[tuple[Any, list[str]]]:
    """Each item once, with the codes of the rounds that ask it."""
    return [(plan.items[item], [one.code for one in rounds if item in one.items]) for item in rules.items_of(rounds)]


def visit(request: DeskRequest, visit_id: UUID, problem: Problem | None = None) -> HttpResponse:
    """One visit whole, with what counters it, and the form to counter it."""
    view = queries.visit_view(visit_id, actor=request.actor)
    pack, plan = register_queries.pack_for(view.visit.response_id)
    found = numbers([view.visit.matter_id]) if view.visit.matter_id else {}
    context = {
        "view": view,
        "visit": view.visit,
        "venue": view.venue,
        "kind": plan.kinds.get(view.venue.kind),
        "rounds": [plan.rounds[code] for code in view.visit.rounds if code in plan.rounds],
        "agencies": [pack.agencies[code] for code in view.visit.agencies if code in pack.agencies],
        "answers": [
            (plan.items[item], answer, ANSWERS[answer])
            for item, answer in view.visit.answers.items()
            if item in plan.items
        ],
        "log": pack.log_kinds.get(view.visit.log_kind),
        "files": view.files if may(request.actor, "vault.view", view.visit.area_id) else [],
        "drawn": DRAWN,
        "note": view.notes.get(view.visit.id, ""),
        "counter_note": view.notes.get(view.counter.id, "") if view.counter else "",
        "matter": next(iter(found.values()), ""),
        "may_counter": view.visit.sign > 0
        and view.counter is None
        and may_counter(request.actor, person_id=view.visit.person_id, area_id=view.visit.area_id, own="venue.visit"),
        "problem": problem,
        "typed": request.POST,
    }
    return render(request, "desk/venues/visit.html", context, status=problem.status if problem else 200)


def photo(request: DeskRequest, visit_id: UUID, evidence_id: UUID, size: str) -> HttpResponse:
    """A photo of a visit, drawn anew: without the place and the phone that the file names."""
    view = queries.visit_view(visit_id, actor=request.actor)
    if evidence_id not in {one.evidence_id for one in view.files}:
        raise NotFound(what="照片")
    return sealed_file(request.actor, view.area_id, evidence_id, size)


@require_POST
def counter(request: DeskRequest, visit_id: UUID) -> HttpResponse:
    """Counter a visit 冲正, with a reason."""
    queries.visit_view(visit_id, actor=request.actor)
    try:
        visit_counter(actor=request.actor, visit_id=visit_id, reason=sent(request).get("reason", ""), now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return visit(request, visit_id, problem)
    return redirect("desk:visit", visit_id=visit_id)


def rounds(request: DeskRequest) -> HttpResponse:
    """The list of the day: what is to be looked at again, then what is due, longest first."""
    require_view(request.actor)
    pack, plan = rules_now()
    code, area = request.GET.get("round", ""), area_of(request.GET.get("area", ""))
    after, rechecked = read_mark(request.GET.get("after", ""), DayMark), "due" in request.GET
    chosen = [plan.rounds[code]] if code in plan.rounds else None
    now = clock.now()
    found = queries.day_list(
        actor=request.actor,
        response_id=response_current().id,
        plan=plan,
        day=clock.local(now).date(),
        area_id=area.id if area else None,
        rounds=chosen,
        after=after,
        rechecked=rechecked,
    )
    onward = {"after": mark_text(found.last.mark)} | ({"due": "1"} if found.last.since else {}) if found.last else {}
    given = {"round": code if chosen else "", "area": area.code if area else ""}
    given = {name: value for name, value in given.items() if value}
    context = {
        "list": found,
        "plan": plan,
        "agencies": pack.agencies,
        "chosen": given,
        "rounds": plan.rounds,
        "areas": places(request.actor),
        "today": clock.local(now).date(),
        "now": now,
        "rows": [_row(row, now) for row in found.rows],
        "may_visit": may_somewhere(request.actor, "venue.visit"),
        "next": "?" + urlencode(given | onward) if onward else "",
        "first": after is None,
        "start": "?" + urlencode(given),
    }
    return render(request, "desk/venues/rounds.html", context)


def _row(row: queries.OnList, now: datetime) -> dict[str, Any]:
    due_at = row.venue.recheck_due_at
    today = clock.local(now).date()
    return {
        "venue": row.venue,
        "rounds": row.rounds,
        "since": row.since,
        "recheck": due_at,
        "late": (due_at is not None and due_at <= now) or (row.since is not None and row.since < today),
    }

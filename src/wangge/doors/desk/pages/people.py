"""People on record 人员档案: the list, exact search, and the page of one record, whose parts others fill in too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages import care_section, people_plan
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.requests import DeskRequest, language, sent
from wangge.doors.desk.villages import area_of
from wangge.duties.matters import queries as matters
from wangge.duties.observation import rules
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.queries.origins import matters_of
from wangge.duties.observation.queries.people import (
    PersonMark,
    PersonView,
    likely_same,
    people_search,
    person_view,
)
from wangge.duties.observation.queries.people import people as people_page
from wangge.duties.observation.words import DOCUMENT_NAMES, FIELD_NAMES, ROLE_NAMES, STATE_NAMES
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem
from wangge.ground.responses.accesses import unmaskings_of
from wangge.ground.responses.queries import pack_of, response_current

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual


MOST_LOOKS = 100
CORRECTABLE = (
    "name",
    "document",
    "phone",
    "phone_2",
    "address",
    "origin",
    "arrived_on",
    "last_exposure_on",
    "onset_on",
    "note",
)


def require_view(actor: Actor) -> None:
    """Raise NotPermitted for whoever may see records nowhere."""
    if not (may_somewhere(actor, "person.view") or may_somewhere(actor, "clinic.answer")):
        raise NotPermitted(verb="person.view")


def people(request: DeskRequest) -> HttpResponse:
    """The people on record, the newest first, narrowed by role, state, area, or to one's own."""
    require_view(request.actor)
    chosen = _chosen(request.GET)
    area = area_of(chosen["area"])
    page = people_page(
        actor=request.actor,
        role=chosen["role"],
        state="" if chosen["state"] == "all" else chosen["state"] or "active",
        area_id=area.id if area else None,
        own=chosen["own"] == "yes",
        after=read_mark(request.GET.get("after", ""), PersonMark),
    )
    following = urlencode({**_given(chosen), "after": mark_text(page.following)}) if page.following else ""
    context = _frame(request, chosen) | {
        "cards": page.cards,
        "next": f"?{following}" if following else "",
        "first": not request.GET.get("after"),
        "start": "?" + urlencode(_given(chosen)),
        "export": reverse("desk:export", kwargs={"code": "people"}) + "?" + urlencode(_given(chosen)),
    }
    return render(request, "desk/people/list.html", context)


@require_POST
def search(request: DeskRequest) -> HttpResponse:
    """Exact search; what is looked for comes in the body, so that no address holds anything personal."""
    require_view(request.actor)
    context = _frame(request, _chosen(QueryDict())) | {"page_address": reverse("desk:people")}
    try:
        found = people_search(actor=request.actor, response_id=response_current().id, text=sent(request).get("q", ""))
    except Problem as problem:
        context |= {"problem": problem, "problem_text": problem.sentence(language()), "cards": []}
        return render(request, "desk/people/list.html", context, status=problem.status)
    if len(found) == 1:
        return redirect("desk:person", number=found[0].individual.number)
    return render(request, "desk/people/list.html", context | {"cards": found, "searched": True})


def _frame(request: DeskRequest, chosen: dict[str, str]) -> dict[str, Any]:
    return {
        "chosen": chosen,
        "filtered": bool(_given(chosen)),
        "roles": ROLE_NAMES,
        "states": STATE_NAMES,
        "areas": places(request.actor),
        "may_register": may_somewhere(request.actor, "person.register"),
        "may_import": may_somewhere(request.actor, "person.import"),
        "sees_names": may_somewhere(request.actor, "vault.view"),
    }


def _chosen(given: QueryDict) -> dict[str, str]:
    wanted = {name: given.get(name, "") for name in ("role", "state", "area", "own")}
    if wanted["role"] not in ROLE_NAMES:
        wanted["role"] = ""
    if wanted["state"] not in (*STATE_NAMES, "all"):
        wanted["state"] = ""
    return wanted


def _given(chosen: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in chosen.items() if value}


# -- one record --------------------------------------------------------------------------------------


def person(request: DeskRequest, number: str) -> HttpResponse:
    """The page of a record."""
    return record_page(request, individual_by_number(number, actor=request.actor, now=clock.now()))


def record_page(
    request: DeskRequest,
    individual: Individual,
    *,
    problem: Problem | None = None,
    typed: QueryDict | None = None,
    part: str = "",
    **more: Any,
) -> HttpResponse:
    """The page of a record. `part` names the form that could not be taken, with its problem and what was typed."""
    parts = people_plan.section(request, individual) | care_section.section(request, individual)
    context = record_section(request, individual) | parts | more
    context |= {
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
        "typed": typed or QueryDict(),
        "part": part,
        # An answer to a form stands at an address that cannot be fetched: it is refreshed from the record's page.
        "page_address": reverse("desk:person", args=[individual.number]) if part or more else "",
    }
    return render(request, "desk/people/record.html", context, status=problem.status if problem else 200)


def record_section(request: DeskRequest, individual: Individual) -> dict[str, Any]:
    """What the record's own part of the page shows."""
    actor = request.actor
    view = person_view(individual, actor=actor)
    able = {verb: may(actor, f"person.{verb}", individual.area_id) for verb in ("register", "plan", "merge", "check")}
    active = individual.state == "active"
    return {
        "view": view,
        "individual": individual,
        "card": view.card,
        "told": _told(view, actor),
        "corrections": _corrections(view),
        "looks": _looks(view),
        "able": able,
        "active": active,
        "may_unmask": may(actor, "vault.unmask", individual.area_id) and bool(view.card.private),
        "may_hand_over": may(actor, "person.hand_over", individual.area_id),
        "same": likely_same(individual, actor=actor) if able["merge"] and individual.state != "merged" else [],
        "roles": ROLE_NAMES,
        "next_roles": sorted(rules.BECOMES[individual.role], key=list(ROLE_NAMES).index),
        "documents": DOCUMENT_NAMES,
        "correctable": [(code, FIELD_NAMES[code]) for code in CORRECTABLE],
    }


def _told(view: PersonView, actor: Actor) -> list[dict[str, Any]]:
    """For each matter of the record: which agencies were told and when they accepted; who is still to be asked."""
    pack = pack_of(response_current())
    ids = matters_of([view.individual.id, *(one.id for one in view.merged_from)])
    found = []
    for matter, parts in matters.parties(ids, actor=actor):
        kind = pack.kinds.get(matter.kind)
        asked = {part.agency.kind for part in parts}
        waiting = [pack.agencies[code] for code in (kind.lead, *kind.joint) if code not in asked] if kind else []
        waits = waiting if matter.stage in ("push", "triage") else []
        found.append({"matter": matter, "kind": kind, "parts": parts, "waiting": waits})
    return found


def _corrections(view: PersonView) -> list[dict[str, Any]]:
    rows = []
    for row in view.corrections:
        private = view.private.get(row.id, {})
        before, after = private.get("before", row.before), private.get("after", row.after)
        if row.field == "document_kind":
            before, after = (gettext(DOCUMENT_NAMES.get(code, code)) for code in (before, after))
        rows.append({"row": row, "name": gettext(FIELD_NAMES[row.field]), "before": before, "after": after})
    return rows


def _looks(view: PersonView) -> list[dict[str, Any]]:
    """The access record 查阅记录: who looked at the full data, when, at what, and why; the newest first."""
    ids = [view.individual.id, *(one.id for one in view.merged_from)]
    looks = [look for found in unmaskings_of(ids).values() for look in found]
    looks.sort(key=lambda look: look.at, reverse=True)
    return [
        {"look": look, "fields": [FIELD_NAMES[field] for field in look.fields if field in FIELD_NAMES]}
        for look in looks[:MOST_LOOKS]
    ]

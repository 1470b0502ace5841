"""The page of one matter, and the forms on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk import actions, words
from wangge.doors.desk.actions import DEEDS, FITTING, PRIMARY, Call
from wangge.doors.desk.pages.triage import triage_options
from wangge.doors.desk.queue_parts import walk
from wangge.doors.desk.requests import DeskRequest, language, sent, worded
from wangge.doors.desk.templatetags.desk import SOURCE_NAMES
from wangge.duties.matters import queries, rules
from wangge.duties.matters.queries import MatterView
from wangge.duties.matters.services.finishing import METHODS, TOLD
from wangge.duties.matters.services.handling import HAND_BACKS
from wangge.duties.matters.services.pausing import HOLD_REASONS, PARK_REASONS
from wangge.duties.matters.services.triage import DISMISSALS
from wangge.duties.observation.queries.people import people_of_matter
from wangge.ground.accounts import queries as accounts
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted, NotTheHandler, Problem
from wangge.ground.responses import vault
from wangge.ground.responses.queries import pack_by_id
from wangge.spine.messaging.queries import told
from wangge.spine.messaging.templates import CATALOGUE as WORDINGS

if TYPE_CHECKING:
    from wangge.duties.matters.models import Matter
    from wangge.ground.responses.packs.schema import Pack

MOST_TOLD = 200


@dataclass(frozen=True)
class Shown:
    """An action as it stands on the page, with what was typed and what was wrong if it was just tried."""

    code: str
    name: str
    typed: QueryDict
    problem: Problem | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"desk/deeds/{self.code}.html"


@dataclass(frozen=True)
class Tried:
    """A form that could not be taken: which, what it said, why, and how far the person had seen."""

    code: str
    typed: QueryDict
    problem: Problem

    @property
    def seen(self) -> tuple[int, int] | None:
        tx, _, event_id = self.typed.get("seen", "").partition(".")
        try:
            return int(tx), int(event_id)
        except ValueError:
            return None


def matter(request: DeskRequest, number: str) -> HttpResponse:
    """The page of a matter; an old number shows where its matter went."""
    return _page(request, queries.matter_by_number(number, actor=request.actor))


@require_POST
def act(request: DeskRequest, number: str, code: str) -> HttpResponse:
    """Do one action. What cannot be taken comes back with everything that was typed."""
    deed = DEEDS.get(code)
    if deed is None:
        raise NotFound(what=gettext("操作"))
    found = queries.matter_by_number(number, actor=request.actor)
    try:
        deed.run(Call(request.actor, found, sent(request), clock.now()))
    except Problem as problem:
        fresh = queries.matter_by_number(number, actor=request.actor)
        return _page(request, fresh, Tried(code, request.POST, problem))
    return redirect(_address(found, walk(QueryDict(request.POST.get("walk", "")))))


def _address(found: Matter, walked: str) -> str:
    return reverse("desk:matter", kwargs={"number": found.number}) + walked


def _page(request: DeskRequest, found: Matter, tried: Tried | None = None) -> HttpResponse:
    view = queries.matter_view(found, actor=request.actor)
    pack = pack_by_id(view.policy.pack_id)
    shown = _shown(request, view, tried)
    lost = tried if tried and tried.code not in {item.code for item in shown} else None
    first = [item for item in shown if item.code in PRIMARY]
    walked = walk(QueryDict(tried.typed.get("walk", "")) if tried else request.GET)
    timeline = words.timeline(view, pack, seen=tried.seen if tried else None)
    context = {
        "view": view,
        "matter": found,
        "kind": view.policy.kind,
        "private": view.private,
        "sources": SOURCE_NAMES[:-1],
        "first": first,
        "more": [item for item in shown if item.code not in PRIMARY],
        "waits_for": _waits_for(view, request.actor, anything=bool(first)),
        "steps": _steps(view),
        "timeline": timeline,
        "changed": [line for line in timeline if line.fresh],
        "tried": tried,
        "problem_text": tried.problem.sentence(language()) if tried else "",
        "lost_texts": [tried.typed[name] for name in ("text",) if tried and tried.typed.get(name)] if lost else [],
        "told": _told(found.id),
        "seen": _seen(view),
        "walk": walked,
        # An answer to a form stands at an address that cannot be fetched: it is refreshed from its matter's page.
        "page_address": _address(found, walked) if tried else "",
        "may_unmask": queries.may_see_words(request.actor, view.policy, found.area_id)
        and may(request.actor, "vault.unmask", found.area_id),
        "outcome": view.policy.kind.outcome(found.outcome),
        "people": _people(request.actor, found, pack),
    }
    return render(request, "desk/matter.html", context, status=tried.problem.status if tried else 200)


def _people(actor: Actor, found: Matter, pack: Pack) -> dict[str, Any]:
    """The records of people that the matter led to, and whether one may be made from here; nothing for other kinds."""
    observed = {role.kind for role in pack.observation.roles.values()} if pack.observation else set()
    if found.kind not in observed or not may(actor, "person.view", found.area_id):
        return {}
    return {
        "cards": people_of_matter(found.id, actor=actor),
        "may_register": found.stage != "closed" and may(actor, "person.register", found.area_id),
    }


def _seen(view: MatterView) -> str:
    return "{}.{}".format(*view.timeline[-1].position) if view.timeline else ""


def _shown(request: DeskRequest, view: MatterView, tried: Tried | None) -> list[Shown]:
    shown = []
    for deed in actions.open_to(view, request.actor):
        again = tried is not None and tried.code == deed.code
        typed = tried.typed if tried and again else QueryDict()
        problem = tried.problem if tried and again else None
        options = _options(deed.code, view, request.actor, typed)
        shown.append(Shown(deed.code, gettext(deed.name), typed, problem, options))
    return shown


def _options(code: str, view: MatterView, actor: Actor, typed: QueryDict) -> dict[str, Any]:
    """What the form of an action lets one choose from."""
    if code == "triage":
        return triage_options(view, typed)
    if code in FITTING:
        parts = [part for part in actions.parts_of(view, actor) if FITTING[code](part)]
        return {"parts": parts, "choices": _choices(HAND_BACKS)}
    if code == "merge":
        return {"same": queries.likely_same(view.matter, actor=actor)}
    if code == "decide_hold":
        return {"hold": view.hold, "reason": worded(HOLD_REASONS[view.hold.reason]) if view.hold else ""}
    if code == "park":
        return {"choices": _choices(PARK_REASONS), "owners": _owners(view, actor)}
    tables = {
        "verify": METHODS,
        "close": TOLD,
        "dismiss": DISMISSALS,
        "ask_hold": HOLD_REASONS,
    }
    return {"choices": _choices(tables[code])} if code in tables else {}


def _owners(view: MatterView, actor: Actor) -> dict[UUID, str]:
    """Who may own a parked matter: oneself, or somebody of the lead agency."""
    lead = view.matter.lead_id
    people = accounts.people_of_agencies([lead], clock.now()).get(lead, []) if lead else []
    return accounts.person_names([person for person in (actor.person_id, *people) if person])


def _choices(table: dict[str, tuple[str, str]]) -> list[tuple[str, str]]:
    return [(code, worded(pair)) for code, pair in table.items()]


def _steps(view: MatterView) -> list[dict[str, Any]]:
    """The four firsts 四个一 of this matter: done in time or not, under way, or to come."""
    done = {event.data["stage"]: event for event in view.timeline if "in_time" in event.data}
    stage = view.matter.stage
    reached = rules.STAGES.index(stage) if stage in rules.STAGES else (len(rules.STAGES) if stage == "close" else -1)
    steps = []
    for place, name in enumerate(rules.STAGES):
        event = done.get(name)
        state = "now" if place == reached else ("done" if event and (reached < 0 or place < reached) else "todo")
        steps.append(
            {
                "stage": name,
                "state": state,
                "in_time": event.data["in_time"] if event and state == "done" else None,
                "at": event.at if event and state == "done" else None,
            }
        )
    return steps


def _waits_for(view: MatterView, actor: Actor, *, anything: bool) -> str:
    """Whose turn it is, for somebody who has nothing to do here, or may not do what their posts would allow."""
    if actions.barred_from_verifying(view, actor):
        return NotTheHandler().sentence(language())
    if anything:
        return ""
    waiting = [part.agency.name for part in view.involvements if part.ended_at is None and part.worked_at is None]
    return {
        "push": gettext("等待责任岗位确认收到。"),
        "triage": gettext("等待值班台分流。"),
        "coordinate": gettext("等待 %s 办理。") % gettext("、").join(waiting),
        "verify": gettext("等待未参与处置的人员核查。"),
        "close": gettext("等待值班台结案并告知报告人。"),
        "closed": "",
    }[view.matter.stage]


def _told(matter_id: UUID) -> list[dict[str, Any]]:
    """Who was told, on which channel and when: the newest first."""
    rows = told(matter_id)[-MOST_TOLD:]
    return [
        {"row": row, "text": WORDINGS[row.template].text(row.params, exercise=row.exercise, language=language())}
        for row in reversed(rows)
    ]


@require_POST
def unmask(request: DeskRequest, number: str, report_id: UUID) -> HttpResponse:
    """Show one report whole, for a stated reason; the look is journalled, nothing of it is kept in the browser."""
    found = queries.matter_by_number(number, actor=request.actor)
    view = queries.matter_view(found, actor=request.actor)
    report = next((row for row in view.reports if row.id == report_id), None)
    if report is None:
        raise NotFound(what=gettext("上报"))
    if not queries.may_see_words(request.actor, view.policy, found.area_id):
        raise NotPermitted(verb="vault.unmask")
    context = {"view": view, "matter": found, "report": report, "kind": view.policy.kind, "may_unmask": True}
    context["private"] = view.private
    try:
        clear = vault.unmask(
            actor=request.actor,
            area_id=found.area_id,
            subject_id=report.id,
            fields=list(view.private.get(report.id, {})),
            reason=sent(request).get("reason", ""),
            now=clock.now(),
        )
        context |= {"clear": True, "private": {report.id: clear}}
    except Problem as problem:
        reason = request.POST.get("reason", "")
        context |= {"problem": problem, "problem_text": problem.sentence(language()), "reason": reason}
    return render(request, "desk/report.html", context)

"""The register of venues 场所台账: the list, the page of one, registering, putting right, taking off and up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from wangge.doors.desk.codes import code_of
from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import (
    DeskRequest,
    degrees,
    new_key,
    said,
    sent,
    taken_once,
    whole_number,
)
from wangge.doors.desk.villages import area_of, chosen_area, own_area
from wangge.duties.matters.queries import numbers
from wangge.duties.venues.queries import lodging, readiness
from wangge.duties.venues.queries import register as queries
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services import lodging as counts
from wangge.duties.venues.services import register as services
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, Problem, VenueKnown
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.ground.responses.queries import response_current

if TYPE_CHECKING:
    from wangge.duties.venues.models import Venue

GROUPS = {"entertainment": "娱乐场所", "lodging": "旅业", "site": "重点单位", "trade": "商贸"}
STATES = {"open": "可营业", "limited": "限制营业", "closed": "责令停业", "ended": "已注销"}
FIELD_NAMES = {"operator": "经营者", "contact_name": "联系人", "contact_phone": "联系电话"}
ABLE = ("venue.manage", "venue.visit", "lodging.report", "readiness.record", "vault.unmask")


def require_view(actor: Actor) -> None:
    """Raise NotPermitted for whoever may see venues nowhere."""
    if not may_somewhere(actor, "venue.view"):
        raise NotPermitted(verb="venue.view")


def rules_now() -> tuple[Pack, VenuesDef]:
    """The pack followed now and what it says of venues. Raises VenuesUnfitted."""
    return queries.pack_for(response_current().id)


def venues(request: DeskRequest) -> HttpResponse:
    """The venues in the order of their numbers, narrowed by group, kind, state, area, name, or to those to be seen
    again."""
    require_view(request.actor)
    _, plan = rules_now()
    chosen = _chosen(request.GET, plan)
    area = area_of(chosen["area"])
    page = queries.venues(
        actor=request.actor,
        response_id=response_current().id,
        group=chosen["group"],
        kind=chosen["kind"],
        state=chosen["state"],
        area_id=area.id if area else None,
        text=chosen["q"],
        recheck=chosen["recheck"] == "yes",
        after=request.GET.get("after", ""),
    )
    given = {name: value for name, value in chosen.items() if value}
    counted = queries.counts(actor=request.actor, response_id=response_current().id, area_id=area.id if area else None)
    context = {
        "venues": page.venues,
        "kinds": plan.kinds,
        "items": plan.items,
        "chosen": chosen,
        "filtered": bool(given),
        "groups": GROUPS,
        "states": STATES,
        "tiles": _tiles(counted),
        "areas": places(request.actor),
        "next": "?" + urlencode({**given, "after": page.following}) if page.following else "",
        "first": not request.GET.get("after"),
        "start": "?" + urlencode(given),
        "export": reverse("desk:export", kwargs={"code": "venues"}) + "?" + urlencode(given),
        "may_manage": may_somewhere(request.actor, "venue.manage"),
        "now": clock.now(),
    }
    return render(request, "desk/venues/list.html", context)


def _chosen(given: QueryDict, plan: VenuesDef) -> dict[str, str]:
    wanted = {name: given.get(name, "") for name in ("group", "kind", "state", "area", "q", "recheck")}
    wanted["group"] = wanted["group"] if wanted["group"] in GROUPS else ""
    wanted["kind"] = wanted["kind"] if wanted["kind"] in plan.kinds else ""
    wanted["state"] = wanted["state"] if wanted["state"] in STATES else ""
    return wanted


def _tiles(counted: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """How many venues of each group there are, and how many of these are closed or limited."""
    found = []
    for code, name in GROUPS.items():
        states = {state: number for (group, state), number in counted.items() if group == code and state != "ended"}
        if states:
            held = {STATES[state]: states[state] for state in ("closed", "limited") if states.get(state)}
            found.append({"code": code, "name": name, "total": sum(states.values()), "held": held})
    return found


# -- one venue ---------------------------------------------------------------------------------------


def venue(request: DeskRequest, number: str) -> HttpResponse:
    """The page of a venue."""
    return venue_page(request, queries.venue_by_number(number, actor=request.actor))


def venue_page(
    request: DeskRequest,
    found: Venue,
    *,
    problem: Problem | None = None,
    typed: QueryDict | None = None,
    part: str = "",
    **more: Any,
) -> HttpResponse:
    """The page of a venue. `part` names the form that could not be taken, with its problem and what was typed."""
    pack, plan = queries.pack_for(found.response_id)
    view = queries.venue_view(found, actor=request.actor)
    context = {
        "view": view,
        "venue": found,
        "kind": plan.kinds.get(found.kind),
        "standard": plan.standard.get(plan.kinds[found.kind].standard) if found.kind in plan.kinds else None,
        "plan": plan,
        "agencies": pack.agencies,
        "able": {verb.replace(".", "_"): may(request.actor, verb, found.area_id) for verb in ABLE},
        "groups": GROUPS,
        "fields": FIELD_NAMES,
        "today": clock.local(clock.now()).date(),
        "now": clock.now(),
        "problem": problem,
        "problem_text": said(problem),
        "typed": typed or QueryDict(),
        "part": part,
    }
    if found.group == "lodging":
        context["counts"] = lodging.last_counts(found)
        context["gaps"] = _gaps(found)
    if plan.readiness and found.kind in plan.readiness.kinds:
        context |= dict(zip(("readiness", "looks", "returners"), readiness.readiness_of(found), strict=True))
        context["ready_items"] = plan.readiness.items_of(found.kind)
        context["ready_approvals"] = plan.readiness.approvals
        context["typed_met"] = typed.getlist("met") if typed else []
    status = problem.status if problem else 200
    return render(request, "desk/venues/venue.html", context | more, status=status)


def _gaps(found: Venue) -> list[dict[str, Any]]:
    """The days that a place had not reported by the hour, with the numbers of the matters they became."""
    gaps = lodging.gaps_of(found)
    known = numbers([gap.matter_id for gap in gaps if gap.matter_id])
    return [{"gap": gap, "matter": known.get(gap.matter_id, "") if gap.matter_id else ""} for gap in gaps]


@sensitive_variables("clear")
@require_POST
def unmask(request: DeskRequest, number: str) -> HttpResponse:
    """The contacts in clear, for a stated reason; the look is journalled before they are shown."""
    found = queries.venue_by_number(number, actor=request.actor)
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
        return venue_page(request, found, problem=problem, typed=request.POST, part="unmask")
    return venue_page(request, found, clear=clear)


@sensitive_variables("secret")
@require_POST
def deed(request: DeskRequest, number: str, deed: str) -> HttpResponse:
    """Take a venue off the register or up again, or hand out its link."""
    found = queries.venue_by_number(number, actor=request.actor)
    upon: dict[str, Any] = {"actor": request.actor, "venue_id": found.id, "now": clock.now()}
    try:
        if deed == "end":
            services.venue_end(**upon, version=whole_number(sent(request).get("version", ""), "version"))
        elif deed == "resume":
            services.venue_resume(**upon, version=whole_number(sent(request).get("version", ""), "version"))
        elif deed == "link":
            secret = counts.link_make(**upon)
            return venue_page(request, found, link=_link(request, secret), link_svg=_code(request, secret))
        else:
            raise NotFound(what=deed)
    except (NotPermitted, NotFound):
        raise
    except Problem as problem:
        return venue_page(request, found, problem=problem, typed=request.POST, part=deed)
    return redirect("desk:venue", number=found.number)


def _link(request: DeskRequest, secret: str) -> str:
    return request.build_absolute_uri(reverse("desk:lodging_link", kwargs={"secret": secret}))


def _code(request: DeskRequest, secret: str) -> SafeString:
    return code_of(_link(request, secret))


# -- registering and putting right -------------------------------------------------------------------


def new(request: DeskRequest) -> HttpResponse:
    """The form, and taking what it sends: a second click with the same key makes no second venue."""
    if not may_somewhere(request.actor, "venue.manage"):
        raise NotPermitted(verb="venue.manage")
    if request.method != "POST":
        return _form(request, _blank(request))
    return taken_once(
        request,
        lambda form: _register(request.actor, form),
        lambda form, problem: _form(request, form, problem),
        lambda answer: redirect("desk:venue", number=answer["number"]),
    )


def _register(actor: Actor, form: QueryDict) -> dict[str, Any]:
    made = services.venue_register(
        actor=actor,
        response_id=response_current().id,
        draft=draft_of(form, chosen_area(actor, form, "venue.manage")),
        now=clock.now(),
        not_the_same=form.get("other") == "yes",
    )
    return {"number": made.number}


def draft_of(form: QueryDict, area_id: Any) -> VenueDraft:
    """What a form says of a venue. Raises InputInvalid."""
    size = form.get("size", "").strip()
    return VenueDraft(
        kind=form.get("kind", ""),
        area_id=area_id,
        name=form.get("name", ""),
        address=form.get("address", ""),
        lon=degrees(form.get("lon", ""), "lon"),
        lat=degrees(form.get("lat", ""), "lat"),
        size=whole_number(size, "size") if size else None,
        operator=form.get("operator", ""),
        contact_name=form.get("contact_name", ""),
        contact_phone=form.get("contact_phone", ""),
    )


def _blank(request: DeskRequest) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"key": new_key(), "kind": request.GET.get("kind", "")})
    area = own_area(request.actor, "venue.manage")
    if area is not None:
        form.update({"area": area.code, "area_name": area.name})
    return form


def _form(request: DeskRequest, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    _, plan = rules_now()
    context = {
        "typed": form,
        "groups": [(GROUPS[group], plan.in_group(group)) for group in GROUPS if plan.in_group(group)],
        "problem": problem,
        "problem_text": said(problem),
        "known": isinstance(problem, VenueKnown),
    }
    return render(request, "desk/venues/new.html", context, status=problem.status if problem else 200)


def change(request: DeskRequest, number: str) -> HttpResponse:
    """Put right what the register says."""
    found = queries.venue_by_number(number, actor=request.actor)
    if not may(request.actor, "venue.manage", found.area_id):
        raise NotPermitted(verb="venue.manage")
    if request.method != "POST":
        return _change_form(request, found, _said(found))
    try:
        services.venue_change(
            actor=request.actor,
            venue_id=found.id,
            draft=draft_of(sent(request), found.area_id),
            version=whole_number(request.POST.get("version", ""), "version"),
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return _change_form(request, found, request.POST, problem)
    return redirect("desk:venue", number=found.number)


def _said(found: Venue) -> QueryDict:
    form = QueryDict(mutable=True)
    said = {name: getattr(found, name) for name in ("kind", "name", "address", "lon", "lat", "size", "version")}
    form.update({name: "" if value is None else str(value) for name, value in said.items()})
    return form


def _change_form(request: DeskRequest, found: Venue, form: QueryDict, problem: Problem | None = None) -> HttpResponse:
    _, plan = queries.pack_for(found.response_id)
    context = {
        "typed": form,
        "venue": found,
        "groups": [(GROUPS[found.group], plan.in_group(found.group))],
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/venues/new.html", context, status=problem.status if problem else 200)

"""The monitoring board 监测看板: who is missing, due and done, and checks entered for many people on one page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.requests import DeskRequest, reference
from wangge.duties.observation import rules
from wangge.duties.observation.queries import board as queries
from wangge.duties.observation.queries.board import SHOWS, BoardMark
from wangge.duties.observation.queries.facilities import facilities
from wangge.duties.observation.services.checks import CheckDraft, checks_make_many
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import CheckTaken, InputInvalid, NotFound, NotPermitted, Problem
from wangge.ground.responses.queries import pack_of, response_current

MARK = "t_"


def board(request: DeskRequest) -> HttpResponse:
    """The board, narrowed by area, facility and what is to be done."""
    return _page(request, request.GET)


def _page(
    request: DeskRequest, chosen: QueryDict, typed: QueryDict | None = None, problems: dict[str, Problem] | None = None
) -> HttpResponse:
    if not may_somewhere(request.actor, "person.view"):
        raise NotPermitted(verb="person.view")
    show = chosen.get("show", "") if chosen.get("show", "") in SHOWS else ""
    area = tree().by_code(chosen.get("area", "")) if chosen.get("area") else None
    if chosen.get("area") and area is None:
        raise NotFound(what=f"区域 {chosen['area']}")
    facility_id = reference(facility, "facility") if (facility := chosen.get("facility", "")) else None
    kept = {"area": area.code if area else "", "facility": str(facility_id or "")}
    page = queries.board(
        actor=request.actor,
        now=clock.now(),
        area_id=area.id if area else None,
        facility_id=facility_id,
        show=show,
        after=read_mark(chosen.get("after", ""), BoardMark),
    )
    observed = pack_of(response_current()).observation
    following = {"show": show, **kept, "after": mark_text(page.following)} if page.following else {}
    context = {
        "page": page,
        "tabs": _tabs(page.totals, show, kept),
        "chosen": kept | {"show": show},
        "areas": places(request.actor),
        "facilities": facilities(actor=request.actor),
        "symptoms": observed.symptoms if observed else {},
        "next": "?" + urlencode(following) if following else "",
        "first": not chosen.get("after"),
        "start": _to(show, kept),
        "saved": chosen.get("saved", ""),
        "may_check": may_somewhere(request.actor, "person.check"),
        "may_release": may_somewhere(request.actor, "person.plan"),
        "typed": typed or {},
        "problems": problems or {},
    }
    status = next(iter(problems.values())).status if problems else 200
    return render(request, "desk/people/board.html", context, status=status)


def _tabs(totals: dict[str, int], show: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    return [{"show": one, "count": totals[one or "all"], "on": one == show, "to": _to(one, kept)} for one in SHOWS]


def _to(show: str, kept: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in {"show": show, **kept}.items() if value})


@require_POST
def board_save(request: DeskRequest) -> HttpResponse:
    """Enter a check for everybody for whom something was filled in; what cannot be taken stays in its field."""
    form = request.POST
    drafts, problems = _read(form)
    people = list(drafts)
    results = checks_make_many(actor=request.actor, drafts=list(drafts.items()), now=clock.now())
    for who, draft, result in zip(people, drafts.values(), results, strict=True):
        if isinstance(result, Problem) and not _own_second_click(request, draft, result):
            problems[str(who)] = result
    saved = len(people) - len([who for who in people if str(who) in problems])
    chosen = {name: form.get(name, "") for name in ("show", "area", "facility")}
    if problems:
        back = QueryDict(mutable=True)
        back.update(chosen | {"saved": str(saved or "")})
        return _page(request, back, form, problems)
    address = {name: value for name, value in (chosen | {"saved": str(saved)}).items() if value}
    return redirect(f"{reverse('desk:board')}?{urlencode(address)}")


def _read(form: QueryDict) -> tuple[dict[UUID, CheckDraft], dict[str, Problem]]:
    drafts: dict[UUID, CheckDraft] = {}
    problems: dict[str, Problem] = {}
    for name in form:
        text, symptom = form.get(name, "").strip(), form.get(f"s_{name.removeprefix(MARK)}", "")
        if not name.startswith(MARK) or not (text or symptom):
            continue
        who = reference(name.removeprefix(MARK), "person")
        try:
            drafts[who] = CheckDraft(temperature(text), [symptom] if symptom else [])
        except InputInvalid as problem:
            problems[str(who)] = problem
    return drafts, problems


def temperature(text: str) -> int | None:
    """A temperature as people type it: 36.5, 36。5, or in haste 365; None where nothing is typed."""
    text = text.strip().replace("。", ".").replace("，", ".").replace(",", ".").removesuffix("℃")
    if not text:
        return None
    try:
        return rules.tenths(float(text) / 10 if len(text) == 3 and text.isdigit() else text)
    except (ValueError, OverflowError):
        raise InputInvalid(
            field="temperature",
            why_zh=f"体温须在 {rules.LOWEST_TENTHS / 10}～{rules.HIGHEST_TENTHS / 10}℃ 之间，请核对后重填。",
            why_en=f"A temperature lies between {rules.LOWEST_TENTHS / 10} and {rules.HIGHEST_TENTHS / 10} °C.",
        ) from None


def _own_second_click(request: DeskRequest, draft: CheckDraft, problem: Problem) -> bool:
    """Whether a check is there already because this very form was sent twice."""
    return (
        isinstance(problem, CheckTaken)
        and problem.details["person"] == str(request.actor.person_id)
        and problem.details["tenths"] == draft.temperature_tenths
    )

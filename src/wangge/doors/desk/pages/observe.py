"""The page behind a person's own link 本人填报: today's checks, and the form for the next, without an account.

It shows nobody's name and works without scripts. Who tries links that do not exist is slowed down by address; a link
that was good here before is let through, so that a neighbour who guesses locks nobody out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from wangge.doors.api.limits import Buckets
from wangge.doors.desk.middleware import open_to_all
from wangge.doors.desk.pages.board import temperature
from wangge.doors.desk.requests import sent
from wangge.doors.desk.rules import client_address
from wangge.duties.observation import rules
from wangge.duties.observation.services.checks import CheckDraft
from wangge.duties.observation.services.links import LinkView, link_check, link_view
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import CheckTaken, LinkUnknown, Problem, TooManyRequests
from wangge.ground.kernel.secret import digest_of

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
# A mistyped address now and then costs nobody anything; guessing comes to two tries a minute.
WRONG = Buckets(rate=1 / 30, burst=20)
MOST_KNOWN = 100_000
_known: dict[str, None] = {}


@csrf_exempt  # the secret in the address is what gives the right, there is no cookie that a stranger could use
@open_to_all
@sensitive_variables("secret")
def observe(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of a link, and what is sent from it."""
    if "en" in request.GET:
        translation.activate("en")
        request.LANGUAGE_CODE = "en"
    now = clock.now()
    try:
        view = _opened(request, secret)
        if request.method != "POST":
            return _page(request, view, said=request.GET.get("said", ""))
        try:
            link_check(secret=secret, draft=draft_of(sent(request)), now=now)
        except CheckTaken:
            return _again(request, secret, "taken")
        except LinkUnknown:
            raise
        except Problem as problem:
            return _page(request, view, problem=problem, typed=request.POST)
        return _again(request, secret, "saved")
    except (LinkUnknown, TooManyRequests) as problem:
        return _answer(request, {"gone": problem}, problem.status)


def draft_of(form: QueryDict) -> CheckDraft:
    """What the form of a link says. Raises InputInvalid."""
    return CheckDraft(
        temperature(form.get("temperature", "")), form.getlist("symptoms"), note=form.get("note", "").strip()
    )


def known(digest: str) -> bool:
    """Whether a link was good in this process before."""
    return digest in _known


def _opened(request: HttpRequest, secret: str) -> LinkView:
    digest = digest_of(secret)
    address = client_address(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
    )
    wait = WRONG.wait(address, time.monotonic())
    if wait and digest not in _known:
        raise TooManyRequests(retry_after=wait)
    try:
        view = link_view(secret=secret, day=clock.local(clock.now()))
    except LinkUnknown:
        _known.pop(digest, None)
        WRONG.take(address, time.monotonic())
        raise
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[digest] = None
    return view


def _again(request: HttpRequest, secret: str, said: str) -> HttpResponse:
    english = "&en" if "en" in request.GET else ""
    return _guarded(redirect(f"{reverse('desk:observe', kwargs={'secret': secret})}?said={said}{english}"))


def _page(
    request: HttpRequest, view: LinkView, said: str = "", problem: Problem | None = None, typed: QueryDict | None = None
) -> HttpResponse:
    plan, now = view.plan, clock.now()
    today = clock.local(now).date()
    open_slot = rules.slot_open(now, plan.slots, clock.LOCAL)[1] if plan.slots else 0
    slots = [_slot(view, number, open_slot, now) for number in range(len(plan.slots))]
    context = {
        "view": view,
        "plan": plan,
        "slots": slots,
        "over": today > plan.ends_on,
        "ward": plan.setting == "hospital",
        "done": open_slot in view.today,
        "said": said,
        "problem": problem,
        "typed": typed or {},
        "chosen": typed.getlist("symptoms") if typed else [],
        "english": "en" in request.GET,
        "days_left": max((plan.ends_on - today).days, 0),
    }
    return _answer(request, context, problem.status if problem else 200)


def _slot(view: LinkView, number: int, open_slot: int, now: Any) -> dict[str, Any]:
    check, until = view.today.get(number), view.plan.slots[number]
    due = rules.due_at(clock.local(now).date(), until, clock.LOCAL)
    state = "made" if check else ("open" if due > view.plan.started_at and number == open_slot else "")
    if not state:
        state = "before" if due <= view.plan.started_at else "missed" if due <= now else "later"
    return {"until": until, "state": state, "tenths": check.temperature_tenths if check else None}


def _answer(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return _guarded(render(request, "desk/people/observe.html", context, status=status))


def _guarded(response: HttpResponse, headers: Sequence[tuple[str, str]] = tuple(HEADERS.items())) -> HttpResponse:
    for name, value in headers:
        response[name] = value
    return response

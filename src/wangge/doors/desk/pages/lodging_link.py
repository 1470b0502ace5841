"""The page behind a lodging place's own link 店内填报: the day's counts, without an account.

It shows nobody's name and works without scripts. Who tries links that do not exist is slowed down by address, as
those of the links for checks are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from wangge.doors.desk.links import guarded, in_its_language, opened
from wangge.doors.desk.middleware import open_to_all
from wangge.doors.desk.requests import day_of, sent, whole_number
from wangge.duties.venues.services.lodging import DAYS_BACK, LinkView, link_report, link_view
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import Problem, TooManyRequests, VenueLinkUnknown


@csrf_exempt  # the secret in the address is what gives the right, there is no cookie that a stranger could use
@open_to_all
@sensitive_variables("secret")
def lodging_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of a link, and what is sent from it."""
    in_its_language(request)
    try:
        view = opened(request, lambda: link_view(secret=secret, now=clock.now()), VenueLinkUnknown)
        if request.method != "POST":
            return _page(request, view, said=request.GET.get("said", ""))
        try:
            form = sent(request)
            link_report(
                secret=secret,
                **{name: whole_number(form.get(name, ""), name) for name in ("guests", "registered", "uploaded")},
                day=day_of(form, "day"),
                now=clock.now(),
            )
        except VenueLinkUnknown:
            raise
        except Problem as problem:
            return _page(request, view, problem=problem, typed=request.POST)
        english = "&en" if "en" in request.GET else ""
        address = reverse("desk:lodging_link", kwargs={"secret": secret})
        return guarded(redirect(f"{address}?said=saved{english}"))
    except (VenueLinkUnknown, TooManyRequests) as problem:
        return _answer(request, {"gone": problem}, problem.status)


def _page(
    request: HttpRequest, view: LinkView, said: str = "", problem: Problem | None = None, typed: QueryDict | None = None
) -> HttpResponse:
    today = clock.local(clock.now()).date()
    context: dict[str, Any] = {
        "view": view,
        "today": today,
        "days": [today - timedelta(days=back) for back in range(DAYS_BACK + 1)],
        "said": said,
        "problem": problem,
        "typed": typed or {},
        "english": "en" in request.GET,
    }
    return _answer(request, context, problem.status if problem else 200)


def _answer(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return guarded(render(request, "desk/venues/link.html", context, status=status))

"""The page behind the link of a drill's message 演练应答: one big button, without an account.

Opening it answers nothing: scanners of mail and previews of links open what they find. It shows nobody's name and
works without scripts.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from wangge.doors.desk.links import guarded, in_its_language, opened
from wangge.doors.desk.middleware import open_to_all
from wangge.duties.drills.services import link_answer, link_view
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import DrillLinkUnknown, DrillOver, TooManyRequests


@csrf_exempt  # the secret in the address is what gives the right, there is no cookie that a stranger could use
@open_to_all
@sensitive_variables("secret")
def drill_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of a link, and the answer sent from it."""
    english, now = in_its_language(request), clock.now()
    try:
        view = opened(request, lambda: link_view(secret=secret, now=now), DrillLinkUnknown)
        if request.method != "POST":
            return _page(request, {"view": view, "english": english}, 200)
        link_answer(secret=secret, now=now)
    except DrillOver:
        return _page(request, {"view": view, "english": english}, 409)
    except (DrillLinkUnknown, TooManyRequests) as problem:
        return _page(request, {"gone": problem, "english": english}, problem.status)
    address = reverse("desk:drill_link", kwargs={"secret": secret})
    return guarded(redirect(f"{address}?en" if english else address))


def _page(request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
    return guarded(render(request, "desk/drills/link.html", context, status=status))

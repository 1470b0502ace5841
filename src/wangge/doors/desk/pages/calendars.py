"""One's own duties in one's own calendar 日历订阅: the link is made and withdrawn here, and calendars fetch it here."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from wangge.doors.desk.calendarfile import calendar_file
from wangge.doors.desk.codes import code_of
from wangge.doors.desk.links import opened
from wangge.doors.desk.middleware import open_to_all
from wangge.doors.desk.pages.duties import duties_page
from wangge.doors.desk.pages.observe import HEADERS
from wangge.doors.desk.requests import DeskRequest, language
from wangge.duties.rosters.queries.calendars import calendar_of
from wangge.duties.rosters.services.calendars import calendar_make, calendar_withdraw
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import CalendarUnknown, TooManyRequests


@require_POST
@sensitive_variables("secret", "link")
def calendar_new(request: DeskRequest) -> HttpResponse:
    """Make one's link, or a new one in the place of the old; it is shown this once."""
    secret = calendar_make(actor=request.actor, now=clock.now())
    link = request.build_absolute_uri(reverse("desk:calendar_feed", kwargs={"secret": secret}))
    return duties_page(request, link=link, link_svg=code_of(link), page_address=reverse("desk:duties"))


@require_POST
def calendar_end(request: DeskRequest) -> HttpResponse:
    """Withdraw one's link."""
    calendar_withdraw(actor=request.actor, now=clock.now())
    return redirect("desk:duties")


@open_to_all
@require_safe
@sensitive_variables("secret")
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The duties behind a link as a calendar; nothing new where the program has the same already."""
    try:
        found = opened(request, lambda: calendar_of(secret=secret, now=clock.now()), CalendarUnknown)
    except (CalendarUnknown, TooManyRequests) as problem:
        said, plain = problem.sentence(language()), "text/plain; charset=utf-8"
        answer = HttpResponse(said, content_type=plain, status=problem.status, headers=HEADERS)
        if isinstance(problem, TooManyRequests):
            answer["Retry-After"] = str(problem.details["retry_after"])
        return answer
    content = calendar_file(found)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = HEADERS | {"Cache-Control": "private, no-cache", "ETag": etag}
    answer = HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=answer) or answer

"""In-app messages, the newest first."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.requests import DeskRequest, language
from wangge.duties.drills.events import SAY_TEST
from wangge.duties.drills.queries import own_tests
from wangge.duties.drills.services import drill_answer
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotFound
from wangge.spine.messaging import queries
from wangge.spine.messaging.services import mark_read
from wangge.spine.messaging.templates import CATALOGUE

PAGE = 30


def inbox(request: DeskRequest) -> HttpResponse:
    """A page of one's own messages, each with its matter."""
    try:
        before = UUID(request.GET["before"]) if request.GET.get("before") else None
    except ValueError:
        before = None
    rows = queries.inbox(request.user.pk, before=before, limit=PAGE + 1)
    tests = {row.id: UUID(row.params["test"]) for row in rows[:PAGE] if row.template == SAY_TEST}
    answered = own_tests(request.user.pk, tests.values(), clock.now())
    shown = [
        {
            "row": row,
            "text": CATALOGUE[row.template].text(row.params, exercise=row.exercise, language=language()),
            "to_answer": tests.get(row.id) in answered and answered[tests[row.id]] is None,
            "answered": answered.get(tests[row.id]) if row.id in tests else None,
        }
        for row in rows[:PAGE]
    ]
    return render(
        request, "desk/inbox.html", {"rows": shown, "before": rows[PAGE - 1].id if len(rows) > PAGE else None}
    )


@require_POST
def read_all(request: DeskRequest) -> HttpResponse:
    """Mark every message of one's own as read."""
    mark_read(actor=request.actor, delivery_ids=None, now=clock.now())
    return redirect("desk:inbox")


@require_POST
def answer(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    """Answer a drill's message in one click, which reads it too."""
    message, now = queries.message_of(request.user.pk, delivery_id), clock.now()
    if message is None or message.template != SAY_TEST:
        raise NotFound(what="演练消息")
    drill_answer(actor=request.actor, test_id=UUID(message.params["test"]), now=now)
    mark_read(actor=request.actor, delivery_ids=[delivery_id], now=now)
    return redirect("desk:inbox")


@require_POST
def open_message(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    """Mark one message of one's own as read and go where it leads."""
    mark_read(actor=request.actor, delivery_ids=[delivery_id], now=clock.now())
    message = queries.message_of(request.user.pk, delivery_id)
    if message is None:
        return redirect("desk:inbox")
    return redirect(CATALOGUE[message.template].path(message.params))

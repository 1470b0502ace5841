"""In-app messages, the newest first."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from wangge.doors.desk.requests import DeskRequest, language
from wangge.ground.kernel import clock
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
    shown = [
        {"row": row, "text": CATALOGUE[row.template].text(row.params, exercise=row.exercise, language=language())}
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
def open_message(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    """Mark one message of one's own as read and go where it leads."""
    mark_read(actor=request.actor, delivery_ids=[delivery_id], now=clock.now())
    message = queries.message_of(request.user.pk, delivery_id)
    if message is None:
        return redirect("desk:inbox")
    return redirect(CATALOGUE[message.template].path(message.params))

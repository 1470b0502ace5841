"""The stream of live updates, and the door to it."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from wangge.doors.desk import live
from wangge.doors.desk.requests import DeskRequest
from wangge.ground.accounts.queries import actor_of, people
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import LiveBusy


async def stream(request: DeskRequest) -> HttpResponseBase:
    """Server-sent events from `Last-Event-ID` on, or from `after` where a page opens its first stream.

    `queue` is the query of the queue that the page shows, if it shows one.
    """
    follow = live.tailer()
    if len(follow.listeners) >= live.MOST_PAGES:
        raise LiveBusy()
    came = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    user = await request.auser()
    allowed = partial(still_allowed, str(user.pk), request.session.session_key or "", type(request.session))
    actor = await follow.ask(allowed)
    if actor is None:
        return HttpResponse(status=401)
    queue = (request.GET["queue"], request.LANGUAGE_CODE) if "queue" in request.GET else None
    answer = StreamingHttpResponse(
        live.stream(actor, live.read_position(came), allowed, follow=follow, queue=queue),
        content_type="text/event-stream",
    )
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def still_allowed(person_id: str, session_key: str, store: type) -> Actor | None:
    """The person with today's rights, or None once signed out or no longer active."""
    person = people().filter(id=person_id, is_active=True).first()
    if person is None or not store().exists(session_key):
        return None
    return actor_of(person, clock.now())

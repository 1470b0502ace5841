"""The door to the stream of live updates."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from wangge.doors.desk import live
from wangge.doors.desk.lead import Asked, still_allowed, worker
from wangge.doors.desk.requests import DeskRequest
from wangge.ground.kernel.problems import LiveBusy


async def stream(request: DeskRequest) -> HttpResponseBase:
    """Server-sent events from `Last-Event-ID` on, or from `after` where a page opens its first stream.

    `queue` is the query of the queue that the page shows, if it shows one.
    """
    here = worker()
    if here.pages >= live.MOST_PAGES:
        raise LiveBusy()
    user = await request.auser()
    asked = Asked(
        person_id=str(user.pk),
        session_key=request.session.session_key or "",
        after=request.headers.get("Last-Event-ID") or request.GET.get("after", ""),
        spoken=request.LANGUAGE_CODE,
        queue=request.GET.get("queue"),
    )
    if await sync_to_async(still_allowed)(asked) is None:
        return HttpResponse(status=401)
    answer = StreamingHttpResponse(here.follow(asked), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer

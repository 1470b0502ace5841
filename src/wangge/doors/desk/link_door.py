"""The fast way in for checks by link: POST /c/<secret> as bare ASGI, in front of Django's middleware.

At ten in the morning a whole city reports. What can be taken is written together with what else waits, as reports
are; everything else, a mistyped temperature or a link that does not exist, is left to the page, which has the words.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.http import QueryDict

from wangge.doors.api.intake import App, HungUp, Receive, Scope, Send, answer, body_read
from wangge.doors.api.writer import Writer
from wangge.doors.desk.pages import observe
from wangge.doors.desk.rules import client_address
from wangge.duties.observation.services.checks import CheckDraft
from wangge.duties.observation.services.links import link_checks
from wangge.ground.kernel.problems import BodyTooLarge, CheckTaken, Overloaded, Problem, Unexpected
from wangge.ground.kernel.secret import digest_of

log = logging.getLogger(__name__)
PREFIX = "/c/"
LARGEST_FORM = 16 * 1024
LinkSent = tuple[str, CheckDraft]
_writer: Writer | None = None


def links_in_front_of(app: App) -> App:
    """The app with the fast way for links in front of it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PREFIX):
            await _take(app, scope, receive, send)
        else:
            await app(scope, receive, send)

    return application


async def _take(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        body = await body_read(receive, LARGEST_FORM)
        said = await _said(scope, body)
    except HungUp:
        return
    except BodyTooLarge:
        await answer(send, 413, {"Content-Type": "text/plain"}, b"")
        return
    except Overloaded:
        await answer(send, 503, {"Content-Type": "text/plain", "Retry-After": "1"}, b"")
        return
    if said:
        english = "&en" if b"en" in scope["query_string"].split(b"&") else ""
        await answer(send, 303, {**observe.HEADERS, "Location": f"{scope['path']}?said={said}{english}"}, b"")
    else:
        await app(scope, _again(body, receive), send)


async def _said(scope: Scope, body: bytes) -> str:
    """What became of a check that could be taken: "saved" or "taken"; "" for all that the page has to answer."""
    secret = scope["path"].removeprefix(PREFIX)
    if _slowed_down(scope, secret):
        return ""
    try:
        draft = observe.draft_of(QueryDict(body))
    except (Problem, ValueError):
        return ""
    [result] = await links_writer().put([(secret, draft)])
    if isinstance(result, CheckTaken):
        return "taken"
    return "" if isinstance(result, Problem) else "saved"


def _slowed_down(scope: Scope, secret: str) -> bool:
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    address = client_address((scope.get("client") or ("",))[0], forwarded, settings.TRUSTED_PROXIES)
    return bool(observe.WRONG.wait(address, time.monotonic())) and not observe.known(digest_of(secret))


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, given once more; then whatever the client says."""
    given: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> MutableMapping[str, Any]:
        return given.pop() if given else await receive()

    return replay


def links_take(sent: Sequence[LinkSent], now: datetime) -> list[Any]:
    """Take the checks that wait in one transaction; where that fails, each alone, so that none sinks another."""
    try:
        return link_checks(sent=sent, now=now)
    except (DatabaseError, InterfaceError):
        connection.close()
    except Exception:
        log.exception("checks by link could not be taken together")
    # What cannot be taken alone either is left to the page, which says why.
    return [links_take([one], now)[0] for one in sent] if len(sent) > 1 else [Unexpected()]


def links_writer() -> Writer:
    """The writer of the running event loop, started on first use."""
    global _writer
    if _writer is None or _writer.loop is not asyncio.get_running_loop():
        _writer = Writer(settings.API_WAITING, links_take, "links")
    return _writer


async def close_links() -> None:
    """Write what waits and end, when the server goes down."""
    global _writer
    if _writer is not None and _writer.loop is asyncio.get_running_loop():
        await _writer.close()
    _writer = None

"""The web application: Django, with the hot doors for reports, checks by link and forms in front of it."""

from __future__ import annotations

import gc
import os
import sys
import threading
from typing import cast

import django
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
django.setup()

# Models exist only after the set-up.
from wangge.doors.api.intake import App, Receive, Scope, Send, close_doors, in_front_of  # noqa: E402
from wangge.doors.api.writer import writer  # noqa: E402
from wangge.doors.desk.lead import close_streams, end_on_signals  # noqa: E402
from wangge.doors.desk.link_door import close_links, links_in_front_of  # noqa: E402
from wangge.doors.field.door import close_field, field_in_front_of  # noqa: E402
from wangge.doors.turns import close_threads, in_turn  # noqa: E402

SWITCH_SECONDS = 0.0005

_http = in_front_of(field_in_front_of(links_in_front_of(in_turn(cast(App, get_asgi_application())))), "/api/v1")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request; on a server's start and stop begin and end what runs beside the requests."""
    if scope["type"] != "lifespan":
        await _http(scope, receive, send)
        return
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            # What was loaded at the start stays for good; looking through it again and again costs every request.
            gc.collect()
            gc.freeze()
            gc.set_threshold(20_000, 20, 20)
            # A thread that hears from the database goes on at once, not after five milliseconds of another's work.
            sys.setswitchinterval(SWITCH_SECONDS)
            writer()
            if threading.current_thread() is threading.main_thread():
                end_on_signals()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await close_streams()
            await close_doors()
            await close_links()
            await close_field()
            await close_threads()
            await send({"type": "lifespan.shutdown.complete"})
            return

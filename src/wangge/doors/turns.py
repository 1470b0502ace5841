"""The threads in which Django answers: few, each with a connection to the database that the next request goes on with.

Left to itself Django takes a thread for each request, and with it a connection that stays open until Python happens
to collect it; an open page's stream would hold both for as long as the page is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from wangge.doors.api.intake import App, Receive, Scope, Send

# For each web worker. Python computes one page at a time; the others wait for the database meanwhile.
THREADS = 8
STREAM = (b"Content-Type", b"text/event-stream")
Answer = TypeVar("Answer")
_free: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.LifoQueue[ThreadPoolExecutor]] = WeakKeyDictionary()


class Turn(Executor):
    """A request's turn: it waits for a thread once it has arrived whole, so that a slow sender holds none."""

    def __init__(self) -> None:
        self.thread: ThreadPoolExecutor | None = None
        self.over = False

    async def begin(self) -> None:
        """Wait for a free thread."""
        if self.thread is None:
            self.thread = await _threads().get()

    def end(self) -> None:
        """Let the next one go on. What a stream still has to do at its end is done in between."""
        if self.thread is not None and not self.over:
            self.over = True
            _threads().put_nowait(self.thread)

    def submit(self, call: Callable[..., Answer], /, *args: Any, **kwargs: Any) -> Future[Answer]:
        assert self.thread is not None, "a request is answered before it has arrived"
        return self.thread.submit(call, *args, **kwargs)


def in_turn(app: App) -> App:
    """The app, with so many requests at a time."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        turn = Turn()

        async def receiving() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                await turn.begin()
            return message

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and STREAM in message["headers"]:
                turn.end()
            await send(message)

        try:
            async with ThreadSensitiveContext(executor=turn):
                await app(scope, receiving, sending)
        finally:
            turn.end()

    return application


async def close_threads() -> None:
    """End the threads of this event loop, and their connections."""
    free = _free.pop(asyncio.get_running_loop(), None)
    while free is not None and not free.empty():
        thread = free.get_nowait()
        await asyncio.wrap_future(thread.submit(connections.close_all))
        thread.shutdown(wait=False)


def _threads() -> asyncio.LifoQueue[ThreadPoolExecutor]:
    """The free threads of this event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _free:
        _free[loop] = asyncio.LifoQueue()
        for _ in range(THREADS):
            _free[loop].put_nowait(ThreadPoolExecutor(1, thread_name_prefix="page"))
    return _free[loop]

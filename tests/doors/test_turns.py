"""The threads that answer requests: few, taken late, given back early, each going on with its connection."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async

from wangge.doors.turns import THREADS, close_threads, in_turn

WHOLE = {"type": "http.request", "body": b"", "more_body": False}
START = {"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/html")]}
STREAM = START | {"headers": [(b"Content-Type", b"text/event-stream")]}


async def ask(app: Any, *messages: dict[str, Any]) -> None:
    """Send a request in these parts, and wait for the end of the answer."""
    arriving = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(arriving)

    async def send(message: dict[str, Any]) -> None:
        pass

    await in_turn(app)({"type": "http"}, receive, send)


def test_one_request_after_the_other_has_the_same_thread() -> None:
    seen = set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        seen.add(await sync_to_async(threading.get_ident)())
        await send(START)

    async def run() -> None:
        for _ in range(5):
            await ask(app, WHOLE)
        await close_threads()

    asyncio.run(run())
    assert len(seen) == 1


def test_no_more_requests_are_answered_at_once_than_there_are_threads() -> None:
    most, now = 0, 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal most, now
        await receive()
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1

    async def run() -> None:
        await asyncio.gather(*(ask(app, WHOLE) for _ in range(3 * THREADS)))
        await close_threads()

    asyncio.run(run())
    assert most == THREADS


def test_neither_open_streams_nor_requests_still_arriving_keep_a_thread() -> None:
    async def run() -> None:
        end = asyncio.Event()

        async def stream(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send(STREAM)
            await end.wait()
            await sync_to_async(threading.get_ident)()

        async def arriving(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await end.wait()

        async def page(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await sync_to_async(threading.get_ident)()

        held = [asyncio.create_task(ask(stream, WHOLE)) for _ in range(2 * THREADS)]
        held += [asyncio.create_task(ask(arriving, WHOLE | {"more_body": True})) for _ in range(2 * THREADS)]
        await asyncio.sleep(0)
        await ask(page, WHOLE)
        end.set()
        await asyncio.gather(*held)
        await close_threads()

    asyncio.run(run())

"""Of the web workers on one machine one leads: it follows the journal for the open pages of all of them.

Where each followed for its own pages, every worker more would ask and draw once more what the others ask and draw. The
one that holds the lock in the data folder streams; the others hand each page's request on to its socket and pass
through what comes. When it ends the browsers come back, say how far they have come, and the next one leads.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import orjson
from django.conf import settings

from wangge.doors.desk.live import Tailer, read_position, stream
from wangge.ground.accounts.queries import actor_of, people
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor

log = logging.getLogger(__name__)
# A socket's address has no room for a longer path.
LONGEST = 100
PATIENCE = (0.0, 0.1, 0.4)
PIECE = 2**16


class Asked(NamedTuple):
    """What a page asks for: whose it is by which session, how far it has come, its language, the queue it shows."""

    person_id: str
    session_key: str
    after: str
    spoken: str
    queue: str | None


def still_allowed(asked: Asked) -> Actor | None:
    """The person with today's rights, or None once signed out or no longer active."""
    person = people().filter(id=asked.person_id, is_active=True).first()
    store = import_module(settings.SESSION_ENGINE).SessionStore
    if person is None or not store().exists(asked.session_key):
        return None
    return actor_of(person, clock.now())


class Worker:
    """What one web worker's event loop knows of the lead: whether it has it, and the pages it passes through."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder / "socket"
        self.lock: int | None = None
        self.door: asyncio.Server | None = None
        self.tailer = Tailer()
        self.passing: set[asyncio.StreamWriter] = set()
        self.pages = 0

    async def follow(self, asked: Asked) -> AsyncIterator[bytes]:
        """The bytes of one page's stream, from here or from the worker that leads."""
        self.pages += 1
        try:
            leader = None if len(bytes(self.place)) > LONGEST else await self._leader()
            if leader is None:
                async for message in streamed(asked, self.tailer):
                    yield message
            else:
                async for piece in self._passed(asked, *leader):
                    yield piece
        finally:
            self.pages -= 1

    async def _leader(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The way to the worker that leads; None where that is this one, or where there is no way."""
        for wait in PATIENCE:
            await asyncio.sleep(wait)
            if await self._lead():
                return None
            with suppress(OSError):
                return await asyncio.open_unix_connection(str(self.place))
        log.warning("live: the worker that leads does not answer; this one follows the journal for its own pages")
        return None

    async def _lead(self) -> bool:
        """Whether this worker leads; it does from now on where nobody did."""
        if self.lock is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
            self.lock = lock
            try:
                self.place.unlink(missing_ok=True)
                self.door = await asyncio.start_unix_server(self._answer, str(self.place))
            except OSError as error:
                log.warning("live: no socket for the pages of other workers: %s", error.strerror)
        return True

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stream for a page of another worker."""
        try:
            asked = Asked(*orjson.loads(await reader.readline()))
            async for message in streamed(asked, self.tailer):
                writer.write(message)
                await writer.drain()
        except (ConnectionError, orjson.JSONDecodeError):
            pass
        finally:
            writer.close()

    async def _passed(
        self, asked: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> AsyncIterator[bytes]:
        self.passing.add(writer)
        try:
            writer.write(orjson.dumps(list(asked)) + b"\n")
            while piece := await reader.read(PIECE):
                yield piece
        except ConnectionError:
            return  # it has ended; the browser comes back by itself
        finally:
            self.passing.discard(writer)
            writer.close()

    def end(self) -> None:
        """Let all pages go, those still to come too."""
        self.tailer.end()
        for writer in self.passing:
            writer.close()

    async def stop(self) -> None:
        """Give up the lead, end the thread that follows the journal and its connection."""
        self.end()
        if self.door is not None:
            self.door.close()
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None
        await self.tailer.stop()


async def streamed(asked: Asked, follow: Tailer) -> AsyncIterator[bytes]:
    """The bytes of one page's stream, from this worker's tailer."""
    allowed = partial(still_allowed, asked)
    actor = await follow.ask(allowed)
    if actor is None:
        return
    after = read_position(asked.after)
    async for message in stream(actor, after, allowed, follow=follow, spoken=asked.spoken, queue=asked.queue):
        yield message


_workers: WeakKeyDictionary[asyncio.AbstractEventLoop, Worker] = WeakKeyDictionary()


def worker() -> Worker:
    """What this event loop knows of the lead."""
    loop = asyncio.get_running_loop()
    if loop not in _workers:
        _workers[loop] = Worker(settings.DATA / "live")
    return _workers[loop]


def end_on_signals() -> None:
    """Let the pages of this process go as soon as it is asked to end; a server waits for open answers first.

    The server's own handling of the signals goes on as it was: an event loop hears of a signal by its wake-up
    descriptor, whatever the handler is, and a handler that was there is called.
    """
    loop, here = asyncio.get_running_loop(), worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def end(signum: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(here.end)
            if callable(before):
                before(signum, frame)

        signal.signal(number, end)
        signal.siginterrupt(number, False)


async def close_streams() -> None:
    """End what follows the journal for the pages of this process, when the server goes down."""
    here = _workers.pop(asyncio.get_running_loop(), None)
    if here is not None:
        await here.stop()

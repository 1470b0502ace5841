"""The writer: what waits in a worker is written as one transaction, each report with its own result.

Requests put their reports into a bounded queue and wait. One task takes everything that waits, lets
one thread with its own database connection write it, and answers after the commit. While that
thread waits for the disk, the next requests gather: the fuller the house, the larger the batches.
Parts of a batch are written two at a time on PostgreSQL, so that one is made while the other waits.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection

from wangge.doors.api.reports import Result, part_read, part_take, reports_take
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import Overloaded, Unexpected

LARGEST_BATCH = 256
PART = 1000  # lines of a batch in one transaction
WRITERS = {"postgresql": 2, "sqlite": 1}
GATHER_MILLISECONDS = 3
Done = TypeVar("Done")
# What is taken is the business of whoever opens a writer: reports here, checks by link at the desk.
Take = Callable[[Sequence[Any], datetime], list[Any]]
_Waiting = tuple[list[Any], asyncio.Future[list[Any]]]


class Writer:
    """The queue and the writing threads of an event loop. `limit` is how many reports may wait."""

    def __init__(self, limit: int, take: Take = reports_take, name: str = "intake") -> None:
        self.limit = limit
        self._take = take
        self._queue: deque[_Waiting] = deque()
        self._waiting = 0
        self._usual = 1
        self._more = asyncio.Event()
        self._threads = [ThreadPoolExecutor(1, thread_name_prefix=name) for _ in range(WRITERS[connection.vendor])]
        self._reading = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-batches")
        self.loop = asyncio.get_running_loop()
        self._task = self.loop.create_task(self._run())

    async def put(self, sent: list[Any]) -> list[Any]:
        """Have what was sent written; the results after the commit. Raises Overloaded where too many wait."""
        if self._waiting >= self.limit:
            raise Overloaded(retry_after=1)
        future: asyncio.Future[list[Any]] = self.loop.create_future()
        self._queue.append((sent, future))
        self._waiting += len(sent)
        self._more.set()
        return await future

    async def batch(self, actor: Actor, lines: Sequence[bytes]) -> AsyncIterator[list[Result]]:
        """The results of a batch's lines, part by part in their order, each after its commit.

        A part is read, checked and sealed while those before it are being written, one ahead of what the threads
        are at, and takes its numbers and keys when those before it are on disk.
        """
        writing: deque[Future[list[Result]]] = deque()
        for number, start in enumerate(range(0, len(lines), PART)):
            part = await self._run_in(self._reading, part_read, actor, lines[start : start + PART], clock.now())
            if len(writing) > len(self._threads):
                yield await asyncio.wrap_future(writing.popleft())
            turn = partial(wait, list(writing))
            writing.append(self._threads[number % len(self._threads)].submit(part_take, part, turn))
        while writing:
            yield await asyncio.wrap_future(writing.popleft())

    def _run_in(self, thread: ThreadPoolExecutor, work: Callable[..., Done], *given: Any) -> asyncio.Future[Done]:
        return self.loop.run_in_executor(thread, work, *given)

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            await self._gather()
            batch = self._next_batch()
            if batch:
                await self._write(batch)
                self._usual = sum(len(items) for items, _ in batch) + self._waiting

    async def _gather(self) -> None:
        """Wait a moment, as long as fewer have come than stood here last time.

        Senders that were just answered come back at once, and a transaction costs as much for one
        report as for ten. Who comes alone does not wait.
        """
        await asyncio.sleep(0)
        for _ in range(GATHER_MILLISECONDS):
            if self._waiting >= min(self._usual, LARGEST_BATCH):
                return
            await asyncio.sleep(0.001)

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._queue and (not batch or size + len(self._queue[0][0]) <= LARGEST_BATCH):
            batch.append(self._queue.popleft())
            size += len(batch[-1][0])
        self._waiting -= size
        if not self._queue:
            self._more.clear()
        return batch

    async def _write(self, batch: list[_Waiting]) -> None:
        sent = [item for items, _ in batch for item in items]
        try:
            results = await self.loop.run_in_executor(self._threads[0], self._take, sent, clock.now())
        except Exception:
            results = [Unexpected()] * len(sent)
        place = 0
        for items, future in batch:
            if not future.done():  # a sender that hung up has no one to answer to
                future.set_result(results[place : place + len(items)])
            place += len(items)

    async def close(self) -> None:
        """Write what waits, then end the thread."""
        while self._queue:
            await asyncio.sleep(0.01)
        self._task.cancel()
        for thread in (self._reading, *self._threads):
            await self._run_in(thread, _close_connection)
            thread.shutdown()


def _close_connection() -> None:
    connection.close()  # the one of the thread that this runs in


_writer: Writer | None = None


def writer() -> Writer:
    """The writer of the running event loop, started on first use."""
    global _writer
    if _writer is None or _writer.loop is not asyncio.get_running_loop():
        _writer = Writer(settings.API_WAITING)
    return _writer


async def close_writer() -> None:
    """Write what waits and end, when the server goes down."""
    global _writer
    if _writer is not None and _writer.loop is asyncio.get_running_loop():
        await _writer.close()
    _writer = None

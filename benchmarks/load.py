"""A load generator that takes little of the machine it shares: raw keep-alive sockets, answers parsed by hand."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

Request = Callable[[int], bytes]


@dataclass
class Measured:
    """What came back: answers by status, latencies in seconds, and how long it all took."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    broken: int = 0

    @property
    def rate(self) -> float:
        """Taken reports a second."""
        return self.statuses[201] / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that this share of the answers kept, in milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")

    def line(self) -> str:
        """One line for a person."""
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.rate:>8,.0f} taken/s   p50 {self.percentile(0.5):6.1f} ms   p99 {self.percentile(0.99):6.1f} ms"
            f"   ({told}; broken: {self.broken})"
        )


class _Client(asyncio.Protocol):
    """One connection: sends its next request as soon as its last one is answered."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        request = self.run.next_request()
        if request is None:
            self.waiting = False
            self.transport.close()
            return
        self.sent_at, self.waiting = time.perf_counter(), True
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"\r\ncontent-length: ") + 18
        if len(rest) < int(head[at : (head + b"\r\n").index(b"\r\n", at)]):
            return
        self.buffer = b""
        status = int(head[9:12])
        self.run.measured.statuses[status] += 1
        self.run.measured.latencies.append(time.perf_counter() - self.sent_at)
        if status in (429, 503) and self.run.pause:
            asyncio.get_running_loop().call_later(self.run.pause, self.send)
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting:
            self.run.measured.broken += 1
        if not self.done.done():
            self.done.set_result(None)


class _Run:
    """Requests numbered from `first`, until the time is up; `pause` is the wait after a 429 or 503."""

    def __init__(self, request: Request, first: int, seconds: float, pause: float) -> None:
        self.request = request
        self.number = first
        self.pause = pause
        self.ends_at = time.perf_counter() + seconds
        self.measured = Measured()

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self.ends_at:
            return None
        self.number += 1
        return self.request(self.number)


async def _drive(
    host: str, port: int, connections: int, seconds: float, request: Request, first: int, pause: float
) -> Measured:
    loop, run = asyncio.get_running_loop(), _Run(request, first, seconds, pause)
    begun = time.perf_counter()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(run), host, port)
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    run.measured.seconds = time.perf_counter() - begun
    return run.measured


def drive(
    port: int,
    *,
    connections: int,
    seconds: float,
    request: Request,
    first: int = 0,
    pause: float = 0.0,
    host: str = "127.0.0.1",
) -> Measured:
    """Drive the server with so many connections for so long; `request(n)` gives the bytes of the n-th request."""
    return asyncio.run(_drive(host, port, connections, seconds, request, first, pause))

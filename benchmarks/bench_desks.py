"""How long until what one desk changes shows on hundreds of open desks.

    python -m benchmarks.bench_desks [postgres|sqlite ...] [--desks 300] [--rate 100] [--seconds 30]

A real web server and engine; each desk is somebody else, signed in, at the city, a county, a town or a village, with
its own page and stream, and does what the page's script (frontend/src/live.ts) does: takes the parts it is told.
Changes go through the API as others make them: reports, and of every fifth the acknowledgement. Measured from the
sending of a change to the parts of each desk that may see it; at a village every new matter must be there as a row.
Processor time is told of the opening of all desks and of the changes apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psutil

from benchmarks.city import BenchCity, build_elsewhere
from benchmarks.servers import ROOT, cpu_seconds, environment, running, running_web

# Of so many desks: at the city, in the counties, in the towns, in villages.
SHARES = {"city_desk": 0.07, "county_desk": 0.2, "duty_desk": 0.47, "village_officer": 0.26}
ACKNOWLEDGED = 5
SETTLING = 5
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
HAPPENED = re.compile(rb'"type":"([a-z_.]+)","subject":"([0-9a-f-]{36})"')
# The type of an event and the matter it is about.
Change = tuple[bytes, bytes]
# Seconds of processor time by whom.
Used = dict[str, float]


@dataclass
class Desk:
    """One open page of a queue."""

    cookie: str
    role: str
    waiting: set[Change] = field(default_factory=set)


@dataclass
class Board:
    """What is measured: when each change was made, and how much later desks showed it."""

    port: int
    made: dict[Change, float] = field(default_factory=dict)
    shown: list[float] = field(default_factory=list)
    rows: int = 0
    bytes: int = 0
    unread: int = 0


def sign_in(count: int) -> list[dict[str, Any]]:
    """People for the desks, each with a session; in a process with the database of the environment."""
    import django  # noqa: PLC0415 - models exist only after setup

    django.setup()
    from django.test import Client  # noqa: PLC0415

    from wangge.ground.accounts import services as accounts  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415

    clerk, now = system_actor("benchmark", "account.manage"), read_clock()
    places = {"city_desk": [tree().root()]} | {
        role: tree().at_level(level)
        for role, level in (("county_desk", "county"), ("duty_desk", "town"), ("village_officer", "village"))
    }
    desks = []
    for role, share in SHARES.items():
        for number in range(round(share * count)):
            node = places[role][number % len(places[role])]
            person = accounts.person_add(actor=clerk, username=f"{role}{number}", display_name="值班员", now=now)
            post = accounts.post_open(actor=clerk, name=role, role=role, area_id=node.id, agency_id=None, now=now)
            accounts.post_hold(actor=clerk, post_id=post.id, person_id=person.id, now=now)
            client = Client()
            client.force_login(person)
            desks.append({"cookie": f"sessionid={client.cookies['sessionid'].value}", "role": role})
    return desks


async def open_desk(desk: Desk, client: httpx.AsyncClient, board: Board, ready: asyncio.Event) -> None:
    """Open the page and its stream, and take what it is told until cancelled."""
    page = await client.get("/", headers={"Cookie": desk.cookie, "Accept": "text/html"})
    page.raise_for_status()
    position = re.search(r'data-position="([^"]*)"', page.text)
    assert position is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", board.port, limit=2**22)
    writer.write(
        f"GET /live?after={position[1]}&queue= HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {desk.cookie}\r\n"
        "Accept: text/event-stream\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    kept = b""
    try:
        while size := int(await reader.readline(), 16):
            chunk = await reader.readexactly(size + 2)
            ready.set()
            board.bytes += size
            told, _, kept = (kept + chunk[:-2]).rpartition(b"\n\n")
            hear(desk, told, board)
    finally:
        writer.close()


def hear(desk: Desk, told: bytes, board: Board) -> None:
    """What the page's script does with messages."""
    desk.waiting.update(HAPPENED.findall(told))
    board.unread += told.count(b"event: unread")
    _, found, parts = told.rpartition(b"event: parts")
    if found:
        now = time.perf_counter()
        for one in desk.waiting & board.made.keys():
            board.shown.append(now - board.made[one])
            there = b"m-" + one[1] in parts
            assert there or desk.role != "village_officer", "a row is missing"
            board.rows += there
        desk.waiting.clear()


class Caller:
    """Calls the API over a few kept connections, which takes a tenth of what a whole client takes."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.free: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()

    async def open(self, count: int) -> None:
        for _ in range(count):
            self.free.put_nowait(await asyncio.open_connection("127.0.0.1", self.port))

    async def post(self, path: str, content: bytes) -> dict[str, Any]:
        """The body of what is answered to a call that must be taken."""
        reader, writer = await self.free.get()
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {uuid4()}\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(LENGTH.search(head)[1]))  # type: ignore[index]
        assert head[9:11] == b"20", head + body
        self.free.put_nowait((reader, writer))
        answer: dict[str, Any] = orjson.loads(body)
        return answer


async def change(caller: Caller, city: BenchCity, board: Board, number: int) -> None:
    """A report, and of every fifth the acknowledgement."""
    begun = time.perf_counter()
    told = await caller.post("/api/v1/reports", city.report(number))
    board.made[b"matter.received", told["matter_id"].encode()] = begun
    if number % ACKNOWLEDGED == 0:
        await asyncio.sleep(3)
        board.made[b"matter.acknowledged", told["matter_id"].encode()] = time.perf_counter()
        await caller.post(f"/api/v1/matters/{told['number']}/acknowledge", b'{"version": 1}')


async def drive(
    city: BenchCity, board: Board, desks: list[Desk], rate: float, seconds: float, used: Callable[[], Used]
) -> tuple[int, list[Used]]:
    """Open the desks, make changes at a steady rate, and wait for the last to be shown; how many changes there were.

    And the processor time used before, between opening and changes, and after.
    """
    processor = [used()]
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    base = f"http://127.0.0.1:{board.port}"
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=120) as client:
        opened = []
        for desk in desks:
            ready = asyncio.Event()
            opened.append(asyncio.create_task(open_desk(desk, client, board, ready)))
            await ready.wait()
        await asyncio.sleep(SETTLING)
        processor.append(used())
        caller = Caller(board.port, city.token)
        await caller.open(32)
        begun, making = time.perf_counter(), []
        reports = int(rate * seconds * ACKNOWLEDGED / (ACKNOWLEDGED + 1))
        board.unread = board.bytes = 0
        for number in range(reports):
            await asyncio.sleep(max(0.0, begun + number * seconds / reports - time.perf_counter()))
            making.append(asyncio.create_task(change(caller, city, board, number)))
        await asyncio.gather(*making)
        await asyncio.sleep(SETTLING)
        processor.append(used())
        for task in opened:
            task.cancel()
        await asyncio.gather(*opened, return_exceptions=True)
    return reports + len(range(0, reports, ACKNOWLEDGED)), processor


def measure(database: str, count: int, rate: float, seconds: float) -> None:
    with environment(database) as env:
        city = build_elsewhere(env)
        command = [sys.executable, "-m", "benchmarks.bench_desks", "--sign-in", str(count)]
        made = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        desks = [Desk(**one) for one in json.loads(made.stdout)]
        with running_web(env, 2 if database == "postgres" else 1) as (port, web), running(env, "engine") as engine:
            board = Board(port)

            def used() -> Used:
                return cpu_seconds(env, web) | {"engine": sum(psutil.Process(engine.pid).cpu_times()[:2])}

            changes, (before, between, after) = asyncio.run(drive(city, board, desks, rate, seconds, used))
        shown = sorted(board.shown)
        p50, p99 = (1000 * shown[int(share * (len(shown) - 1))] for share in (0.5, 0.99))
        print(
            f"{database}: {len(desks)} desks, {changes:,} changes, {changes / seconds:.0f}/s\n"
            f"  shown {len(shown):,} times, {board.rows:,} of them as a row: p50 {p50:.0f} ms, p99 {p99:.0f} ms\n"
            f"  {board.unread:,} new numbers of unread messages, "
            f"{board.bytes / len(desks) / seconds / 1000:.1f} kB/s to a desk; load {os.getloadavg()[0]:.1f}\n"
            f"  processor, opening: {told(between, before)}\n"
            f"  processor, changes: {told(after, between)}"
        )


def told(after: Used, before: Used) -> str:
    """What was used in between, in words."""
    return ", ".join(f"{name} {after[name] - before[name]:.1f} s" for name in after)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--desks", type=int, default=300)
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--sign-in", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sign_in:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
        print(json.dumps(sign_in(asked.sign_in)))
    else:
        for name in asked.databases:
            measure(name, asked.desks, asked.rate, asked.seconds)

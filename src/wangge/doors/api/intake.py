"""The hot door: POST /reports and /reports/batch as bare ASGI, in front of Django's middleware.

A report costs too little for sessions, cookies and pages to be looked at on its way; only the
bearer token counts here. The same addresses stand in `routes` for the OpenAPI document and for
servers without ASGI, and lead to the same `reports_take`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
from django.db import DatabaseError, InterfaceError, connection

from wangge.doors.api.problems import language_of, problem_headers, problem_json, problem_of_database
from wangge.doors.api.reports import Result, sent_one
from wangge.doors.api.tokens import actor_looked_up, actor_remembered, admit, secret_of
from wangge.doors.api.writer import close_writer, writer
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import BodyTooLarge, Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class HungUp(Exception):
    """The sender went away in the middle of its body; a half batch is not taken."""


LARGEST_REPORT = 256 * 1024
LARGEST_BATCH_BODY = 32 * 1024 * 1024
MOST_LINES = 10_000
JSON, NDJSON = "application/json", "application/x-ndjson"

# Tokens are looked up beside the writer, so that a stranger cannot keep reports from being written.
_door = ThreadPoolExecutor(1, thread_name_prefix="tokens")


async def one_report(scope: Scope, receive: Receive, send: Send) -> None:
    """POST /reports: one report, answered 201 once it is on disk."""
    headers = _headers(scope)
    try:
        actor = await _actor(headers)
        body = await body_read(receive, LARGEST_REPORT)
        [result] = await writer().put([sent_one(actor, headers.get(b"idempotency-key", b"").decode("latin-1"), body)])
        if isinstance(result, Problem):
            raise result
    except Problem as problem:
        await _answer_problem(send, problem, _language(headers))
        return
    except HungUp:
        return
    status, content = result
    await answer(send, status, {"Content-Type": JSON}, orjson.dumps(content))


async def many_reports(scope: Scope, receive: Receive, send: Send) -> None:
    """POST /reports/batch: NDJSON in, a result line for each line in its order."""
    headers = _headers(scope)
    try:
        actor = await _actor(headers)
        lines = batch_lines(await body_read(receive, LARGEST_BATCH_BODY))
    except Problem as problem:
        await _answer_problem(send, problem, _language(headers))
        return
    except HungUp:
        return
    await send({"type": "http.response.start", "status": 200, "headers": _raw({"Content-Type": NDJSON})})
    told = 0
    async for results in writer().batch(actor, lines):
        text = b"".join(result_lines(told + 1, results, _language(headers)))
        told += len(results)
        await send({"type": "http.response.body", "body": text, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def batch_lines(body: bytes) -> list[bytes]:
    """The lines of a batch. Raises BodyTooLarge; nothing of a batch that is too long is taken."""
    lines = body.removesuffix(b"\n").split(b"\n") if body else []
    if len(lines) > MOST_LINES:
        raise BodyTooLarge(limit=MOST_LINES, unit_zh="行", unit_en="lines")
    return lines


def result_lines(first: int, results: list[Result], language: str) -> Iterator[bytes]:
    """The result of each line as a line, from line number `first` on."""
    for line, result in enumerate(results, first):
        if isinstance(result, Problem):
            yield orjson.dumps({"line": line, "problem": problem_json(result, language)}) + b"\n"
        else:
            status, answer = result
            yield orjson.dumps({"line": line, "status": status, **answer}) + b"\n"


def in_front_of(app: App, prefix: str) -> App:
    """The app with the hot door in front of it."""
    doors = {f"{prefix}/reports": one_report, f"{prefix}/reports/batch": many_reports}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        door = doors.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        await (door or app)(scope, receive, send)

    return application


def _headers(scope: Scope) -> dict[bytes, bytes]:
    return dict(scope["headers"])


def _language(headers: dict[bytes, bytes]) -> str:
    return language_of(headers.get(b"accept-language", b"").decode("latin-1"))


async def _actor(headers: dict[bytes, bytes]) -> Actor:
    secret = secret_of(headers.get(b"authorization", b"").decode("latin-1"))
    actor = actor_remembered(secret)
    if actor is None:
        actor = await asyncio.get_running_loop().run_in_executor(_door, _look_up, secret)
    admit(actor)
    return actor


def _look_up(secret: str) -> Actor:
    try:
        return actor_looked_up(secret)
    except (DatabaseError, InterfaceError) as error:
        connection.close()
        raise problem_of_database(error) from None


async def close_doors() -> None:
    """Write what waits, and let go of the database, when the server goes down."""
    await close_writer()
    await asyncio.get_running_loop().run_in_executor(_door, _close_connection)


def _close_connection() -> None:
    connection.close()  # the one of the thread that this runs in


async def body_read(receive: Receive, limit: int) -> bytes:
    """The whole body of a request. Raises HungUp, BodyTooLarge."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise BodyTooLarge(limit=limit // 1024, unit_zh="KB", unit_en="KB")
    return b"".join(parts)


async def _answer_problem(send: Send, problem: Problem, language: str) -> None:
    await answer(send, problem.status, problem_headers(problem), orjson.dumps(problem_json(problem, language)))


async def answer(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    """Answer a request at once."""
    headers = {**headers, "Content-Length": str(len(body))}
    await send({"type": "http.response.start", "status": status, "headers": _raw(headers)})
    await send({"type": "http.response.body", "body": body})


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]

"""Batches as NDJSON: lines in, a result line for each out; a bad line never sinks the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel, ValidationError

from wangge.doors.api.calls import actor_of_call
from wangge.doors.api.intake import NDJSON, batch_lines, result_lines
from wangge.doors.api.problems import language_of, problem_of_input
from wangge.doors.api.reports import Result
from wangge.doors.api.writer import PART
from wangge.ground.accounts.answered import Call, answered_many, call_of
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import IdempotencyKeyMissing, Problem


class Keyed(Protocol):
    """A line of a batch as pydantic reads it, with its idempotency key."""

    key: str

    @classmethod
    def model_validate_json(cls, json_data: bytes, /) -> Self: ...

    def model_dump_json(self, *, exclude: Any = None) -> str: ...


Line = TypeVar("Line", bound=Keyed)
Enter = Callable[[Actor, list[Line], datetime], list[Result]]


class LineOut(BaseModel):
    """The result of a line: a status with the answer, or a problem."""

    line: int
    status: int | None = None
    problem: dict[str, Any] | None = None


def ndjson_extra(line: type[BaseModel]) -> dict[str, Any]:
    """How OpenAPI describes a batch: lines of JSON in, a result line for each out."""
    schema = line.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}, "x-line": schema}}},
        "responses": {
            200: {
                "description": "a result line for each line, in order",
                "content": {NDJSON: {"schema": {"type": "string"}, "x-line": LineOut.model_json_schema()}},
            }
        },
    }


def batch_answered(
    request: HttpRequest,
    line: type[Line],
    name: str,
    enter: Enter[Line],
) -> HttpResponse:
    """Take a batch part by part, each line once under its key; `enter` takes the good lines of a part in order.

    `name` says in the key's digest what kind of call it is.
    """
    actor, lines = actor_of_call(request), batch_lines(request.body)
    results: list[Result] = []
    for start in range(0, len(lines), PART):
        results += _part_answered(actor, lines[start : start + PART], line, name, enter)
    return ndjson_answer(request, results)


def _part_answered(
    actor: Actor,
    lines: Sequence[bytes],
    kind: type[Line],
    name: str,
    enter: Enter[Line],
) -> list[Result]:
    now = clock.now()
    results: dict[int, Result] = {}
    sent: list[tuple[int, Call, Line]] = []
    for place, line in enumerate(lines):
        try:
            sent.append((place, *_line_sent(actor, line, kind, name)))
        except Problem as problem:
            results[place] = problem

    def work(places: list[int]) -> list[Result]:
        return enter(actor, [sent[place][2] for place in places], now)

    answers = answered_many(calls=[call for _, call, _ in sent], now=now, work=work) if sent else []
    results |= {place: answer for (place, _, _), answer in zip(sent, answers, strict=True)}
    return [results[place] for place in range(len(lines))]


def _line_sent(actor: Actor, line: bytes, kind: type[Line], name: str) -> tuple[Call, Line]:
    try:
        said = kind.model_validate_json(line)
    except ValidationError as error:
        raise problem_of_input(error) from None
    if not said.key:
        raise IdempotencyKeyMissing()
    return call_of(actor, said.key, f"{name}\n".encode() + said.model_dump_json(exclude={"key"}).encode()), said


def ndjson_answer(request: HttpRequest, results: list[Result]) -> HttpResponse:
    language = language_of(request.headers.get("Accept-Language", ""))
    return HttpResponse(b"".join(result_lines(1, results, language)), content_type=NDJSON)

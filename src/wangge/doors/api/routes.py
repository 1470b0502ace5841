"""The API: its endpoints, its problems, its OpenAPI document."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, re_path
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as InputRefused
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import BaseRenderer

from wangge.doors.api.calls import Token
from wangge.doors.api.endpoints import actions, checks, lodging, matters, people, reference, reports, screenings
from wangge.doors.api.intake import LARGEST_BATCH_BODY
from wangge.doors.api.problems import (
    PROBLEM_JSON,
    language_of,
    problem_headers,
    problem_json,
    problem_of_database,
    problem_of_errors,
)
from wangge.doors.api.schemas import ProblemOut
from wangge.ground.accounts.forgetting import KEPT
from wangge.ground.kernel.problems import (
    BodyTooLarge,
    InputInvalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unexpected,
)

log = logging.getLogger(__name__)
DESCRIPTION = (
    "Sign in with a bearer token. Every write carries the header `Idempotency-Key`: sent again with the same body it "
    f"gets the same answer for {KEPT.days} days, with another body 409. Problems follow RFC 9457 "
    "(application/problem+json); 429 and 503 say when to try again in `Retry-After`."
)
MEANINGS = {
    400: "the request cannot be read",
    401: "no token, or one that does not hold",
    403: "the caller's posts do not allow it there",
    404: "there is no such thing, or the caller may not know of it",
    405: "the address does not take this method",
    409: "somebody else was first, or the step is not possible now",
    413: "the body is too large",
    422: "a field cannot be taken; it is named",
    429: "too many calls; see Retry-After",
    500: "a fault of ours, noted in the log",
    503: "not taken because of load or the database; see Retry-After",
}


class Renderer(BaseRenderer):
    """JSON with instants exact to the microsecond, as the hot door gives them."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str)


class WanggeAPI(NinjaAPI):
    """The API, whose document names the problems that every endpoint may answer with."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["ProblemOut"] = ProblemOut.model_json_schema()
        content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
        for path in schema["paths"].values():
            for method, operation in path.items():
                for status, meaning in MEANINGS.items():
                    operation["responses"][status] = {"description": meaning, "content": content}
                if method == "post" and "batch" not in operation["operationId"]:
                    _declare_key(operation)
        return schema


def _declare_key(operation: dict[str, Any]) -> None:
    operation.setdefault("parameters", []).append(
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": True,
            "schema": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[!-~]+$"},
        }
    )


api = WanggeAPI(
    title="Wangge 网格",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    urls_namespace="api",
    auth=Token(),
    renderer=Renderer(),
)
api.add_router("", reports.router)
api.add_router("/matters", matters.router)
api.add_router("/matters", actions.router)
api.add_router("/people", people.router)
api.add_router("/people", checks.router)
api.add_router("/lodging", lodging.router)
api.add_router("/checkpoints", screenings.router)
api.add_router("", reference.router)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as an answer in the caller's language."""
    language = language_of(request.headers.get("Accept-Language", ""))
    response = api.create_response(request, problem_json(problem, language), status=problem.status)
    for name, value in problem_headers(problem).items():
        response[name] = value
    return response


@api.exception_handler(Problem)
def _on_problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return problem_response(request, error)


@api.exception_handler(InputRefused)
def _on_input(request: HttpRequest, error: InputRefused) -> HttpResponse:
    """A field that ninja refused: `loc` begins with where it stood (body, query) and the parameter's name."""
    errors = [one | {"loc": one["loc"][2:] or one["loc"][1:]} for one in error.errors]
    return problem_response(request, problem_of_errors(errors))


@api.exception_handler(HttpError)
def _on_unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    problem = InputInvalid(field="body", why_zh="不是合格的 JSON。", why_en="It is not valid JSON.")
    return problem_response(request, problem)


@api.exception_handler(RequestDataTooBig)
def _on_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem_response(request, BodyTooLarge(limit=LARGEST_BATCH_BODY // 1024, unit_zh="KB", unit_en="KB"))


@api.exception_handler(Http404)
def _on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem_response(request, NotFound(what=request.path))


@api.exception_handler(DatabaseError)
@api.exception_handler(InterfaceError)
def _on_database(request: HttpRequest, error: DatabaseError | InterfaceError) -> HttpResponse:
    log.warning("api: the database cannot be used: %s", str(error).strip().partition("\n")[0])
    connection.close()
    return problem_response(request, problem_of_database(error))


@api.exception_handler(Exception)
def _on_fault(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("api: %s %s failed", request.method, request.path)
    return problem_response(request, Unexpected())


def _told(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, whose refusal of a method is a problem like any other."""

    @functools.wraps(view)
    def told(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        problem = problem_response(request, MethodNotAllowed())
        problem["Allow"] = response["Allow"]
        return problem

    return told


def _nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An address that the API does not have."""
    return problem_response(request, NotFound(what=f"/{rest}"))


def _patterns() -> list[URLPattern | URLResolver]:
    patterns: list[URLPattern | URLResolver] = []
    for pattern in api.urls[0]:
        if isinstance(pattern, URLPattern):
            pattern.callback = _nothing if pattern.name == "api-root" else _told(pattern.callback)
        patterns.append(pattern)
    return [*patterns, re_path("^(?P<rest>.*)$", _nothing)]


urls = (_patterns(), "ninja", "api")

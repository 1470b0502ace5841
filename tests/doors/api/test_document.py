"""The OpenAPI document says what the API does: every address closed to strangers, every answer as described."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import City
from tests.doors.api.conftest import Caller
from wangge.doors.api.problems import language_of, problem_headers, problem_json
from wangge.doors.api.routes import api
from wangge.ground.kernel.problems import Problem

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
# OpenAPI has no words for lines; what a batch answers is in test_batch.
DESCRIBED = [operation for operation in OPERATIONS if not operation[1].endswith("/batch")]
schema = schemathesis.openapi.from_dict(DOCUMENT)
REQUEST = ("method", "url", "params", "headers", "json", "data", "cookies")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_document_is_served_to_anybody(city: City) -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.once
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wg_wrong", "Basic YTpi", "Bearer \xe4"])
def test_no_address_answers_a_stranger(city: City, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    for method, path in OPERATIONS:
        filled = path.replace("{number}", "1").replace("{code}", "4413").replace("{bulletin_id}", str(city.response_id))
        answer = Client().generic(method.upper(), filled, b"{}", content_type="application/json", headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json"), (method, path)


def test_every_write_but_a_batch_declares_its_key() -> None:
    for method, path in OPERATIONS:
        if method == "post":
            names = [parameter["name"] for parameter in DOCUMENT["paths"][path]["post"].get("parameters", [])]
            assert ("Idempotency-Key" in names) is not path.endswith("/batch"), path


@pytest.mark.parametrize(("method", "path"), DESCRIBED)
@pytest.mark.parametrize("name", ["dan", "olga"])
def test_answers_are_what_the_document_says(
    city: City, caller: Callable[[str], Caller], method: str, path: str, name: str
) -> None:
    headers = caller(name).headers("k")

    @given(case=schema[path][method.upper()].as_strategy())
    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def run(case: schemathesis.Case) -> None:
        case.validate_response(answer_to(case, headers), checks=CHECKS)

    run()


def answer_to(case: schemathesis.Case, headers: dict[str, str]) -> httpx.Response:
    """What the API answers, over Django's own client, so that everything stays in the test's transaction."""
    given = case.as_transport_kwargs(base_url="http://testserver")
    request = requests.Request(**{name: given[name] for name in REQUEST if name in given}).prepare()
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    told = Client(raise_request_exception=False).generic(
        case.method,
        request.path_url,
        body,
        content_type=request.headers.get("Content-Type", ""),
        headers=dict(request.headers) | headers,
    )
    asked = httpx.Request(case.method, request.url or "", headers=dict(request.headers), content=body)
    answer = httpx.Response(told.status_code, headers=dict(told.headers), content=told.content, request=asked)
    answer.elapsed = timedelta()
    return answer


def test_every_problem_has_an_answer_in_both_languages() -> None:
    for code, kind in Problem.catalogue.items():
        gaps = {name for text in (kind.zh, kind.en) for _, name, _, _ in string.Formatter().parse(text) if name}
        problem = kind.__new__(kind)
        Problem.__init__(problem, **dict.fromkeys(gaps, "x"))
        for language in ("zh", "en"):
            body = problem_json(problem, language)
            assert (body["code"], body["status"]) == (code, kind.status)
            assert body["detail"]
        assert problem_headers(problem)["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in problem_headers(problem)) is (kind.status in (429, 503))


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "zh"), ("en", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB,zh;q=0.5", "en"), ("fr", "zh"),
        ("en;q=x,zh", "zh"), ("*", "zh"), ("en;q=0.1,zh;q=0.9", "zh"),
    ],
)  # fmt: skip
def test_the_language_wanted_most_is_taken(accept: str, language: str) -> None:
    assert language_of(accept) == language

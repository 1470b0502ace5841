"""The page of addresses: the API from its OpenAPI document, the desk's pages from Django's table of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from docs.pages.markdown import code, first_sentence, page, table
from wangge.doors.api.routes import MEANINGS, api
from wangge.doors.field.door import ADDRESSES

METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """The OpenAPI document of the API."""
    return dict(api.get_openapi_schema())


def operations(openapi: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation as (METHOD, path, description), in the order of the document."""
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def desk_addresses() -> Iterator[tuple[str, Any]]:
    """Every address that is not the API's, with the function that answers it."""
    yield from _patterns(get_resolver().url_patterns, "/")


def _patterns(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            if not address.startswith("/api/"):
                yield from _patterns(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and not address.startswith("/api/"):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address), pattern.callback


def page_text() -> str:
    """docs/reference/endpoints.md"""
    openapi = document()
    schemas = openapi.get("components", {}).get("schemas", {})
    return page(
        "# Endpoints 接口",
        "The API is described by an OpenAPI document, which a running installation serves at "
        "`/api/v1/openapi.json`; this page is made from it. How to sign in, send reports and follow them: "
        "[connect a system](../howto/api.md). Every error is one of the [problems](problems.md).",
        openapi["info"]["description"],
        "What every operation may answer beside its own answer, always a [ProblemOut](#problemout):",
        table(("status", "meaning"), MEANINGS.items()),
        *(_operation(method, path, item) for method, path, item in operations(openapi)),
        "## Shapes",
        *(_schema(name, schema) for name, schema in schemas.items()),
        "## Phones",
        "OpenRosa 1.0, as ODK Collect speaks it ([forms](../howto/forms.md)). Without a key in the address it asks for "
        "name and password. Every answer carries `X-OpenRosa-Version` and `Date`; every refusal is an "
        "`OpenRosaResponse` with one of the [problems](problems.md) in words.",
        table(("address", "what it does"), [(code(address), said) for address, said in ADDRESSES.items()]),
        "## Pages of the desk",
        "For people with a session; no address carries personal data.",
        table(
            ("address", "what it does"), [(code(address), first_sentence(view)) for address, view in desk_addresses()]
        ),
    )


def _operation(method: str, path: str, item: dict[str, Any]) -> str:
    parameters = [
        (code(one["name"]), one["in"], "required" if one.get("required") else "", _type(one["schema"]),
         one.get("description") or one["schema"].get("description", ""))
        for one in item.get("parameters", [])
    ]  # fmt: skip
    body = item.get("requestBody", {}).get("content", {})
    said = " ".join((item.get("description") or item.get("summary", "")).split())
    return page(
        f"## {method} {path}",
        said,
        table(("parameter", "in", "", "type", "meaning"), parameters),
        "\n".join(f"Body: `{kind}`, {_type(content.get('schema', {}))}." for kind, content in body.items()),
        _answers(item.get("responses", {})),
    )


def _answers(responses: dict[Any, Any]) -> str:
    told = []
    for status, answer in responses.items():
        if int(status) in MEANINGS:  # the same for every operation, told once
            continue
        shapes = {_type(content.get("schema", {})) for content in answer.get("content", {}).values()}
        told.append(f"{status} {', '.join(sorted(shapes - {''}))}".strip())
    return f"Answer: {'; '.join(told)}." if told else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "allOf", "oneOf"):
        if key in schema:
            return " or ".join(_type(one) for one in schema[key])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "enum" in schema:
        return code(*(value for value in schema["enum"] if value != ""))
    return " ".join(str(schema[key]) for key in ("type", "format") if key in schema)


def _schema(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    rows = [
        (code(field), _type(item), "required" if field in needed else "", item.get("description", ""))
        for field, item in schema.get("properties", {}).items()
    ]
    return page(
        f"### {name}", " ".join(schema.get("description", "").split()), table(("field", "type", "", "meaning"), rows)
    )

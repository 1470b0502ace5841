"""Problems as answers: the one mapper of the API, after RFC 9457 (application/problem+json)."""

from __future__ import annotations

import re
from typing import Any

import orjson
from django.db import DatabaseError, InterfaceError
from pydantic import ValidationError

from wangge.ground.kernel.problems import InputInvalid, Problem, StorageUnavailable

PROBLEM_JSON = "application/problem+json"

# What a person can do about it differs for each kind of pydantic's errors; the rest is said in general.
REASONS = {
    "missing": ("必填。", "It is needed."),
    "extra_forbidden": ("没有这一项。", "There is no such field."),
    "json_invalid": ("不是合格的 JSON。", "It is not valid JSON."),
    "string_type": ("须为文字。", "It must be text."),
    "int_type": ("须为整数。", "It must be a whole number."),
    "int_parsing": ("须为整数。", "It must be a whole number."),
    "float_type": ("须为数字。", "It must be a number."),
    "bool_type": ("须为 true 或 false。", "It must be true or false."),
    "dict_type": ("须为 JSON 对象。", "It must be a JSON object."),
    "model_type": ("须为 JSON 对象。", "It must be a JSON object."),
    "model_attributes_type": ("须为 JSON 对象。", "It must be a JSON object."),
    "timezone_aware": ("时间须带时区。", "The time needs a zone."),
}
STORAGE = (
    (re.compile(r"locked|busy", re.I), "数据库正忙 · busy"),
    (re.compile(r"disk is full|No space left|could not extend|disk I/O", re.I), "磁盘已满或出错 · disk full"),
    (re.compile(r"readonly|read-only", re.I), "数据库只读 · read-only"),
)


def language_of(accept: str) -> str:
    """The language an Accept-Language header asks for: "zh" unless English is wanted more."""
    best, chosen = 0.0, "zh"
    for part in accept.split(","):
        tag, _, weight = part.partition(";q=")
        name = tag.strip().lower().partition("-")[0]
        try:
            wanted = float(weight) if weight else 1.0
        except ValueError:
            continue
        if name in {"zh", "en"} and wanted > best:
            best, chosen = wanted, name
    return chosen


def problem_json(problem: Problem, language: str) -> dict[str, Any]:
    """The problem as JSON values, its details too."""
    content: dict[str, Any] = orjson.loads(orjson.dumps(problem.as_json(language), default=str))
    return content


def problem_headers(problem: Problem) -> dict[str, str]:
    """The headers of a problem's answer; Retry-After where waiting helps, WWW-Authenticate where a token is missing."""
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store"}
    if problem.status in {429, 503}:
        headers["Retry-After"] = str(problem.details.get("retry_after", 1))
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def problem_of_input(error: ValidationError) -> InputInvalid:
    """What pydantic refused, as the problem that names the field."""
    return problem_of_errors(error.errors(include_url=False, include_context=False, include_input=False))


def problem_of_errors(errors: list[Any]) -> InputInvalid:
    """The first of pydantic's errors as a problem; `errors` in its details names them all."""
    named = [
        {"field": ".".join(str(part) for part in error["loc"]) or "body", "type": error["type"], "why": error["msg"]}
        for error in errors
    ]
    first = named[0]
    zh, en = REASONS.get(first["type"], ("填写有误。", f"{first['why']}."))
    return InputInvalid(field=first["field"], why_zh=zh, why_en=en, errors=named)


def problem_of_database(error: DatabaseError | InterfaceError) -> StorageUnavailable:
    """A database that cannot be used, in words; nothing of its own message leaves the house."""
    text = str(error)
    reason = next((words for pattern, words in STORAGE if pattern.search(text)), "连接中断 · connection lost")
    return StorageUnavailable(reason=reason, retry_after=1)

"""Says in both languages what pydantic found wrong with a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# Keyed by pydantic's error types; the gaps are those of the error's own context and `input`.
SENTENCES: dict[str, tuple[str, str]] = {
    "missing": ("缺少此项", "this field is missing"),
    "extra_forbidden": ("没有这一项，请核对拼写", "there is no such field; check its spelling"),
    "string_type": ("应为文字", "expected a text"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_too_long": ("不能超过 {max_length} 个字符", "at most {max_length} characters"),
    "string_pattern_mismatch": ("“{input}”的写法不合要求", "“{input}” is not written as required"),
    "int_type": ("应为整数", "expected a whole number"),
    "int_from_float": ("应为整数", "expected a whole number"),
    "float_type": ("应为数字", "expected a number"),
    "float_parsing": ("应为数字", "expected a number"),
    "finite_number": ("应为有限的数", "expected a finite number"),
    "bool_type": ("应为 true 或 false", "expected true or false"),
    "greater_than": ("应大于 {gt}", "must be more than {gt}"),
    "greater_than_equal": ("不得小于 {ge}", "must be at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "must be at most {le}"),
    "literal_error": ("“{input}”不在可选值之内：{expected}", "“{input}” is none of: {expected}"),
    "tuple_type": ("应为列表", "expected a list"),
    "list_type": ("应为列表", "expected a list"),
    "dict_type": ("应为键值表", "expected a mapping"),
    "model_type": ("应为键值表", "expected a mapping"),
    "model_attributes_type": ("应为键值表", "expected a mapping"),
    "too_short": ("至少要有 {min_length} 项", "needs at least {min_length}"),
    "date_type": ("应为日期，如 2020-02-05", "expected a date such as 2020-02-05"),
    "date_parsing": ("应为日期，如 2020-02-05", "expected a date such as 2020-02-05"),
    "date_from_datetime_parsing": ("应为日期，如 2020-02-05", "expected a date such as 2020-02-05"),
    "date_from_datetime_inexact": ("应为日期，不带时刻", "expected a date without a time of day"),
    "time_type": ("应为时刻，如 08:30", "expected a time of day such as 08:30"),
    "time_parsing": ("应为时刻，如 08:30", "expected a time of day such as 08:30"),
    "allowance": (
        "应为时限，如 10 min、2 h、1 day、4 working hours、3 working days",
        "expected a time such as 10 min, 2 h, 1 day, 4 working hours or 3 working days",
    ),
}


def wording(error: Mapping[str, Any]) -> tuple[str, str]:
    """The Chinese and the English sentence for one entry of `ValidationError.errors()`."""
    zh, en = SENTENCES.get(error["type"], ("值不合要求（{msg}）", "{msg}"))
    gaps = {**error.get("ctx", {}), "input": str(error.get("input", ""))[:60], "msg": error["msg"]}
    return zh.format(**gaps), en.format(**gaps)


def places(error: ValidationError) -> str:
    """Where a stored content does not fit: the first places, as dotted paths."""
    found = [".".join(str(part) for part in one["loc"]) for one in error.errors(include_url=False)]
    return ", ".join(found[:3]) + (" …" if len(found) > 3 else "")

"""What a field of a form may hold, and what is said where it may not: pure."""

from __future__ import annotations

import re

from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.kernel.text import UNSEEN


def invalid(field: str, zh: str, en: str) -> InputInvalid:
    """A field that cannot be taken, with the reason in both languages."""
    return InputInvalid(field=field, why_zh=zh, why_en=en)


def check_words(text: str, field: str, limit: int, *, needed: bool = False) -> InputInvalid | None:
    """Words of bearable length without invisible characters."""
    if needed and not text.strip():
        return invalid(field, "请填写此项。", "This is needed.")
    if len(text.strip()) > limit:
        return invalid(field, f"不能超过 {limit} 个字符。", f"No more than {limit} characters.")
    if UNSEEN.search(text):
        return invalid(field, "含有不可见的控制字符，请删除后重试。", "It contains control characters.")
    return None


def check_place(lon: float | None, lat: float | None) -> InputInvalid | None:
    """A place of its own in WGS84 degrees, or none."""
    if (lon is None) != (lat is None):
        return invalid("lon", "经度和纬度须同时填写。", "Give both longitude and latitude.")
    if lon is not None and lat is not None and not (70 <= lon <= 140 and 0 <= lat <= 60):
        return invalid("lon", "经纬度不在国内范围。", "This place lies outside the country.")
    return None


def check_phone(text: str, field: str) -> InputInvalid | None:
    """The telephone of an office or a person, as somebody writes it, or none."""
    if text and not 5 <= len(re.sub(r"\D", "", text)) <= 20:
        return invalid(field, "这不像电话号码。", "This is no telephone number.")
    return None

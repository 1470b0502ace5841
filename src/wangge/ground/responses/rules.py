"""Masking 脱敏 and the normal forms for exact search: pure."""

from __future__ import annotations

import re
import unicodedata

LONG_NUMBER = re.compile(r"(?<![\dA-Za-z])\+?\d[\d\s-]{4,}[\dXx](?![\dA-Za-z])")


def mask(kind: str, value: str) -> str:
    """How a value of a kind is shown to those who may not see it whole.

    name 王**; phone 138****5678; document 4413**********123X; address: its first six characters;
    text: long numbers masked, the words left, because a desk must be able to read a report.
    """
    if not value:
        return ""
    if kind == "name":
        return value[0] + "*" * max(len(value) - 1, 1)
    if kind == "phone":
        return _ends(value, 3, 4)
    if kind == "document":
        return _ends(value, 4, 4)
    if kind == "address":
        return value[:6] + "****" if len(value) > 6 else value[:2] + "****"
    if kind == "text":
        return LONG_NUMBER.sub(lambda found: _ends(found.group(), 3, 2), value)
    return "****"


def _ends(value: str, head: int, tail: int) -> str:
    if len(value) <= head + tail:
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + value[-tail:]


def searchable(kind: str) -> bool:
    """Whether a kind is indexed for exact search."""
    return kind in {"name", "phone", "document"}


def normal(kind: str, value: str) -> str:
    """The form in which equal values are equal: full-width folded, case and separators gone."""
    folded = unicodedata.normalize("NFKC", value).strip().upper()
    if kind in {"phone", "document"}:
        folded = re.sub(r"[\s()-]", "", folded)
    if kind == "phone":
        folded = re.sub(r"^(\+?86|0086)(?=1\d{10}$)", "", folded)
    return folded

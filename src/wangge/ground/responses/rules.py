"""Masking 脱敏 and the normal forms for exact search: pure."""

from __future__ import annotations

import re
import unicodedata

# Dates come first, so that they are read as dates; a number may be grouped by spaces, dots or dashes of any width.
DATE_OR_NUMBER = re.compile(
    r"(?P<date>(?<!\d)(?:19|20)\d\d[-.](?:0?[1-9]|1[0-2])[-.](?:0?[1-9]|[12]\d|3[01])(?!\d))"
    r"|(?<![\dA-Za-z])[A-Za-z]{0,2}\+?\d[\d\s.·‐-―－-]{4,}[\dXx](?![\dA-Za-z])"
)
# For the normal forms: two characters are often set apart 张 三, and the dot of 买买提·艾力 is typed in many ways.
DOTS = re.compile(r"[·•‧∙⋅・]")
SET_APART = re.compile(r"(?<=[^\x00-\xff])\s+(?=[^\x00-\xff])")
SEPARATORS = re.compile(r"[\s().·‐-―－-]")
OWN_COUNTRY = re.compile(r"^(\+?86|0086)(?=1\d{10}$)")
FEWEST_DIGITS = 7  # of a number that belongs to somebody; a shorter one is a quantity or an area's code


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
        return DATE_OR_NUMBER.sub(_masked_number, value)
    return "****"


def _masked_number(found: re.Match[str]) -> str:
    text = found.group()
    if found["date"] or sum(character.isdigit() for character in text) < FEWEST_DIGITS:
        return text
    return _ends(text, 3, 2)


def _ends(value: str, head: int, tail: int) -> str:
    if len(value) <= head + tail:
        return "*" * len(value)
    return value[:head] + "*" * (len(value) - head - tail) + value[-tail:]


def searchable(kind: str) -> bool:
    """Whether a kind is indexed for exact search."""
    return kind in {"name", "phone", "document"}


def normal(kind: str, value: str) -> str:
    """The form in which equal values are equal: full-width folded, case and separators gone."""
    folded = (value if value.isascii() else unicodedata.normalize("NFKC", value)).strip().upper()
    if kind == "name":
        folded = SET_APART.sub("", DOTS.sub("·", folded))
    if kind in {"phone", "document"}:
        folded = SEPARATORS.sub("", folded)
    if kind == "phone":
        folded = OWN_COUNTRY.sub("", folded)
    return folded

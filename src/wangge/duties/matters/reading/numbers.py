"""Numbers as people write them: 23, 二十三, 廿三, 二十多, 七八, 30余."""

from __future__ import annotations

import re

DIGITS = {
    char: value
    for value, chars in enumerate(("零", "一幺", "二两", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
HAN = "零一二两三四五六七八九十百千万廿卅"
# A number in one writing; what may follow it (多, 几, 余) is for the finder to allow.
WHOLE = rf"(?:\d{{1,6}}|[{HAN}]{{1,7}})"


def number(digits: str, han: str, *after: str) -> str:
    """The pattern of a number, with what may follow its first digit, its first character; `after` may not precede it.

    It begins with one set of characters, and what stands before is asked second: by such a set the search runs over a
    text ten times as fast as it tries a pattern everywhere.
    """
    refused = "".join(f"(?<!{before}.)" for before in after)
    return rf"[\d{HAN}]{refused}(?:(?<=\d){digits}|(?<=[{HAN}]){han})"


# 七八, 三四十, 十五六: two neighbours side by side mean "one or the other".
NEIGHBOURS = re.compile(r"([一二三四五六七八])([二三四五六七八九])(?=十|百|千|$)")


def whole(text: str) -> int | None:
    """The number, or of an approximate one the least it can mean: 七八 is 7, 三四十 is 30. None if it is none."""
    if text.isascii() and text.isdigit():
        return int(text)
    text = NEIGHBOURS.sub(_lower, text).replace("廿", "二十").replace("卅", "三十")
    if not text or any(char not in DIGITS and char not in UNITS for char in text):
        return None
    if not any(char in UNITS for char in text):
        return int("".join(str(DIGITS[char]) for char in text))
    return _by_units(text)


def _lower(match: re.Match[str]) -> str:
    lower, upper = DIGITS[match[1]], DIGITS[match[2]]
    return match[1] if upper == lower + 1 else match[0]


def _by_units(text: str) -> int | None:
    """三百二十五 and the like: each unit multiplies the digit before it."""
    total, section, digit = 0, 0, 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char == "万":
            total, section, digit = (total + section + digit) * UNITS[char], 0, 0
        else:
            section += (digit or 1) * UNITS[char]
            digit = 0
    return total + section + digit

"""One text in one writing: half-width, capital letters kept, each character at the place it had."""

from __future__ import annotations

# Full-width forms of ASCII stand 0xFEE0 above it (Unicode, Halfwidth and Fullwidth Forms).
WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣"), "-")
DOTS = dict.fromkeys(map(ord, "•・‧∙●⋅"), "·")
BLANKS = dict.fromkeys(map(ord, "\u3000\u00a0\u200b\u200c\u200d\u2060\ufeff\ufe0f\t\r\v\f"), " ")
CONTROLS = dict.fromkeys([*range(9), *range(14, 32), *range(127, 160)], " ")
SIGNS = {ord("〇"): "零", ord("○"): "零", ord("、"): "、", ord("："): ":", ord("゜"): "°", ord("˚"): "°"}
TABLE = {**CONTROLS, **WIDE, **DASHES, **DOTS, **BLANKS, **SIGNS}


def fold(text: str) -> str:
    """The same text with every character in its plain form; as long as before, so that spans hold for both.

    Control characters and invisible blanks become spaces.
    """
    return text.translate(TABLE)

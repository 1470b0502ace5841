"""Temperatures of the body, in degrees Celsius."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangge.duties.matters.reading.numbers import whole
from wangge.duties.matters.reading.spans import Field, Found, Taken

VALUE = r"(?<![\d.])(?:3[4-9]|4[0-3])(?:[.点。·]\d{1,2})?"
JOINED = r"\s*(?:[、,/~-]|和|至|到)\s*"
UNIT = r"\s*(?:℃|°\s?[Cc]|摄氏度|度|C(?![A-Za-z]))"
# 38.2度, 38度5, 36.5、36.8、37.1度
WITH_UNIT = re.compile(rf"({VALUE}(?:{JOINED}{VALUE}){{0,9}}){UNIT}([1-9半](?![\d.]))?")
# 体温38.2, 烧到39: the word before it says what the number is.
AFTER_WORD = re.compile(
    rf"(?:体温|温度|测温|量了?|测了?|烧|发热|高热|低热)[^\d\n]{{0,8}}({VALUE}(?:{JOINED}{VALUE}){{0,9}})(?![\d.年月日号岁元人个名分点次%:])"
)
# 无不适，36.5，: alone between breaks, with one decimal, it can hardly be anything else.
ALONE = re.compile(r"(?:^|(?<=[,。;、\s]))((?:3[5-9]|4[01])\.\d)(?=[,。;、\s]|$)()")
# 张三38.1、其妻37.6: after a name or a relation, where the message speaks of measuring.
OF_SOMEBODY = re.compile(r"(?<=[\u4e00-\u9fff])((?:3[5-9]|4[01])\.\d)(?=[,。;、\s]|$)()")
MEASURING = re.compile(r"测|体温|量|烧|发热|咳")
HAN = re.compile(r"([三四]十[三四五六七八九]?)(?:点([零一二三四五六七八九]))?度([一二三四五六七八九半])?(?:\s*[Cc])?")
# 37.3℃以上 is a rule, not somebody's temperature.
THRESHOLD = re.compile(r"\s*(?:及|或)?(?:以上|以下)")
LOWEST, HIGHEST = 34.0, 43.0


def temperatures(text: str, taken: Taken) -> Iterator[Found]:
    """Every temperature that a body can have, each with its own span."""
    taken, seen = taken.copy(), []
    of_somebody = OF_SOMEBODY.finditer(text) if MEASURING.search(text) else ()
    for match in (*WITH_UNIT.finditer(text), *AFTER_WORD.finditer(text), *ALONE.finditer(text), *of_somebody):
        if THRESHOLD.match(text, match.end()) or not taken.free(*match.span(1)):
            continue
        tail = match[2] if match.re is WITH_UNIT else None
        for one in re.finditer(VALUE, match[1]):
            start = match.start(1) + one.start()
            digits = one[0].translate(str.maketrans("点。·", "..."))
            if tail and "." not in digits and one.end() == len(match[1]):
                digits = f"{digits}.{'5' if tail == '半' else tail}"
            end = match.end() if one.end() == len(match[1]) else match.start(1) + one.end()
            seen.append(Found(Field.TEMPERATURE, start, end, float(digits)))
            taken.add(seen[-1])
    seen += [found for match in HAN.finditer(text) if (found := _spoken(match)) and taken.free(found.start, found.end)]
    yield from seen


def _spoken(match: re.Match[str]) -> Found | None:
    tail = match[2] or ("五" if match[3] == "半" else match[3])
    value = float(whole(match[1]) or 0) + (whole(tail) or 0) / 10 if tail else float(whole(match[1]) or 0)
    return Found(Field.TEMPERATURE, *match.span(), round(value, 1)) if LOWEST <= value <= HIGHEST else None

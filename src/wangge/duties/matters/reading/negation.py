"""Whether a word is said not to be so: 没有发烧, 无湖北回来人员."""

from __future__ import annotations

import re

FILLERS = (
    "任何|出现|再|有过?|去过|到过|来过|接触过?|接触|发现|明显|从|曾|曾经|什么|发生|过|人|跟|与|和|在|到|去|是|外出|本地|本村|本辖区|我村|一例|"
    "其他|其它|疫区|确诊|疑似|密切"
)
NOT = re.compile(rf"(?:没有|没|无|未|并无|否认|不是|并非|从未|不曾|未见|未有|排除|零|冇)(?:{FILLERS})*\s?$")
# 无发热、咳嗽、乏力: a list shares the word before it.
LONGEST_LINK = 6
LISTED = re.compile(r"[、及和或]|以及|或者")


def negated(text: str, start: int) -> bool:
    """Whether the word that begins at `start` is denied by what stands before it."""
    return bool(NOT.search(text[max(0, start - 14) : start]))


def shares(text: str, end: int, start: int) -> bool:
    """Whether a denied word that ended at `end` is followed in the same list by the one at `start`."""
    between = text[end:start]
    listed = not between or LISTED.match(between)
    return bool(listed) and len(between) <= LONGEST_LINK and not re.search(r"[,。;!?]", between)

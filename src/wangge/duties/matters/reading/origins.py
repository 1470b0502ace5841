"""Where somebody came from: 从武汉回来, 湖北黄冈返乡人员, 来自宜昌, 去过温州."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wangge.duties.matters.reading.lexicon import Heard, Hit, longest
from wangge.duties.matters.reading.nation import WELL_KNOWN, Nation
from wangge.duties.matters.reading.negation import negated
from wangge.duties.matters.reading.spans import Doubt, Field, Found, Taken


@dataclass(frozen=True)
class Origin:
    """A place come from.

    `returned`: the words say that somebody came, not only that they are from there. `told`: they say
    anything of the kind; a place that stands alone in a list, 1月21日，武汉，自驾, tells nothing by itself.
    """

    name: str
    returned: bool
    told: bool = True


SOFT = r"[^,。;!?\n，。；！？]"
FROM = re.compile(
    r"(?:(?:从何[处地](?:返回|来)?|来自何[处地]|返回地|出发地|来源地|始发地|旅居地|途经地)[是为:]?|籍贯[是:]?|户籍地?[在是:]?|户口[在是]|曾经?[去到赴]|从|由|自|打|来自|源自|途经|途径|经过|路经|去过|到过|回过|待过|逗留过?|从了)(?:外地|外省|老家|家乡|重点疫区|疫区|的|了)?\s?$"
)
FRAME = re.compile(r"(?:从|由|自|来自|去过|到过|回过)")
# What comes after a place somebody came from, at once or a few words later.
CAME = re.compile(
    rf"(?:方向|那边|那里|市区|城区|老家|一带)?(?:{SOFT}{{0,14}}?(?:回|返|过来|来[了的到客]?|抵|到|入惠|进入|上来|下来|落来)|回|返|来(?!电))"
)
# From one part of the city to another.
CAME_OVER = re.compile(r"(?:那边|方向)?(?:开车|坐车|骑车|打车)?(?:回|返|过来|来(?!电|往))")
CAME_AT_ONCE = re.compile(r"(?:回(?!不)|返|来(?!电|往)|过来|抵|到达)")
CAME_SOON = re.compile(rf"{SOFT}{{0,8}}?(?:回来|返来|返回|返乡|返惠|返村|过来)")
# 我在广州上班，昨天回到…: the return is told in the next clause.
CAME_LATER = re.compile(rf"{SOFT}{{0,12}}[,，]{SOFT}{{0,10}}?(?:回来|回到|返回|返到|返村|返惠|回村|回家)")
OF_THERE = re.compile(r"的?(?:[,，。;；\s]|人|$)")
THERE = re.compile(
    r"(?:籍|人(?!民|大|气)|户籍|牌?客人|旅客|游客|来客|客(?=\d|来|人)|务工|打工|读书|上班|工作|学生|大学生|老乡|亲戚来|旅居|旅行史|居住史|"
    r"返|回(?!不)|来(?!电|往)|人员|出差|探亲|旅游回|做生意|经商|开店|的(?:人|车|客|亲戚|学生|工人))"
)
# 武汉肺炎, 与武汉人接触过: the place is named, nobody came from it.
NOT_THERE = re.compile(r"(?:肺炎|病毒|疫情|加油|封城|接触史|接触|亲戚吃|大学(?!生|放假|回|返)|路|大道|街|酒店|牌)")
GOING = re.compile(r"(?:去|到|往|回|赴|返|寄|发|运)(?:了|往)?$")
LISTING = frozenset(",，、;； :：\n")
REACH = 8


def origins(heard: Heard, nation: Nation, local: list[Found], taken: Taken) -> Iterator[Found]:
    """Places that the text says somebody came from. `local` are the areas of the city, which go before."""
    text = heard.text
    free = [hit for hit in _named(text, nation) if taken.free(hit.start, hit.end)]
    runs = _runs(text, [(hit.start, hit.end, hit.word) for hit in _outside_longer(free, local, len(text))])
    seen = taken.copy()
    for start, end, words in runs:
        known = any(nation.ranks[word] == WELL_KNOWN for word in words)
        denied = _denied(text, start)
        value = None if denied else _came_from(text, start, end, known)
        found = Found(Field.ORIGIN, start, end, value, Doubt.DENIED if denied else Doubt.NONE)
        if (value or denied) and seen.take(found):
            yield found
    for start, end, _ in _runs(text, [(one.start, one.end, "") for one in local]):
        over = FROM.search(text[max(0, start - REACH) : start]) and CAME_OVER.match(text, end)
        found = Found(Field.ORIGIN, start, end, Origin(text[start:end], returned=False))
        if over and seen.take(found):
            yield found
    if not runs:
        yield from _by_sound(heard, nation, Taken(text, [*local, *taken]))


def _named(text: str, nation: Nation) -> list[Hit]:
    """Places named, well-known ones first: in 从江西 it is 江西 and not the county 从江."""
    hits = list(nation.lexicon.hits(text))
    famous = longest(hit for hit in hits if nation.ranks[hit.word] == WELL_KNOWN)
    marks = Taken(text, (Found(Field.ORIGIN, hit.start, hit.end, None) for hit in famous))
    others = longest(hit for hit in hits if marks.free(hit.start, hit.end))
    return sorted([*famous, *others])


def _outside_longer(hits: list[Hit], local: list[Found], length: int) -> list[Hit]:
    """Those that are no part of a longer name of the city itself: 河南 in 河南岸."""
    lengths = bytearray(length + 1)
    for one in local:
        lengths[one.start : one.end] = bytes([min(one.end - one.start, 255)]) * (one.end - one.start)
    return [hit for hit in hits if max(lengths[hit.start : hit.end]) <= hit.end - hit.start]


def _runs(text: str, spans: list[tuple[int, int, str]]) -> list[tuple[int, int, list[str]]]:
    """Names side by side are one place: 湖北省武汉市."""
    runs: list[tuple[int, int, list[str]]] = []
    for start, end, word in spans:
        if runs and text[runs[-1][1] : start] in {"", " ", "的", "省", "市"}:
            begun, _, words = runs.pop()
            runs.append((begun, end, [*words, word]))
        else:
            runs.append((start, end, [word]))
    return runs


def _denied(text: str, start: int) -> bool:
    """Whether a place is said not to be where somebody came from: 无湖北返乡人员, 没有去过武汉."""
    framed = FROM.search(text[max(0, start - REACH) : start])
    return negated(text, start) or bool(framed and negated(text, start - len(framed[0])))


def _came_from(text: str, start: int, end: int, known: bool) -> Origin | None:
    """What the words around a place say; None where they do not say that anybody came from it."""
    before = text[max(0, start - REACH) : start]
    name = text[start:end].replace(" ", "")
    framed = FROM.search(before)
    if framed:
        came = bool(CAME.match(text, end)) or not re.match(r"\s*(?:路|往|去)", text[end : end + 2])
        return Origin(name, returned=True) if came else None
    if not known or NOT_THERE.match(text, end) or GOING.search(before):
        return None
    if CAME_AT_ONCE.match(text, end) or CAME_SOON.match(text, end):
        return Origin(name, returned=True)
    if THERE.match(text, end) or (before.endswith(("是", "系")) and OF_THERE.match(text, end)):
        return Origin(name, returned=bool(CAME_LATER.match(text, end)))
    alone = before[-1:] in LISTING and text[end : end + 1] in LISTING
    return Origin(name, returned=False, told=False) if alone else None


def _by_sound(heard: Heard, nation: Nation, taken: Taken) -> Iterator[Found]:
    """Well-known places heard wrong, only between 从 and 回来, or after 去过: 从五汉回来."""
    text = heard.text
    for frame in FRAME.finditer(text):
        start = frame.end()
        for hit in nation.sounds.hits_at(heard, start):
            said = CAME_AT_ONCE.match(text, hit.end) or frame[0].endswith("过")
            if said and hit.close(text) and taken.free(start, hit.end) and not negated(text, frame.start()):
                yield Found(Field.ORIGIN, start, hit.end, Origin(hit.word, returned=True), Doubt.BY_SOUND)
                break

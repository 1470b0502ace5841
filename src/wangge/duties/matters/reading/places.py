"""Where it is: villages, towns and regions that a text names, and which of several is meant."""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from wangge.duties.matters.reading.gazetteer import (
    FEWEST_INITIALS,
    REGIONS,
    SPOKEN_ENDS,
    Gazetteer,
    Name,
    ends_as_place,
)
from wangge.duties.matters.reading.lexicon import Heard, Hit, longest
from wangge.duties.matters.reading.spans import Doubt, Field, Found, Taken
from wangge.duties.matters.reading.venues import KINDS


@dataclass(frozen=True)
class Mention:
    """A place named in the text: what it can be, and how far that can be trusted.

    `sure`: the words themselves say that it is a place, or a town stands before it.
    """

    start: int
    end: int
    level: str
    codes: tuple[str, ...]
    sure: bool
    doubt: Doubt = Doubt.NONE


# Between a town and its village: nothing, or little. 横沥的沙岗村, 横沥镇/沙岗村, 横沥，沙岗村
JOINT = re.compile(r"[\s,、/\-·的]{0,2}(?:境内|辖区|辖内|下辖|管辖|那边|这边|那里|这里|里面)?的?[那这]?个?$")
# Between the villages of a list.
LISTING = re.compile(r"[\s、,和与及跟]|以及")
# What stands before a bare name that is a place: a beginning, or a word for being or moving somewhere.
BEFORE = re.compile(
    r"(?:^|[\s,。;:!?、()（）“”\"'《》【】\[\]#@/\n]|在|到|去|来|回|往|于|住|是|系|至|向|给|为|驻|从|和|与|及|跟"
    r"|\d[日号]|昨天|昨晚|今天|今早|今晚|前天|前晚|上午|下午|早上|中午|晚上|刚才|刚刚|我们|我|咱|咱们|本|报|报告|请|请问|地址|省|市|区|县|镇|街道|乡|隔壁|邻近|附近|前往|路过|举报|听说|这里|你好|您好|还有|另外|以及|包括)$"
)
# What makes of a bare name another thing: an estate, a road, a shop that only carries it.
OTHER_THING = re.compile(
    "(?:小区|花园|花苑|苑|大道|[东西南北中]?路(?![边口段上旁被给已断封堵])|大厦|广场|公园|中学|小学|学校|幼儿园|医院"
    rf"|酒店|宾馆|山庄|水库|大桥|车站|肺炎|病毒|人民|{'|'.join(sorted(KINDS))})"
)
# After a bare name of two characters that may be a common word, there must be a place to be felt.
AFTER = re.compile(
    r"(?:$|[\s,。;:!?、()（）\n/A-Za-z]|村|有|里|的|那边|这边|那里|这里|附近|路口|路段|村口|一带|旁边|后面|后山|[那这][个条间]"
    r"|昨|今|前天|前晚|明天|明晚|上午|下午|晚|一[个名位家户间台辆群对些]|两[个名位家户]|几|\d|过来|回来|来|刚|从|被|某"
    r"|发现|出现|派出所|卫生站|老人|没人|没有|无人|全村|全体|现有|多[人名]|共有|都有|还有|祠堂|市场|圩|老街|居民|出租|群众"
    r"|疑似|确诊)"
)
LATIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){0,5}")
MOST_BY_INITIALS = 12
# How many places before and after a name are asked which of its areas is meant.
WINDOW = 4


def mentions(heard: Heard, gazetteer: Gazetteer, taken: Taken) -> list[Mention]:
    """Every place named, in the order of the text; what is narrowed by the words around it already is."""
    text = heard.text
    hits = longest(hit for hit in gazetteer.lexicon.hits(text) if taken.free(hit.start, hit.end))
    exact = _chained(text, hits, gazetteer)
    sounding = _by_sound(heard, gazetteer, taken, exact)
    better = Taken(text, (Found(Field.VILLAGE, one.start, one.end, None) for one in sounding))
    exact = [one for one in exact if better.free(one.start, one.end)]
    spelt = _by_letters(text, gazetteer, [*exact, *sounding])
    return _listed(text, sorted([*exact, *sounding, *spelt], key=lambda one: one.start))


def _listed(text: str, found: list[Mention]) -> list[Mention]:
    """In a list of villages one that is surely a place makes those beside it as sure: 东湖社区、新建和菜园墩."""
    found = list(found)
    for order in (range(1, len(found)), range(len(found) - 2, -1, -1)):
        for here in order:
            beside, one = found[here - order.step], found[here]
            between = text[beside.end : one.start] if order.step > 0 else text[one.end : beside.start]
            if beside.sure and not one.sure and beside.level == one.level == "village" and LISTING.fullmatch(between):
                found[here] = replace(one, sure=True)
    return found


def _chained(text: str, hits: Iterable[Hit], gazetteer: Gazetteer) -> list[Mention]:
    """Hits as mentions, each read in the light of the one right before it.

    A bare name that is nothing on its own is a town after all when a village of that town follows.
    """
    found: list[Mention] = []
    before: Mention | None = None
    for hit in hits:
        if before and not JOINT.fullmatch(text[before.end : hit.start]):
            before = None
        mention = _meant(text, hit, before, gazetteer)
        if mention is None:
            before = _at_most(text, hit, gazetteer)
            continue
        pending = before is not None and before is not (found[-1] if found else None)
        # Right before a village a bare name is a town, though perhaps not the one that the village lies in.
        if before and pending and (before.end == mention.start or _below(mention.codes, before.codes, gazetteer)):
            found.append(before)
        found.append(mention)
        before = mention
    return found


def _at_most(text: str, hit: Hit, gazetteer: Gazetteer) -> Mention | None:
    """The town that a bare name could be."""
    towns = [
        name for name in gazetteer.names[hit.word] if name.level == "town" and not _is_other_thing(text, hit, name)
    ]
    return Mention(hit.start, hit.end, "town", towns[0].codes, sure=False) if towns else None


def _meant(text: str, hit: Hit, before: Mention | None, gazetteer: Gazetteer) -> Mention | None:
    """What one hit means: below the place before it if it can be, else the highest it can be on its own."""
    names = gazetteer.names[hit.word]
    if before and before.level != "village":
        for name in sorted(names, key=_depth):
            below = _below(name.codes, before.codes, gazetteer)
            if below and name.level not in REGIONS and not _is_other_thing(text, hit, name):
                return Mention(hit.start, hit.end, name.level, below, sure=True)
    for name in sorted(names, key=lambda name: (not name.sure, _depth(name))):
        if name.sure or _felt_as_place(text, hit, name):
            return Mention(hit.start, hit.end, name.level, name.codes, name.sure or ends_as_place(hit.word))
    return None


def _depth(name: Name) -> int:
    return {"village": 2, "town": 1}.get(name.level, 0)


def _below(codes: Iterable[str], above: Iterable[str], gazetteer: Gazetteer) -> tuple[str, ...]:
    """Those areas that one of the others covers."""
    upper = set(above)
    return tuple(code for code in codes if code not in upper and not upper.isdisjoint(gazetteer.places[code].above))


def _is_other_thing(text: str, hit: Hit, name: Name) -> bool:
    bare = not name.sure and not ends_as_place(hit.word)
    return bare and bool(OTHER_THING.match(text, hit.end))


def _felt_as_place(text: str, hit: Hit, name: Name) -> bool:
    """Whether a bare stem stands where a place would stand."""
    if _is_other_thing(text, hit, name) or not BEFORE.search(text[max(0, hit.start - 4) : hit.start]):
        return False
    return len(hit.word) > 2 or bool(AFTER.match(text, hit.end))


# -- by ear, and in letters --------------------------------------------------------------------------


def _by_sound(heard: Heard, gazetteer: Gazetteer, taken: Taken, exact: list[Mention]) -> list[Mention]:
    """Places whose characters match nothing: 横力镇 for 横沥镇, 墨圆村 for 墨园村.

    A word that could be any word counts only beside a place above or below it; of several words that
    sound alike the closest.
    """
    text = heard.text
    read = taken.copy()
    read.extend(Found(Field.TOWN, one.start, one.end, None) for one in exact if one.sure)
    named = [hit for hit in gazetteer.named_sounds.hits(heard) if read.free(hit.start, hit.end)]
    named = [hit for hit in named if _rings_true(text, hit, gazetteer)]
    found = _merged(text, (hit for hit in named if _level(hit, gazetteer) != "village"), gazetteer)
    villages = [hit for hit in named if _level(hit, gazetteer) == "village"]
    found += _above(heard, [*exact, *_merged(text, villages, gazetteer)], read, gazetteer)
    uppers = [*(one for one in exact if one.level != "village"), *found]
    open_ended = (upper for upper in uppers if read.free(upper.end, upper.end + 2))
    below = [hit for upper in open_ended for hit in _right_after(heard, upper, gazetteer)]
    below = [hit for hit in below if read.free(hit.start, hit.end)]
    found += _merged(text, below, gazetteer, uppers)
    found += _instead(heard, exact, gazetteer)
    read.extend(Found(Field.TOWN, one.start, one.end, None) for one in found)
    rest = (hit for hit in villages if hit.close(text) and read.free(hit.start, hit.end))
    return found + _merged(text, rest, gazetteer)


def _instead(heard: Heard, exact: list[Mention], gazetteer: Gazetteer) -> list[Mention]:
    """芦洲蓝田村, where 芦洲 has no 蓝田 but a 岚田: the village of the town named right before it that sounds so."""
    found = []
    for upper, village in pairwise(exact):
        beside = upper.level == "town" and village.level == "village" and upper.end == village.start
        if beside and not _below(village.codes, upper.codes, gazetteer):
            alike = [
                hit
                for hit in gazetteer.sounds.hits_at(heard, village.start)
                if hit.end == village.end and hit.close(heard.text)
            ]
            inside = [hit for hit in alike if _below(_codes(hit, gazetteer), upper.codes, gazetteer)]
            found += _merged(heard.text, inside, gazetteer, [upper])
    return found


def _rings_true(text: str, hit: Hit, gazetteer: Gazetteer) -> bool:
    """Whether a name heard has its end (村, 镇) in the right characters, and something of its stem."""
    said = text[hit.start : hit.end]
    end = next(end for end in SPOKEN_ENDS[_level(hit, gazetteer)] if hit.word.endswith(end))
    root, heard = hit.word.removesuffix(end), said[: -len(end)]
    return len(root) > 1 and said.endswith(end) and any(char == other for char, other in zip(root, heard, strict=True))


def _codes(hit: Hit, gazetteer: Gazetteer) -> list[str]:
    return [code for name in gazetteer.names[hit.word] for code in name.codes]


def _level(hit: Hit, gazetteer: Gazetteer) -> str:
    return gazetteer.names[hit.word][0].level


def _above(heard: Heard, villages: list[Mention], read: Taken, gazetteer: Gazetteer) -> list[Mention]:
    """Towns named or heard right before a village that could be several: 稔三 before 大墩村."""
    found = []
    unsettled = [one for one in villages if one.level == "village" and len(one.codes) > 1]
    for village in unsettled:
        for start in range(max(0, village.start - 6), village.start - 1):
            for hit in (*gazetteer.lexicon.hits_at(heard.text, start), *gazetteer.sounds.hits_at(heard, start)):
                codes = [code for name in gazetteer.names[hit.word] if name.level == "town" for code in name.codes]
                beside = JOINT.fullmatch(heard.text[hit.end : village.start]) and read.free(start, hit.end)
                if beside and _below(village.codes, codes, gazetteer):
                    doubt = Doubt.NONE if heard.text[start : hit.end] == hit.word else Doubt.BY_SOUND
                    found.append(Mention(start, hit.end, "town", tuple(codes), sure=True, doubt=doubt))
                    read.add(Found(Field.TOWN, start, hit.end, None))
    return found


def _right_after(heard: Heard, upper: Mention, gazetteer: Gazetteer) -> Iterator[Hit]:
    """What sounds like a place inside another that stands right before it."""
    for start in range(upper.end, min(upper.end + 3, len(heard.text) - 1)):
        if JOINT.fullmatch(heard.text[upper.end : start]):
            for hit in gazetteer.sounds.hits_at(heard, start):
                if _below(_codes(hit, gazetteer), upper.codes, gazetteer):
                    yield hit


def _closest(text: str, hits: Iterable[Hit]) -> list[Hit]:
    """Of hits that overlap the longest, and of those at one place all that sound exactly so, else all."""
    kept: dict[tuple[int, int], list[Hit]] = {}
    exactly: dict[tuple[int, int], bool] = {}
    used: set[int] = set()
    for _, blurred, hit in sorted((hit.start - hit.end, not hit.close(text), hit) for hit in hits):
        place = (hit.start, hit.end)
        if place in kept:
            if exactly[place] != blurred:
                kept[place].append(hit)
        elif used.isdisjoint(range(*place)):
            kept[place], exactly[place] = [hit], not blurred
            used.update(range(*place))
    return [hit for place in sorted(kept) for hit in kept[place]]


def _merged(text: str, hits: Iterable[Hit], gazetteer: Gazetteer, uppers: Iterable[Mention] = ()) -> list[Mention]:
    """Hits as mentions; words that sound the same at one place are one mention with several candidates."""
    found: dict[tuple[int, int], Mention] = {}
    ends = {one.end: one for one in uppers}
    for hit in _closest(text, hits):
        near = (ends[end] for end in range(hit.start, hit.start - 3, -1) if end in ends)
        before = next((one for one in near if JOINT.fullmatch(text[one.end : hit.start])), None)
        mention = _meant(text, hit, before, gazetteer)
        if mention is None:
            continue
        same = found.get((hit.start, hit.end))
        if same and same.level == mention.level:
            mention = replace(mention, codes=tuple(sorted({*same.codes, *mention.codes})))
        found[hit.start, hit.end] = replace(mention, doubt=Doubt.BY_SOUND)
    return list(found.values())


def _by_letters(text: str, gazetteer: Gazetteer, others: list[Mention]) -> list[Mention]:
    """Places written in letters: hongtiancun, or initials, hlsg for 横沥沙岗."""
    found: list[Mention] = []
    for match in LATIN.finditer(text):
        words = [(match.start() + one.start(), one[0].lower()) for one in re.finditer(r"[A-Za-z]+", match[0])]
        first = 0
        while first < len(words):
            first += _letters_at(words[first:], gazetteer, [*others, *found], found)
    return found


def _letters_at(words: list[tuple[int, str]], gazetteer: Gazetteer, others: list[Mention], found: list[Mention]) -> int:
    """Take the longest run of words that spells a place; the number of words gone through."""
    for count in range(len(words), 0, -1):
        spelt = "".join(word for _, word in words[:count])
        codes = gazetteer.letters.get(spelt)
        if not codes:
            continue
        levels = {gazetteer.places[code].level for code in codes}
        level = "town" if "town" in levels else "village"
        same = sorted(code for code in codes if gazetteer.places[code].level == level)
        upper = next((one for one in reversed(others) if one.level != "village"), None)
        below = _below(sorted(codes), upper.codes, gazetteer) if upper else ()
        beside = upper is not None and below and 0 <= words[0][0] - upper.end <= 1
        if len(spelt) < FEWEST_INITIALS and not beside:
            continue
        if below:
            level, same = gazetteer.places[below[0]].level, list(below)
        if len(same) <= MOST_BY_INITIALS:
            last_start, last = words[count - 1]
            found.append(Mention(words[0][0], last_start + len(last), level, tuple(same), sure=True))
        return count
    return 1


# -- which is meant ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Whereabouts:
    """What the mentions of a text come to: one village, or one town, or several villages to choose from."""

    village: str = ""
    town: str = ""
    candidates: tuple[str, ...] = ()


def whereabouts(found: list[Mention], gazetteer: Gazetteer) -> Whereabouts:
    """The place a message speaks of. Several villages named, or one name of several, are candidates.

    What may be a place or a word counts where nothing else is named, and where a choice has to be made anyway.
    """
    uppers = [one for one in found if one.level != "village"]
    villages = [_narrowed(one, uppers, gazetteer) for one in found if one.level == "village"]
    sure = [one for one in villages if one.sure]
    if sure and len({one.codes for one in sure}) == 1:
        villages = sure
    elif sure:
        villages = [one for one in villages if one.sure or len(one.codes) == 1]
    groups = _narrowest([one.codes for one in villages])
    codes = tuple(sorted({code for group in groups for code in group}))
    if len(codes) == 1:
        return Whereabouts(village=codes[0])
    if codes:
        return Whereabouts(candidates=codes)
    towns = {code for one in uppers if one.level == "town" for code in _narrowed(one, uppers, gazetteer).codes}
    return Whereabouts(town=towns.pop()) if len(towns) == 1 else Whereabouts()


def _narrowest(groups: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Each group once, without those that hold a smaller one: the same place was named more clearly elsewhere."""
    known = dict.fromkeys(groups)
    holding: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for group in known:
        for code in group:
            holding[code].append(group)
    return [group for group in known if not any(set(other) < set(group) for code in group for other in holding[code])]


def _narrowed(mention: Mention, uppers: list[Mention], gazetteer: Gazetteer) -> Mention:
    """A name of several areas, kept to those that lie in what else the text names; nearest words first."""
    codes = mention.codes
    if len(codes) == 1:
        return mention
    here = bisect(uppers, mention.start, key=lambda one: one.start)
    near = uppers[max(0, here - WINDOW) : here + WINDOW]
    for upper in sorted(near, key=lambda one: min(abs(one.end - mention.start), abs(one.start - mention.end))):
        if len(codes) > 1 and upper is not mention:
            codes = _below(codes, upper.codes, gazetteer) or codes
    return replace(mention, codes=codes)

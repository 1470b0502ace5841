"""The areas by every name people give them: in full, in short, by stem, by sound, in letters."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from wangge.duties.matters.reading.lexicon import Lexicon, Sounds
from wangge.duties.matters.reading.sounds import initials, spellings
from wangge.ground.areas.rules import short_name, stem


@dataclass(frozen=True)
class Place:
    """One area: `above` are the codes of all areas that cover it, `aliases` names it also goes by."""

    code: str
    level: str
    name: str
    above: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()


REGIONS = ("province", "city", "county", "district")
# What an official name may end in, and how people end it instead. The part before is the stem.
TOWN_ENDS = re.compile(
    r"(街道办事处|街道|瑶族乡|民族乡|畲族乡|镇|乡|管理委员会|管委会|滨海旅游渡假区管理委员会|生态旅游区管理委员会|省级自然保护区|自然保护区|"
    r"高新科技产业园|工业园|产业园|产业转移园|林场)$"
)
REGION_ENDS = re.compile(r"(自治区|特别行政区|自治州|地区|省|市|区|县|旗|盟)$")
TOWN_SAID = ("镇", "街道", "街道办", "街道办事处", "办事处", "乡", "街办", "圩镇", "镇政府")
REGION_SAID = ("区", "县", "市", "省", "高新区", "开发区", "经济开发区")
RESIDENTS_SAID = ("社区", "居委", "居委会", "社区居委会", "社区居民委员会", "居民委员会", "小区居委会")
VILLAGERS_SAID = ("村", "村委", "村委会", "村民委员会", "村村委会", "村村民委员会", "行政村")
# Of the ends only the first words: what follows them adds nothing to how a name sounds.
SPOKEN_ENDS = {"village": ("村", "社区", "居委"), "town": ("镇", "街道", "乡"), **dict.fromkeys(REGIONS, ("区", "县"))}
# How names end in letters, written out and by their initials.
LATIN_ENDS = {
    "town": (("zhen", "jiedao"), ("z", "jd")),
    "residents": (("shequ", "juwei", "juweihui"), ("sq", "jw", "jwh")),
    "villagers": (("cun", "cunwei", "cunweihui"), ("c", "cw", "cwh")),
}
# Two initials count only right after the town, 横沥my.
FEWEST_LETTERS, FEWEST_INITIALS, FEWEST_BESIDE = 4, 3, 2
# Latin abbreviations in daily use; they are never the initials of a village.
ABBREVIATIONS = """
app ktv vip led atm usb gps pos wifi cctv qq wx vx pm am ok hi cpu dna rna pcr ct icu html http https www com cn net org
css js sql cmd sos bbc nba mpa kfc ppt pdf doc xls jpg png mp min max num tel fax abc the and for you
"""
NO_INITIALS = frozenset(ABBREVIATIONS.split())


@dataclass(frozen=True)
class Name:
    """What a name can mean: codes of areas by level. `sure`: it says itself that it is a place."""

    level: str
    codes: tuple[str, ...]
    sure: bool


class Gazetteer:
    """All names of all areas, looked up in a text at a cost that does not grow with their number."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = {place.code: place for place in places}
        self.names: dict[str, list[Name]] = self._gather()
        self.lexicon = Lexicon(self.names)
        # What ends as places end, and what may be any word: the second counts only beside another place.
        named = {root + end for place, root in self._stems() for end in SPOKEN_ENDS[place.level]}
        self.named_sounds = Sounds((word for word in named if word in self.names and len(word) > 2), partly=True)
        self.sounds = Sounds({*named, *(root for _, root in self._stems())} & self.names.keys())
        self.letters = self._letters()

    def path(self, code: str) -> list[str]:
        """The names from the county down to an area; KeyError for a code that is none."""
        above = [self.places[upper] for upper in self.places[code].above if upper in self.places]
        named = [place for place in above if place.level in {"county", "town"}]
        chain = [*sorted(named, key=lambda place: len(place.code)), self.places[code]]
        return [short_name(place.name) for place in chain]

    def _stems(self) -> Iterator[tuple[Place, str]]:
        return ((place, stem_of(place, self.places)) for place in self.places.values())

    def _gather(self) -> dict[str, list[Name]]:
        codes: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
        for place in self.places.values():
            for word, own in _said(place, self.places):
                known = codes[word, place.level]
                known[place.code] = known.get(place.code, False) or own
        names: dict[str, list[Name]] = defaultdict(list)
        for (word, level), known in codes.items():
            official = tuple(sorted(code for code, own in known.items() if own))
            # 平潭社区 is the residents' committee; only where none is called so may it be another's stem.
            chosen = official or tuple(sorted(known))
            # 新村, 下村 and the like are words of their own, too.
            sure = bool(official) or ends_as_place(word)
            names[word].append(Name(level, chosen, sure and (level in REGIONS or len(word) > 2)))
        return dict(names)

    def _letters(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for place in self.places.values():
            if place.level not in {"village", "town"}:
                continue
            root = stem_of(place, self.places)
            kind = "town" if place.level == "town" else "residents" if _of_residents(place.name) else "villagers"
            long, short = LATIN_ENDS[kind]
            words = {f"{one}{end}" for one in spellings(root) for end in ("", *long)}
            first = {f"{one}{end}" for one in initials(root) for end in ("", *short)} if len(root) > 1 else set()
            for upper in self._towns_above(place):
                # With the town before it: henglimoyuan, hlmy.
                words |= {f"{one}{word}" for one in spellings(upper) for word in list(words)}
                first |= {f"{one}{word}" for one in initials(upper) for word in list(first)}
            kept = {word for word in words if len(word) >= FEWEST_LETTERS}
            for word in kept | {one for one in first if len(one) >= FEWEST_BESIDE and one not in NO_INITIALS}:
                found[word].add(place.code)
        return dict(found)

    def _towns_above(self, place: Place) -> list[str]:
        """The stems of the towns over a village."""
        towns = [self.places[code] for code in place.above if code in self.places]
        return [stem_of(town, self.places) for town in towns if town.level == "town"]


def stem_of(place: Place, places: dict[str, Place]) -> str:
    """What is left of a name without the words for what it is, and without the area above it."""
    if place.level == "village":
        return stem(place.name)
    bare = (TOWN_ENDS if place.level in {"town", "station"} else REGION_ENDS).sub("", place.name) or place.name
    if place.level == "town":
        above = [places[code] for code in place.above if code in places and places[code].level in REGIONS]
        for upper in sorted((REGION_ENDS.sub("", one.name) for one in above), key=len, reverse=True):
            if bare.startswith(upper) and len(bare) - len(upper) > 1:
                return bare.removeprefix(upper).lstrip("省市区县")
        if any(bare in {one.name, REGION_ENDS.sub("", one.name)} for one in above):
            return place.name  # 惠州市林场 is not the 惠州市 of its name
    return bare


def _said(place: Place, places: dict[str, Place]) -> Iterator[tuple[str, bool]]:
    """Every way to say a place, and whether it is its own name (and not only one that could be)."""
    for alias in place.aliases:
        yield from _said(replace(place, name=alias, aliases=()), places)
    root = stem_of(place, places)
    yield place.name, True
    if place.level == "village":
        yield short_name(place.name), True
        both = (RESIDENTS_SAID, VILLAGERS_SAID)
        own, other = both if _of_residents(place.name) else both[::-1]
        yield from ((root + end, True) for end in own)
        yield from ((root + end, False) for end in other)
    elif place.level == "town":
        yield from ((root + end, True) for end in TOWN_SAID)
    else:
        yield from ((root + end, True) for end in REGION_SAID)
    if len(root) > 1:
        yield root, place.level in REGIONS


def _of_residents(name: str) -> bool:
    """Whether a village-level area is a residents' committee 居委会, by its name."""
    return name.endswith(("居委会", "居民委员会", "社区"))


def ends_as_place(word: str) -> bool:
    return word.endswith((*RESIDENTS_SAID, *VILLAGERS_SAID, *TOWN_SAID))

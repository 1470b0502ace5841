"""Provinces, cities and counties of the whole country: the places that people come from.

The list is that of python-stdnum, which keeps it to check residents' numbers (GB/T 2260, with the years
in which each code was in force).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from stdnum import numdb

from wangge.duties.matters.reading.lexicon import Lexicon, Sounds

ENDS = re.compile(
    r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|地区|省|市|盟|新区|林区|区|县|"
    r"(?:[\u4e00-\u9fff]{1,3}族)+自治[州县]|自治州|自治县)$"
)
# Names of groups of counties, which are no places.
NO_PLACES = frozenset(
    {
        "市辖区",
        "县",
        "省直辖县级行政单位",
        "省直辖县级行政区划",
        "自治区直辖县级行政区划",
        "市辖县",
        "城区",
        "郊区",
        "矿区",
    }
)
# Parts of cities that everybody names and no list of counties has.
SPOKEN = ("汉口",)
IN_FORCE = re.compile(r"^\[(\d*)-(\d*)\](.+)$")
CITY_PART = re.compile(r"^\d{2}00$")
# Suburbs, districts and counties are many, and called like words; they count only beside their city, or after 从.
WELL_KNOWN, LITTLE_KNOWN = "city", "county"


@dataclass(frozen=True)
class Nation:
    """Names by how well they are known, for one city that is at home and left out."""

    ranks: dict[str, str]
    lexicon: Lexicon
    sounds: Sounds


def _listed() -> Iterator[tuple[str, str, str]]:
    """Every place in force: province code, the four digits after it (empty for a province), name."""
    for _, code, _, properties, below in numdb.get("cn/loc").prefixes:
        yield code, "", properties["province"]
        for _, digits, _, values, _ in below:
            for written in values["county"].split(","):
                dated = IN_FORCE.match(written)
                if dated is None or not dated[2]:
                    yield code, digits, dated[3] if dated else written


def stem(name: str) -> str:
    """The name as people say it: 湖北省 is 湖北, 恩施土家族苗族自治州 is 恩施."""
    bare = ENDS.sub("", name)
    return bare if len(bare) > 1 else name


@lru_cache(maxsize=4)
def nation(home: frozenset[str]) -> Nation:
    """The names of the country without those in `home`, stems of the city's own areas and of its province."""
    ranks = dict.fromkeys(SPOKEN, LITTLE_KNOWN)
    for _, digits, name in _listed():
        if name in NO_PLACES or stem(name) in home:
            continue
        known = WELL_KNOWN if not digits or CITY_PART.match(digits) else LITTLE_KNOWN
        for word in {name, stem(name)}:
            if len(word) > 1 and ranks.get(word) != WELL_KNOWN:
                ranks[word] = known
    famous = [word for word, known in ranks.items() if known == WELL_KNOWN]
    return Nation(ranks, Lexicon(ranks), Sounds(famous))

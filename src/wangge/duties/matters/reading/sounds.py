"""How characters sound, without tones, for what was written down by ear or typed by sound."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import islice, product

from pypinyin.constants import PINYIN_DICT

MARKS = {"\u0300", "\u0301", "\u0304", "\u030c"}  # the four tones
# What speakers of the south do not tell apart, and speech recognition confuses: zh and z, n and l, ng and n.
CONFUSED_STARTS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
MOST_SPELLINGS = 8


def _toneless(syllable: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFD", syllable) if char not in MARKS)
    return unicodedata.normalize("NFC", bare).replace("ü", "v")


def _blurred(syllable: str) -> str:
    """The syllable as a careless ear hears it."""
    for start, becomes in CONFUSED_STARTS:
        if syllable.startswith(start):
            syllable = becomes + syllable[len(start) :]
            break
    return syllable.removesuffix("g").replace("v", "u") if syllable.endswith("ng") else syllable.replace("v", "u")


@lru_cache(maxsize=32_768)
def readings(char: str) -> tuple[str, ...]:
    """The syllables a character is read as, commonest first, without tones; none for what is no Chinese character."""
    known = PINYIN_DICT.get(ord(char), "")
    return tuple(dict.fromkeys(_toneless(one) for one in known.split(",") if one))


@lru_cache(maxsize=32_768)
def blurred(char: str) -> tuple[str, ...]:
    """The syllables of `readings` with what is easily misheard made equal."""
    return tuple(dict.fromkeys(map(_blurred, readings(char))))


def alike(char: str, other: str) -> bool:
    """Whether two characters can be read the same, tones apart."""
    return char == other or not set(readings(char)).isdisjoint(readings(other))


def spellings(text: str) -> tuple[str, ...]:
    """A name in letters, 东湖 as donghu; several where a character has several readings."""
    parts = [readings(char)[:2] or (char.lower(),) for char in text]
    return tuple("".join(one) for one in islice(product(*parts), MOST_SPELLINGS))


def initials(text: str) -> tuple[str, ...]:
    """The first letters of a name, 东湖社区 as dhsq."""
    parts = [tuple(dict.fromkeys(one[0] for one in readings(char)[:2])) or (char.lower(),) for char in text]
    return tuple("".join(one) for one in islice(product(*parts), MOST_SPELLINGS))

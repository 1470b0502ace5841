"""A list of words that is looked up at every place of a text: by characters, and by sound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress, count, product
from operator import concat, eq
from typing import NamedTuple

from wangge.duties.matters.reading.sounds import alike, blurred


class Hit(NamedTuple):
    """A word of the lexicon at `text[start:end]`."""

    start: int
    end: int
    word: str

    def close(self, text: str) -> bool:
        """Whether what stands in the text sounds exactly like the word, tones apart."""
        return all(map(alike, text[self.start : self.end], self.word))


class Lexicon:
    """Words of two characters or more. Looking up costs the same however many words there are."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(word for word in words if len(word) > 1)
        lengths: dict[str, set[int]] = defaultdict(set)
        for word in self.words:
            lengths[word[:2]].add(len(word))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}

    def hits(self, text: str) -> Iterator[Hit]:
        """Every occurrence of every word, from the left, at one place the longest first."""
        # No loop of Python's own over the characters: most of them begin no word.
        begins = map(self._lengths.__contains__, map(concat, text, text[1:]))
        for start in compress(count(), begins):
            yield from self.hits_at(text, start)

    def hits_at(self, text: str, start: int) -> Iterator[Hit]:
        """The words that begin at one place, the longest first."""
        for length in self._lengths.get(text[start : start + 2], ()):
            word = text[start : start + length]
            # At the end of the text a slice is shorter than asked for, and may be another word.
            if len(word) == length and word in self.words:
                yield Hit(start, start + length, word)


class Heard(NamedTuple):
    """A text with what each of its characters sounds like."""

    text: str
    syllables: list[tuple[str, ...]]


def hear(text: str) -> Heard:
    """The text made ready for `Sounds`."""
    return Heard(text, [blurred(char) for char in text])


# Words by their third syllable, each with what its fourth and later characters sound like.
Thirds = dict[str, list[tuple[str, list[tuple[str, ...]]]]]


class Sounds:
    """Words of two characters or more, found where something sounds like them.

    `partly`: one character at least must be right, for words that nothing beside them speaks for.
    """

    def __init__(self, words: Iterable[str], *, partly: bool = False) -> None:
        self._partly = partly
        # By the first syllable, the second and the third (empty where there is none): words with what follows.
        self._known: dict[str, dict[str, Thirds]] = {}
        for word in dict.fromkeys(words):
            heard = [blurred(char) for char in word]
            if len(word) > 1 and all(heard):
                for first, second, third in product(heard[0], heard[1], heard[2] if len(word) > 2 else ("",)):
                    thirds = self._known.setdefault(first, {}).setdefault(second, defaultdict(list))
                    thirds[third].append((word, heard[3:]))
        # The same two characters come again and again, and mostly sound like the beginning of nothing.
        self._begun_by = lru_cache(maxsize=65_536)(self._beginning)

    def hits(self, heard: Heard) -> Iterator[Hit]:
        """Every place that sounds like a word without being it."""
        text = heard.text
        begun = list(map(self._begun_by, text, text[1:]))
        for start in compress(count(), begun):
            for thirds in begun[start]:
                yield from self._at(heard, start, thirds)

    def hits_at(self, heard: Heard, start: int) -> Iterator[Hit]:
        """The words that what begins at one place sounds like."""
        for thirds in self._begun_by(*heard.text[start : start + 2]) if start + 1 < len(heard.text) else ():
            yield from self._at(heard, start, thirds)

    def _beginning(self, first: str, second: str) -> list[Thirds]:
        """The words that sound like these two characters at their beginning."""
        heard = product(blurred(first), blurred(second))
        return [thirds for one, other in heard if (thirds := self._known.get(one, {}).get(other))]

    def _at(self, heard: Heard, start: int, by_third: Thirds) -> Iterator[Hit]:
        thirds = heard.syllables[start + 2] if start + 2 < len(heard.syllables) else ()
        for third in ("", *thirds):
            for word, rest in by_third.get(third, ()):
                said = heard.text[start : start + len(word)]
                if said == word or len(said) != len(word) or (self._partly and not _shared(said, word)):
                    continue
                if not rest or _agree(rest, heard.syllables, start + 3):
                    yield Hit(start, start + len(word), word)


def _shared(said: str, word: str) -> bool:
    return any(map(eq, said, word))


def _agree(wanted: list[tuple[str, ...]], heard: list[tuple[str, ...]], start: int) -> bool:
    return all(any(one in heard[place] for one in syllables) for place, syllables in enumerate(wanted, start))


def longest(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits that overlap the longest, of equally long ones the first; in the order of the text."""
    ordered = sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start))
    used = bytearray(max((hit.end for hit in ordered), default=0))
    kept: list[Hit] = []
    for hit in ordered:
        if used.find(1, hit.start, hit.end) < 0:
            kept.append(hit)
            used[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
    return sorted(kept)

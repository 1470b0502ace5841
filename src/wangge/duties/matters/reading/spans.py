"""What finders give back: a value, and where in the text it was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """What can be read from a message."""

    KIND = "kind"
    VILLAGE = "village"
    TOWN = "town"
    REGION = "region"
    ADDRESS = "address"
    ORIGIN = "origin"
    TIME = "time"
    PEOPLE = "people"
    PHONE = "phone"
    DOCUMENT = "document"
    PLATE = "plate"
    TEMPERATURE = "temperature"
    VENUE = "venue"
    NAME = "name"


class Doubt(StrEnum):
    """Why something that was recognised is not taken as it stands, or only with a caution."""

    NONE = ""
    NO_SUCH_DAY = "no_such_day"
    WRONG_NUMBER = "wrong_number"
    BY_SOUND = "by_sound"
    DENIED = "denied"


class Found(NamedTuple):
    """One value and its span `text[start:end]`. `value` is None where nothing can be taken."""

    field: Field
    start: int
    end: int
    value: object
    doubt: Doubt = Doubt.NONE


# Where a thought ends: what stands beyond it says little about what stands before.
BREAK = re.compile(r"[\n,。;!?，；！？]")


class Taken:
    """Which characters of a text are read already, and as what. A question costs the same however many there are."""

    def __init__(self, text: str, found: Iterable[Found] = ()) -> None:
        self.found: list[Found] = []
        self._marks = bytearray(len(text))
        for one in found:
            self.add(one)

    def __iter__(self) -> Iterator[Found]:
        return iter(self.found)

    def copy(self) -> Taken:
        """The same, to be added to apart."""
        other = Taken("")
        other.found, other._marks = self.found.copy(), self._marks.copy()
        return other

    def add(self, one: Found) -> None:
        """Mark the characters of a span."""
        self.found.append(one)
        self._marks[one.start : one.end] = b"\1" * (one.end - one.start)

    def extend(self, found: Iterable[Found]) -> None:
        """Mark the characters of several spans, all of them read before the first is marked."""
        for one in list(found):
            self.add(one)

    def take(self, one: Found) -> bool:
        """Mark a span unless it shares a character with one marked before; whether it did not."""
        if not self.free(one.start, one.end):
            return False
        self.add(one)
        return True

    def free(self, start: int, end: int) -> bool:
        """Whether no character between is marked."""
        return self._marks.find(1, start, end) < 0

    def clear_from(self, start: int, end: int) -> int:
        """Where after the last marked character between the two the unmarked ones begin; `start` if none is marked."""
        last = self._marks.rfind(1, start, end)
        return start if last < 0 else last + 1

"""How like one report is to another 疑似重复: pure. What is alike is said in reasons, never only in a number."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rapidfuzz import fuzz

EARTH_METRES = 6_371_000.0
NEAR_METRES = 300.0
CLOSE_IN_TIME = timedelta(hours=6)
FEWEST_CHARACTERS, MOST_CHARACTERS = 6, 400
SIMILAR_WORDS = 60.0
ENOUGH = 0.5

Point = tuple[float, float]  # longitude, latitude, in degrees


@dataclass(frozen=True)
class Told:
    """What a report says, as far as it can be held against another: `words` in normal form."""

    kind: str
    area_id: UUID
    observed_at: datetime
    words: str = ""
    point: Point | None = None


@dataclass(frozen=True)
class Reason:
    """One thing that two reports have in common, and how much it alone speaks for their being one (0 to 1).

    `detail` is a number to be shown: hours apart, metres apart, per cent of words alike.
    """

    code: str
    strength: float
    detail: int = 0


def words_of(text: str) -> str:
    """The words of a text, by which texts are compared: no spaces, no punctuation, no marks of width or case."""
    folded = unicodedata.normalize("NFKC", text[: 4 * MOST_CHARACTERS]).casefold()
    return re.sub(r"[\W_]+", "", folded)[:MOST_CHARACTERS]


def reasons(new: Told, old: Told) -> list[Reason]:
    """What speaks for the two being one event, the strongest first; nothing where nothing does."""
    found = [reason for reason in (_same_kind(new, old), _near(new, old), _words(new, old)) if reason]
    return sorted(found, key=lambda reason: -reason.strength)


def likelihood(found: Iterable[Reason]) -> float:
    """How likely the reasons together make it, 0 to 1: each lessens what doubt the others left."""
    return 1 - math.prod(1 - reason.strength for reason in found)


def _same_kind(new: Told, old: Told) -> Reason | None:
    apart = abs(new.observed_at - old.observed_at)
    if new.area_id != old.area_id or new.kind != old.kind or apart > 4 * CLOSE_IN_TIME:
        return None
    return Reason("kind", 0.5 if apart <= CLOSE_IN_TIME else 0.3, round(apart.total_seconds() / 3600))


def _near(new: Told, old: Told) -> Reason | None:
    if new.point is None or old.point is None:
        return None
    metres = distance(new.point, old.point)
    return Reason("near", 0.6 * (1 - metres / (2 * NEAR_METRES)), round(metres)) if metres <= NEAR_METRES else None


def _words(new: Told, old: Told) -> Reason | None:
    if min(len(new.words), len(old.words)) < FEWEST_CHARACTERS:
        return None
    # A short message may be all within a long one; that alone says less than two texts that are alike as wholes.
    alike = max(fuzz.ratio(new.words, old.words), 0.9 * fuzz.partial_ratio(new.words, old.words))
    return Reason("words", (alike - 20) / 100, round(alike)) if alike >= SIMILAR_WORDS else None


def distance(one: Point, other: Point) -> float:
    """Metres between two points on the globe."""
    (lon1, lat1), (lon2, lat2) = ((math.radians(lon), math.radians(lat)) for lon, lat in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_METRES * math.asin(min(1.0, math.sqrt(half)))

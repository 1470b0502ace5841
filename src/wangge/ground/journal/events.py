"""The catalogue of event types: what may stand in the journal, and with which data.

A room declares its types once, at import. Data keys are declared too, because the journal holds
references and counts only: a key nobody declared is a way for a name or a number to slip in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CATALOGUE: dict[str, EventType] = {}
COLUMNS = {"type", "at", "observed_at", "actor_id", "area_id", "subject_id", "response_id", "exercise"}


@dataclass(frozen=True)
class EventType:
    """One type of event: `name` in the past tense, a Chinese label, and the data keys it may carry.

    A type that `counts` may carry whole numbers under further keys: quantities that a pack names.
    """

    name: str
    zh: str
    keys: frozenset[str]
    counts: bool = False

    def refused(self, data: Mapping[str, object]) -> list[str]:
        """The keys of the data that an event of this type may not carry."""
        unknown = data.keys() - self.keys
        return sorted(key for key in unknown if not (self.counts and type(data[key]) is int)) if unknown else []


def event_type(name: str, zh: str, *keys: str, counts: bool = False) -> str:
    """Declare an event type and return its name; declaring it twice, or a column as a data key, is a mistake."""
    if name in CATALOGUE:
        raise ValueError(f"event type {name} is declared twice")
    if COLUMNS.intersection(keys):
        raise ValueError(f"event type {name}: {sorted(COLUMNS.intersection(keys))} every event has as a column")
    CATALOGUE[name] = EventType(name, zh, frozenset(keys), counts)
    return name

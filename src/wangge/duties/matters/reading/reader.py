"""Reads one message: each finder in turn, what it found before going to the next, overlaps settled by that order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from wangge.duties.matters.reading.addresses import addresses
from wangge.duties.matters.reading.counts import counts, people_meant
from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.duties.matters.reading.folding import fold
from wangge.duties.matters.reading.identity import documents, phones, plates
from wangge.duties.matters.reading.kinds import KindRead, KindRules, kind_of
from wangge.duties.matters.reading.lexicon import hear
from wangge.duties.matters.reading.names import names
from wangge.duties.matters.reading.origins import Origin, origins
from wangge.duties.matters.reading.places import Mention, Whereabouts, mentions, whereabouts
from wangge.duties.matters.reading.spans import BREAK, Doubt, Field, Found, Taken
from wangge.duties.matters.reading.temperatures import temperatures
from wangge.duties.matters.reading.times import Moment, times
from wangge.duties.matters.reading.venues import venues
from wangge.ground.kernel.clock import local

TO = frozenset("到至-")


@dataclass(frozen=True)
class Reading:
    """What was read from one message. `found` holds every value with its span in the text, in its order.

    The other fields say what those values come to; None and empty where the message says nothing.
    """

    found: tuple[Found, ...]
    place: Whereabouts
    kind: str | None
    origin: str | None
    moment: Moment | None
    people_count: int | None
    venue: str | None
    address: str | None

    @property
    def occurred_on(self) -> date | None:
        """The day on which it happened."""
        return self.moment.on if self.moment else None

    def values(self, field: Field, *doubts: Doubt) -> list[object]:
        """The values of one field in the order of the text, each once: the sound ones, or those with these doubts."""
        wanted = doubts or (Doubt.NONE, Doubt.BY_SOUND)
        return list(dict.fromkeys(one.value for one in self.found if one.field == field and one.doubt in wanted))

    def as_json(self) -> dict[str, object]:
        """The keys of `wangge read --json`: of village_code, town_code and village_candidates the one that fits."""
        if self.place.candidates:
            place: dict[str, object] = {"village_candidates": list(self.place.candidates)}
        elif self.place.town:
            place = {"town_code": self.place.town}
        else:
            place = {"village_code": self.place.village or None}
        return {
            "kind": self.kind,
            **place,
            "origin": self.origin,
            "occurred_on": self.occurred_on.isoformat() if self.occurred_on else None,
            "people_count": self.people_count,
            "phones": self.values(Field.PHONE),
            "document_numbers": self.values(Field.DOCUMENT),
            "invalid_document_numbers": self.values(Field.DOCUMENT, Doubt.WRONG_NUMBER),
            "plates": self.values(Field.PLATE),
            "temperatures": self.values(Field.TEMPERATURE),
            "venue": self.venue,
            "names": self.values(Field.NAME),
        }


def read(text: str, received_at: datetime, dictionaries: Dictionaries) -> Reading:
    """What a message says, with the span of every value in `text`. Never raises for any text.

    `received_at` is an aware instant; 昨天 and the like count from its day in the city. Nothing is
    invented: a field that the words do not give stays empty.
    """
    heard = hear(fold(text))
    plain = heard.text
    found = _exact_values(plain, local(received_at))
    places = mentions(heard, dictionaries.gazetteer, found)
    came = list(origins(heard, dictionaries.nation, _as_found(places), found))
    elsewhere = Taken(plain, came)
    places = [one for one in places if elsewhere.free(one.start, one.end)]
    found.extend([*came, *_as_found(places)])
    found.extend(counts(plain, found))
    found.extend(addresses(plain, [(one.start, one.end) for one in places], found))
    found.extend(venues(plain, dictionaries.venues, found))
    found.extend(names(plain, found))
    kind = kind_of(heard, dictionaries.kinds, found)
    kept = [one for one in found if _stands(one, kind, dictionaries.kinds)]
    return _summed_up(plain, kept, kind, whereabouts(places, dictionaries.gazetteer))


def _exact_values(text: str, received: datetime) -> Taken:
    """What has a form of its own, whatever the dictionaries: numbers, plates, temperatures, times."""
    found = Taken(text, documents(text))
    found.extend(phones(text, found))
    found.extend(plates(text, found))
    found.extend(temperatures(text, found))
    found.extend(times(text, received, found))
    return found


def _as_found(places: list[Mention]) -> list[Found]:
    fields = {"village": Field.VILLAGE, "town": Field.TOWN}
    return [Found(fields.get(one.level, Field.REGION), one.start, one.end, one.codes, one.doubt) for one in places]


def _stands(one: Found, kind: Found | None, kinds: KindRules) -> bool:
    """Whether something found is a value at all: not what is denied, nor a place only listed in another matter."""
    if isinstance(one.value, Origin) and not one.value.told:
        return kind is not None and isinstance(kind.value, KindRead) and kind.value.code in kinds.asking("origin")
    return one.doubt != Doubt.DENIED


def _summed_up(text: str, found: list[Found], kind: Found | None, place: Whereabouts) -> Reading:
    people = people_meant(text, [one for one in found if one.field == Field.PEOPLE])
    came = [one.value for one in found if isinstance(one.value, Origin)]
    origin = next((one for one in came if one.returned), next(iter(came), None))
    return Reading(
        found=tuple(sorted([*found, *([kind] if kind else [])], key=lambda one: (one.start, one.end))),
        place=place,
        kind=kind.value.code if kind and isinstance(kind.value, KindRead) else None,
        origin=origin.name if origin else None,
        moment=_moment_meant(text, found, kind),
        people_count=people.value if people and isinstance(people.value, int) else None,
        venue=next((str(one.value) for one in found if one.field == Field.VENUE), None),
        address=next((str(one.value) for one in found if one.field == Field.ADDRESS), None),
    )


def _moment_meant(text: str, found: list[Found], kind: Found | None) -> Moment | None:
    """Of several times the one nearest to the words that say what happened; without such words the first.

    A time in the same clause goes before one told earlier, and that before one told later. Of 前晚到今早 the
    first is when it began.
    """
    times_told = sorted((one for one in found if isinstance(one.value, Moment)), key=lambda one: one.start)
    begins = {one.end for one in times_told}
    dated = [one for one in times_told if not (text[one.start - 1 : one.start] in TO and one.start - 1 in begins)]
    if kind:
        dated.sort(key=lambda one: _far(text, one, kind))
    return dated[0].value if dated and isinstance(dated[0].value, Moment) else None


def _far(text: str, one: Found, other: Found) -> tuple[int, int]:
    """How far a time stands from what it may be the time of; people say it before, and in the same clause."""
    after = one.start > other.start
    between = text[other.end : one.start] if after else text[one.end : other.start]
    return (2 if BREAK.search(between) else 0) + after, len(between)

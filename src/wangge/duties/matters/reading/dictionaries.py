"""What the reader knows: the areas by name, the country by name, the pack's kinds and venues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wangge.duties.matters.reading.gazetteer import REGION_ENDS, Gazetteer, Place
from wangge.duties.matters.reading.kinds import KindRules, rules_of
from wangge.duties.matters.reading.nation import Nation, nation
from wangge.duties.matters.reading.venues import pattern_of
from wangge.ground.responses.packs.schema import Pack

# Used where a pack's protocols name no temperature for the day.
FEVER = 37.3


@dataclass(frozen=True, repr=False)
class Dictionaries:
    """Made once for the areas and the pack of an installation, then read from by any number of messages."""

    gazetteer: Gazetteer
    nation: Nation
    kinds: KindRules
    venues: re.Pattern[str]


def dictionaries_of(places: Iterable[Place], pack: Pack) -> Dictionaries:
    """The dictionaries of a city's areas and a plan pack."""
    gazetteer = Gazetteer(places)
    regions = [place for place in gazetteer.places.values() if place.level in {"city", "county", "district"}]
    home = frozenset(REGION_ENDS.sub("", place.name) for place in regions)
    country = nation(home)
    fever = min((protocol.fever_celsius for protocol in pack.protocols), default=FEVER)
    kinds = rules_of(pack.kinds, fever, country.ranks)
    places_counted = {kind.name for entry in pack.log_kinds.values() for kind in entry.place_kinds}
    return Dictionaries(
        gazetteer, country, kinds, pattern_of(name for name in places_counted if name[-1] in VENUE_LAST)
    )


# Of the places that a duty log counts only these are venues: a household or a checkpoint has no name.
VENUE_LAST = "吧厅室馆店宿院校园司厂场市V"

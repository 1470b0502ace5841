"""The lists of the desk as tables for Excel: the same queries as the pages, walked page by page to their end.

Headings and words are Chinese in either language of the desk, because the files go to people outside it.

Each file holds the lists of one room; `LISTINGS` says which there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wangge.doors.desk.listings import (
    care,
    checkpoints,
    drills,
    figures,
    inspections,
    log,
    matters,
    people,
    places,
    rosters,
    venues,
)
from wangge.doors.desk.listings.asked import Asked
from wangge.ground.kernel.problems import NotFound
from wangge.picture.tables.services import Listing

__all__ = ["LISTINGS", "Asked", "listing"]
LISTINGS: Mapping[str, Callable[[Asked], Listing]] = {
    "queue": matters.queue,
    "closed": matters.closed,
    "log": log.log,
    "people": people.people,
    "board": care.board,
    "facilities": care.facilities,
    "checkpoints": checkpoints.checkpoints,
    "screened": checkpoints.screened,
    "venues": venues.venues,
    "rounds": inspections.rounds,
    "orders": inspections.orders,
    "lodging": inspections.lodging,
    "readiness": inspections.readiness,
    "rosters": rosters.rosters,
    "duties": rosters.duties,
    "coverage": places.coverage,
    "villages": places.villages,
    "gaps": places.gaps,
    "figure": figures.figure,
    "accesses": people.accesses,
    "drill": drills.drill,
}


def listing(code: str, asked: Asked) -> Listing:
    """The list with this code. Raises NotFound for any other."""
    make = LISTINGS.get(code)
    if make is None:
        raise NotFound(what=f"列表 {code}")
    return make(asked)

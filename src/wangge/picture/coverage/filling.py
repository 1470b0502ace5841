"""Who could fill the gaps that open while some people are away: best first, a few queries for all of them.

Where a roster is in force, whoever of its unit may legally take the seat that falls empty. Elsewhere whoever holds a
post of the village, a second person at a post next to it, or somebody at the unit's desk, if they are not away, have no
duty then, and leave nothing empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.queries.stepping import Vacated, vacated
from wangge.ground.accounts.staffing import Held, Served, duties_of, holders, posts_in
from wangge.ground.areas.tree import tree
from wangge.picture.coverage.queries import Away, Coverage
from wangge.picture.coverage.rules import Gap

BEST = 3
UNITS = ("station", "town")
# Why somebody is named: they may take the seat, hold a post there, stand at a post beside it, or at the desk.
SEAT, SAME, BESIDE, DESK = "seat", "same", "beside", "desk"


class Filler(NamedTuple):
    """Somebody who could fill a gap, and why they are named."""

    person_id: UUID
    name: str
    why: str


class Filling(NamedTuple):
    """From when to when, who could fill it, best first, and how many there are in all."""

    since: datetime
    until: datetime
    best: list[Filler]
    able: int


def fillings(found: Coverage, gaps: Sequence[Gap], now: datetime) -> list[list[Filling]]:
    """For each gap that opened who could fill it: by seats where those fall empty, else by whoever is free."""
    away = found.away
    if away is None or not gaps:
        return [[] for _ in gaps]
    seats: dict[UUID, list[Vacated]] = {}
    for seat in vacated(away.people, away.since, away.until, now):
        seats.setdefault(seat.post_id, []).append(seat)
    at = _posts_by_area(found)
    by_seat = [_by_seats(found, gap, at, seats) for gap in gaps]
    bare = [gap for gap, some in zip(gaps, by_seat, strict=True) if not some]
    free = _Free({found.villages[gap.place].id for gap in bare}, found, away, now) if bare else None
    return [
        some or ([free.filling(found, gap)] if free is not None else [])
        for gap, some in zip(gaps, by_seat, strict=True)
    ]


def _posts_by_area(found: Coverage) -> tuple[dict[UUID, list[UUID]], dict[UUID, list[UUID]]]:
    """The posts of each area: those of villages, those of desks."""
    own: dict[UUID, list[UUID]] = {}
    desks: dict[UUID, list[UUID]] = {}
    for posts, place in ((found.staff.own.posts, own), (found.staff.desks.posts, desks)):
        for post, area_id in posts.items():
            place.setdefault(area_id, []).append(post)
    return own, desks


def _by_seats(
    found: Coverage,
    gap: Gap,
    at: tuple[dict[UUID, list[UUID]], dict[UUID, list[UUID]]],
    seats: dict[UUID, list[Vacated]],
) -> list[Filling]:
    """The empty seats of the village's own posts in the time of a gap, else of the desks above it."""
    village, (own, desks) = found.villages[gap.place].id, at
    since, until = found.at(gap.first), found.at(gap.last)
    for posts in (own.get(village, []), *(desks.get(upper, []) for upper in tree().superiors(village))):
        over = [seat for post in posts for seat in seats.get(post, ()) if seat.since < until and seat.until > since]
        if over:
            return [_filling(seat) for seat in sorted(over, key=lambda seat: seat.since)]
    return []


def _filling(seat: Vacated) -> Filling:
    best = [Filler(one.person_id, one.name, SEAT) for one in seat.candidates[:BEST]]
    return Filling(seat.since, seat.until, best, len(seat.candidates))


@dataclass(frozen=True)
class _Place:
    """A post, as far as filling a gap goes: where, and what it stands for."""

    area_id: UUID
    stands: str


class _Free:
    """Who around some villages is free, from the posts of their units; three queries."""

    def __init__(self, villages: Collection[UUID], found: Coverage, away: Away, now: datetime) -> None:
        areas = tree()
        self.units = {village: _units(village) for village in villages}
        units = set().union(*self.units.values())
        around = {place for unit in units for place in (unit, *areas.descendants(unit))}
        stands = dict.fromkeys(found.staff.own.posts, "responsible") | dict.fromkeys(found.staff.desks.posts, "desk")
        self.posts = {
            post.id: _Place(post.area_id, stands.get(post.id, "")) for post in posts_in({*around, *villages}, now)
        }
        held = [one for one in holders(self.posts, now) if one.person_id not in away.people]
        last = found.at(found.level.shape[1])
        self.duties: dict[UUID, list[Served]] = {}
        for duty in duties_of({one.person_id for one in held}, found.start, last):
            self.duties.setdefault(duty.person_id, []).append(duty)
        rostered = {post for one in (found.staff.own, found.staff.desks) for post, *_ in one.rostered}
        self.held = _who_leaves_nothing_empty(held, {post for post in stands if post not in rostered})

    def filling(self, found: Coverage, gap: Gap) -> Filling:
        """Who is free in the time of a gap: at a post of the village, beside it, at the desk."""
        village = found.villages[gap.place].id
        since, until = found.at(gap.first), found.at(gap.last)
        ranked: dict[UUID, tuple[tuple[int, bool, str], str, Held]] = {}
        for one in self.held:
            why = self._why(one, village)
            busy = any(duty.since < until and duty.until > since for duty in self.duties.get(one.person_id, ()))
            if why and not busy:
                rank = ((SAME, BESIDE, DESK).index(why), not one.deputy, one.name)
                ranked[one.person_id] = min((rank, why, one), ranked.get(one.person_id, (rank, why, one)))
        best = [Filler(one.person_id, one.name, why) for _, why, one in sorted(ranked.values())]
        return Filling(since, until, best[:BEST], len(best))

    def _why(self, one: Held, village: UUID) -> str:
        place = self.posts[one.post_id]
        if place.area_id == village:
            return SAME
        if place.stands == "desk":
            return DESK if place.area_id in self.units[village] else ""
        beside = not self.units[village].isdisjoint(tree().superiors(place.area_id))
        return BESIDE if beside and place.stands == "responsible" else ""


def _units(village: UUID) -> set[UUID]:
    """The town and the stations of a village."""
    areas = tree()
    return {upper for upper in areas.superiors(village) if areas.get(upper).level in UNITS}


def _who_leaves_nothing_empty(held: Sequence[Held], by_holding: Collection[UUID]) -> list[Held]:
    """Those who stand alone at none of the posts where their holders stand."""
    standing = [one for one in held if one.post_id in by_holding]
    count = Counter(one.post_id for one in standing)
    alone = {one.person_id for one in standing if count[one.post_id] == 1}
    return [one for one in held if one.person_id not in alone]

"""Rosters and the duties of published ones, page by page to the end, as lists that go out want them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q

from wangge.duties.rosters.models import Roster, RosterSeat, RosterState
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import duties_of, posts_named
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import within, within_reach
from wangge.ground.kernel.clock import midnight
from wangge.ground.kernel.permission import Actor

Mark = tuple[date | datetime, UUID]


class Listed(NamedTuple):
    """A roster with the number of its seats and of those that nobody has."""

    roster: Roster
    seats: int
    empty: int


class OnDuty(NamedTuple):
    """A seat of a published roster in words: where, who ("" for nobody), and when they came."""

    seat: RosterSeat
    post: str
    area_id: UUID
    person: str
    checked_in_at: datetime | None


@dataclass(frozen=True)
class RosterPage:
    """Some rosters, the newest first, and where the next page begins."""

    rows: Sequence[Listed]
    following: Mark | None


@dataclass(frozen=True)
class DutyPage:
    """Some duties in the order of their beginning, and where the next page begins."""

    rows: Sequence[OnDuty]
    following: Mark | None


def _reach(actor: Actor, area_id: UUID | None, way: str = "") -> Q:
    """What the actor may see, or of one area only. Raises NotPermitted."""
    if area_id is None:
        return within_reach(actor, "roster.view", way)
    require(actor, "roster.view", area_id)
    return within([area_id], way)


def rosters_page(*, actor: Actor, area_id: UUID | None, after: Mark | None, limit: int) -> RosterPage:
    """The rosters that somebody may see, of an area where one is named. Raises NotPermitted."""
    found = Roster.objects.filter(_reach(actor, area_id)).order_by("-since", "id")
    if after:
        found = found.filter(Q(since__lt=after[0]) | Q(since=after[0], id__gt=after[1]))
    counted = found.annotate(all=Count("seats"), empty=Count("seats", filter=Q(seats__person=None)))[:limit]
    rows = [Listed(roster, roster.all, roster.empty) for roster in counted]
    return RosterPage(rows, (rows[-1].roster.since, rows[-1].roster.id) if len(rows) == limit else None)


def duties_page(
    *, actor: Actor, area_id: UUID | None, own: bool, first: date, last: date, after: Mark | None, limit: int
) -> DutyPage:
    """The duties of published rosters that begin on some days; one's own or all that somebody may see."""
    start = midnight(first)
    until = midnight(last) + timedelta(days=1)
    found = RosterSeat.objects.filter(roster__state=RosterState.PUBLISHED, since__gte=start, since__lt=until)
    if own:
        found = found.filter(Q(person_id=actor.person_id) if actor.person_id else Q(pk__in=[]))
    if area_id or not own:  # one's own duties are seen wherever they are
        found = found.filter(_reach(actor, area_id, "roster__"))
    if after:
        found = found.filter(Q(since__gt=after[0]) | Q(since=after[0], id__gt=after[1]))
    seats = list(found.select_related("roster").order_by("since", "id")[:limit])
    people = {seat.person_id for seat in seats if seat.person_id}
    posts, names = posts_named({seat.post_id for seat in seats}), person_names(people)
    came = {(one.post_id, one.person_id, one.since): one.checked_in_at for one in duties_of(people, start, until)}
    rows = [
        OnDuty(
            seat,
            *posts[seat.post_id],
            names.get(seat.person_id, "") if seat.person_id else "",
            came.get((seat.post_id, seat.person_id, seat.since)) if seat.person_id else None,
        )
        for seat in seats
    ]
    return DutyPage(rows, (seats[-1].since, seats[-1].id) if len(seats) == limit else None)

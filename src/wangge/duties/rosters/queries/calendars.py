"""Somebody's duties as their calendar asks for them, by the secret of a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.models import CalendarLink, RosterSeat, RosterState
from wangge.duties.rosters.queries.making import plan_for
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import Served, duties_of, posts_named
from wangge.ground.kernel.problems import CalendarUnknown
from wangge.ground.kernel.secret import digest_of

BACK, AHEAD = timedelta(days=14), timedelta(days=366)


class Entry(NamedTuple):
    """A duty in a calendar: where, which shift, from when to when; of which roster's version, in force since when."""

    post_id: UUID
    post: str
    area_id: UUID
    shift: str
    since: datetime
    until: datetime
    exercise: bool
    version: int
    changed_at: datetime


@dataclass(frozen=True)
class Calendar:
    """Whose calendar it is, and its duties in their order."""

    person_id: UUID
    name: str
    entries: list[Entry]


def calendar_made_at(person_id: UUID) -> datetime | None:
    """When somebody's link was made; None where they have none."""
    return CalendarLink.objects.filter(person_id=person_id).values_list("made_at", flat=True).first()


def calendar_of(*, secret: str, now: datetime) -> Calendar:
    """What a link leads to: duties from two weeks ago to a year from now. Raises CalendarUnknown."""
    link = CalendarLink.objects.filter(digest=digest_of(secret), person__is_active=True).first()
    if link is None:
        raise CalendarUnknown()
    person_id = link.person_id
    return Calendar(person_id, person_names([person_id])[person_id], _entries(person_id, now - BACK, now + AHEAD))


def _entries(person_id: UUID, since: datetime, until: datetime) -> list[Entry]:
    """The duties in force, and those of published exercises, which put nobody on duty."""
    duties = duties_of([person_id], since, until)
    seats = RosterSeat.objects.select_related("roster").filter(
        since__lt=until, until__gt=since, roster__state=RosterState.PUBLISHED
    )
    rostered = seats.filter(post_id__in={duty.post_id for duty in duties}, roster__exercise=False)
    # While a search runs its seats are ahead of the duties, so whose the seat is does not count.
    seat_of = {(seat.post_id, seat.since): seat for seat in rostered}
    found: list[tuple[Served | RosterSeat, RosterSeat]] = [
        (one, seat_of[one.post_id, one.since]) for one in duties if (one.post_id, one.since) in seat_of
    ]
    found += [(seat, seat) for seat in seats.filter(person_id=person_id, roster__exercise=True)]
    posts = posts_named({one.post_id for one, _ in found})
    plans = {seat.roster.response_id: plan_for(seat.roster.response_id) for _, seat in found}
    return [
        Entry(
            one.post_id,
            *posts[one.post_id],
            plans[seat.roster.response_id].shifts[seat.shift].name,
            one.since,
            one.until,
            seat.roster.exercise,
            seat.roster.version,
            seat.roster.in_force_at or seat.roster.made_at,
        )
        for one, seat in sorted(found, key=lambda pair: (pair[0].since, str(pair[0].post_id)))
    ]

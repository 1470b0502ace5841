"""A roster as a sheet has it: names down, days across, and whose name stands for whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

from wangge.duties.rosters.models import Roster, RosterSeat
from wangge.duties.rosters.queries.making import Case, case_of
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import posts_named
from wangge.ground.kernel.clock import local


@dataclass(frozen=True)
class Grid:
    """The people of a roster with the names under which a sheet knows them, and all its seats, begun or not.

    Who shares a name with another stands with the post: 张伟（东湖社区民警）.
    """

    case: Case
    labels: dict[UUID, str]
    names: dict[UUID, str]
    posts: dict[UUID, str]
    seats: list[RosterSeat]

    @cached_property
    def days(self) -> list[date]:
        roster = self.case.roster
        return [roster.since + timedelta(days=number) for number in range((roster.until - roster.since).days)]

    @cached_property
    def cells(self) -> dict[tuple[UUID | None, date], list[RosterSeat]]:
        """The seats of each on each day, in their order; those that nobody has under None."""
        found: dict[tuple[UUID | None, date], list[RosterSeat]] = {}
        for seat in self.seats:
            found.setdefault((seat.person_id, local(seat.since).date()), []).append(seat)
        return found


def grid_of(roster: Roster, now: datetime) -> Grid:
    """A roster as a sheet has it, everybody who may be rostered with it; a fixed number of queries."""
    case = case_of(roster, now)
    seats = list(RosterSeat.objects.filter(roster=roster).order_by("since", "rank", "number", "id"))
    names = person_names(case.people)
    homes = {person: case.problem.workers[case.place_of[person]].home for person in case.people}
    wanted = {seat.post_id for seat in seats} | {UUID(home) for home in homes.values() if home}
    posts = {post_id: name for post_id, (name, _) in posts_named(wanted).items()}
    often = Counter(names.values())
    labels = {
        person: f"{name}（{posts[UUID(homes[person])]}）" if often[name] > 1 and homes[person] else name
        for person, name in names.items()
    }
    return Grid(case, labels, names, posts, seats)

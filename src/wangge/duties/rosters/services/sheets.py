"""A roster that comes back as a sheet 导入: what it changes, which rule a refused cell breaks; the rest at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import RosterSeat
from wangge.duties.rosters.queries.grid import Grid, grid_of
from wangge.duties.rosters.queries.showing import roster_by_id
from wangge.duties.rosters.rules.ledger import Why
from wangge.duties.rosters.rules.sheet import FULL, SEVERAL, Cell, settled
from wangge.duties.rosters.rules.words import said
from wangge.duties.rosters.services.making import changed, roster_locked, tell
from wangge.ground.areas.permission import require
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import RosterChanged

Said = tuple[str, str]
BEGUN = "这一班已经开始，不能再改", "this shift has begun and can no longer be changed"
FIXED = "这一班是固定班，请先在页面上取消固定", "this is a fixed duty; release it on its page first"
NO_SEATS = "当天没有这一班的岗位", "there is no post for this shift on that day"
TAKEN = "当天这一班的名额已满", "all places of this shift are taken on that day"


class Wanted(NamedTuple):
    """What somebody is to work on a day: the codes of shifts, each at a post where one is named; none: they rest."""

    person_id: UUID
    day: date
    shifts: tuple[tuple[str, UUID | None], ...]


@dataclass
class Change:
    """One cell that is not as the roster has it: the seats left, kept and got, or why it stays as it was."""

    wanted: Wanted
    leaves: list[RosterSeat]
    keeps: list[RosterSeat]
    gets: list[list[RosterSeat]] = field(default_factory=list)
    got: list[RosterSeat] = field(default_factory=list)
    why: Said | None = None


def sheet_look(*, actor: Actor, roster_id: UUID, wanted: Sequence[Wanted], now: datetime) -> list[Change]:
    """What a sheet would change, and what it may not; nothing is written. Raises NotPermitted, NotFound."""
    roster = roster_by_id(roster_id)
    require(actor, "roster.manage", roster.area_id)
    return _changes(grid_of(roster, now), wanted)


@transaction.atomic
def sheet_take(*, actor: Actor, roster_id: UUID, version: int, wanted: Sequence[Wanted], now: datetime) -> list[Change]:
    """Change what a sheet may change, all of it together. Sent again, there is nothing left to do.

    Raises RosterChanged where somebody else has changed the roster since it was looked at, RosterSearching.
    """
    roster = roster_locked(roster_id, actor, "roster.manage")
    changes = _changes(grid_of(roster, now), wanted)
    taken = [one for one in changes if one.why is None]
    if not taken:
        return changes
    if version != roster.version:
        raise RosterChanged(version=roster.version)
    people: dict[UUID, UUID | None] = {seat.id: None for one in taken for seat in one.leaves}
    people |= {seat.id: one.wanted.person_id for one in taken for seat in one.got}
    seats = list(RosterSeat.objects.filter(id__in=people))
    for seat in seats:
        seat.person_id, seat.fixed = people[seat.id], False
    RosterSeat.objects.bulk_update(seats, ["person", "fixed"], batch_size=300)
    changed(roster, now)
    tell(roster, events.SHEET, actor, now, seats=len(seats), refused=len(changes) - len(taken))
    return changes


def _changes(grid: Grid, wanted: Iterable[Wanted]) -> list[Change]:
    changes = [change for one in wanted if (change := _change(grid, one))]
    tried = [one for one in changes if one.why is None]
    number_of, place_of = grid.case.number_of, grid.case.place_of
    cells = [
        Cell(
            place_of[one.wanted.person_id],
            tuple(number_of[seat.id] for seat in one.leaves),
            tuple(tuple(number_of[seat.id] for seat in seats) for seats in one.gets),
        )
        for one in tried
    ]
    for one, verdict in zip(tried, settled(grid.case.problem, grid.case.filled, cells), strict=True):
        if isinstance(verdict, Why):
            one.why = _words(grid, one, verdict)
        else:
            one.got = [grid.case.seats[number] for number in verdict]
    return changes


def _change(grid: Grid, wanted: Wanted) -> Change | None:
    """A cell that is not as the roster has it, refused where no rule has to be asked; None where it is as it was."""
    leaves = list(grid.cells.get((wanted.person_id, wanted.day), ()))
    keeps, new = [], []
    for shift, post in wanted.shifts:
        same = next((one for one in leaves if one.shift == shift and post in (None, one.post_id)), None)
        if same:
            leaves.remove(same)
            keeps.append(same)
        else:
            new.append((shift, post))
    if not leaves and not new:
        return None
    change = Change(wanted, leaves, keeps)
    if any(seat.id not in grid.case.number_of for seat in leaves):
        change.why = BEGUN
    elif any(seat.fixed for seat in leaves):
        change.why = FIXED
    for shift, post in new:
        seats = [seat for seat in grid.seats if _is(seat, shift, post, wanted.day)]
        change.gets.append([seat for seat in seats if seat.id in grid.case.number_of])
        if not change.gets[-1]:
            change.why = change.why or (BEGUN if seats else NO_SEATS)
    return change


def _is(seat: RosterSeat, shift: str, post: UUID | None, day: date) -> bool:
    return seat.shift == shift and post in (None, seat.post_id) and local(seat.since).date() == day


def _words(grid: Grid, change: Change, why: Why) -> Said:
    if why.rule == FULL:
        return TAKEN
    if why.rule == SEVERAL:
        posts = sorted({grid.posts[seat.post_id] for seats in change.gets for seat in seats})
        return (
            f"可去的岗位不止一个，请在班次后写明，如“白（{posts[0]}）”。当天有这一班的岗位：{'、'.join(posts[:5])}",
            f"more than one post is free; name it behind the shift, one of {', '.join(posts[:5])}",
        )
    return said(why, grid.case.problem.limits)

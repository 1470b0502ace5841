"""A unit today 今日值班: who came, who is late or missing, what was handed over, and whose week is too full."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.queries.handing import HandoverRow, handovers_at
from wangge.duties.rosters.queries.making import staff_of
from wangge.duties.rosters.queries.wearing import monday_of, wear_of
from wangge.duties.rosters.queries.working import works_between
from wangge.duties.rosters.rules.wear import Wear
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import Served, duties_at, posts_in
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local, midnight
from wangge.ground.responses.packs.rosters import RostersDef

DAY = timedelta(days=1)


class DutyRow(NamedTuple):
    """A duty of today; `state` is "coming", "came", "came-late", "missing" (late, not come yet) or "absent" (over).

    `minutes` is how late. `unwritten` is set where it is over and no handover was written.
    """

    duty: Served
    post: str
    person: str
    state: str
    minutes: int
    unwritten: bool


class WeekRow(NamedTuple):
    """The week of somebody against the rules: what they have worked of it so far, in minutes, and the whole."""

    person_id: UUID
    name: str
    worked: int
    week: Wear


class Today(NamedTuple):
    """A unit today; `weeks` of everybody, those past a rule first, and `ahead` those who will be next week."""

    duties: list[DutyRow]
    handovers: list[HandoverRow]
    weeks: list[WeekRow]
    ahead: list[WeekRow]


def unit_today(unit_id: UUID, plan: RostersDef, now: datetime) -> Today:
    """A unit today; a fixed number of queries."""
    posts = {place.id: place.name for place in posts_in([unit_id, *tree().descendants(unit_id)], now)}
    start = midnight(local(now).date())
    served = duties_at(posts, start, start + DAY)
    names = person_names({one.person_id for one in served})
    handovers = handovers_at(posts, now)
    late = timedelta(minutes=plan.rules.late_minutes)
    duties = [
        DutyRow(
            one, posts[one.post_id], names.get(one.person_id, ""), *_came(one, late, now),
            one.until + late <= now and not _handed(one, handovers),
        )
        for one in served
    ]  # fmt: skip
    return Today(duties, handovers, *_weeks(unit_id, plan, now))


def _came(one: Served, late: timedelta, now: datetime) -> tuple[str, int]:
    if one.checked_in_at is not None:
        over = one.checked_in_at - one.since
        return ("came-late" if over > late else "came"), max(0, int(over.total_seconds() // 60))
    if one.until <= now:
        return "absent", 0
    over = now - one.since
    return ("missing" if over > late else "coming"), max(0, int(over.total_seconds() // 60))


def _handed(one: Served, handovers: list[HandoverRow]) -> bool:
    return any(
        row.handover.post_id == one.post_id and row.handover.by_id == one.person_id and row.handover.at >= one.since
        for row in handovers
    )


def _weeks(unit_id: UUID, plan: RostersDef, now: datetime) -> tuple[list[WeekRow], list[WeekRow]]:
    _, held = staff_of(unit_id, plan, now)
    names = {person: posts[0].name for person, posts in held.items()}
    monday = monday_of(now)
    following = monday + timedelta(days=7)
    weeks = wear_of(list(held), [monday, following], plan)
    begun = midnight(monday)
    worked = dict.fromkeys(held, 0)
    for one in works_between(list(held), begun, now):
        worked[one.person_id] += int((min(one.until, now) - max(one.since, begun)).total_seconds() // 60)
    rows = [WeekRow(person, names[person], worked[person], weeks[person, monday]) for person in held]
    ahead = [WeekRow(person, names[person], 0, weeks[person, following]) for person in held]

    def fullest(row: WeekRow) -> tuple[int, int, str]:
        return -len(row.week.over), -row.week.minutes, row.name

    return sorted(rows, key=fullest), sorted((row for row in ahead if row.week.over), key=fullest)

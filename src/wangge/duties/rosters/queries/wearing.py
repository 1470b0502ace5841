"""Hours worked against the rules, and who is past them 疲劳: by week, over all rosters and fixed duties."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from wangge.duties.rosters.queries.making import limits
from wangge.duties.rosters.queries.working import works_between
from wangge.duties.rosters.rules.wear import BACK, Wear, wear
from wangge.ground.kernel.clock import local, midnight
from wangge.ground.responses.packs.rosters import RostersDef


def monday_of(instant: datetime) -> date:
    """The Monday of the week in which an instant lies."""
    day = local(instant).date()
    return day - timedelta(days=day.weekday())


def wear_of(people: Collection[UUID], mondays: Collection[date], plan: RostersDef) -> dict[tuple[UUID, date], Wear]:
    """What the weeks from some Mondays on take out of people; two queries, however many."""
    if not (people and mondays):
        return {}
    first = midnight(min(mondays))
    last = midnight(max(mondays)) + timedelta(days=7)
    works: dict[UUID, list[tuple[datetime, datetime]]] = {person: [] for person in people}
    for one in works_between(people, first - BACK, last):
        works[one.person_id].append((one.since, one.until))
    rules = limits(plan.rules)
    return {
        (person, monday): wear(these, monday, rules, plan.rules.days_in_row)
        for person, these in works.items()
        for monday in mondays
    }

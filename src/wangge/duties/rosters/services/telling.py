"""Who hears of duties, after the fact: follow-ups that the table of flows hangs on events.

What is sent names a unit, a week or a number and nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, RosterSeat, RosterState
from wangge.duties.rosters.queries.making import plan_for
from wangge.duties.rosters.queries.wearing import monday_of, wear_of
from wangge.ground.accounts.queries import desk_near
from wangge.ground.accounts.staffing import duty_people
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import midnight
from wangge.spine.messaging.services import Notice, notify_many

UNITS = ("station", "town")
WEEK = timedelta(days=7)
RULES = {
    "rest": ("两班之间休息不足", "too little rest between two duties"),
    "hours": ("周工时超出规定", "too many hours"),
    "nights": ("夜班超出规定", "too many nights"),
    "days": ("连续上班天数过多", "too many days in a row"),
}


def tell_late(happened: list[Event], now: datetime) -> None:
    """Somebody has not come on duty: the nearest desk above that has anybody else hears it once."""
    people = duty_people(event.subject_id for event in happened if event.subject_id)
    desks = desk_near({event.area_id for event in happened if event.area_id}, now, without=set(people.values()))
    notify_many(
        [
            Notice(person, f"late:{event.subject_id}", events.SAY_LATE, {"unit": str(unit_over(event.area_id))},
                   None, event.exercise)
            for event in happened if event.area_id and event.subject_id in people
            for person in desks[event.area_id]
        ],
        now=now,
    )  # fmt: skip


def unit_over(area_id: UUID) -> UUID:
    """The station or town in which an area lies, stations first; the area itself where there is none."""
    upper = tree().superiors(area_id)
    units = [one for one in upper if tree().get(one).level in UNITS]
    return min(units, key=lambda one: (upper[one], tree().get(one).level != "station"), default=area_id)


def tell_tired(happened: list[Event], now: datetime) -> None:
    """A roster in force has changed: where it leaves somebody past a rule their supervisor hears it, once a week."""
    ids = {event.subject_id for event in happened if event.subject_id}
    for roster in Roster.objects.filter(id__in=ids, state=RosterState.PUBLISHED, exercise=False):
        seats = RosterSeat.objects.filter(roster=roster, person__isnull=False, until__gt=now)
        people = set(seats.values_list("person_id", flat=True))
        first = max(now, midnight(roster.since))
        weeks = _mondays(first, midnight(roster.until))
        _warn(roster.response_id, roster.area_id, people, weeks, now)


def tell_tired_of_fixed(happened: list[Event], now: datetime) -> None:
    """What somebody does every week has changed: the same, for this week and the three after it."""
    for event in happened:
        if event.response_id and event.area_id and event.subject_id:
            _warn(event.response_id, event.area_id, [event.subject_id], _mondays(now, now + 3 * WEEK), now)


def _mondays(since: datetime, until: datetime) -> list[date]:
    first = monday_of(since)
    return [first + number * WEEK for number in range((until - since) // WEEK + 1)]


def _warn(response_id: UUID, unit_id: UUID, people: Collection[UUID], weeks: list[date], now: datetime) -> None:
    found = wear_of(people, weeks, plan_for(response_id))
    tired = {key: week.over for key, week in found.items() if week.over}
    if not tired:
        return
    told = desk_near([unit_id], now, without={person for person, _ in tired})[unit_id]
    notify_many(
        [
            Notice(person, f"tired:{who}:{monday}", events.SAY_TIRED, _tired(unit_id, monday, over), None, False)
            for (who, monday), over in tired.items()
            for person in told
        ],
        now=now,
    )


def _tired(unit_id: UUID, monday: date, over: Iterable[str]) -> dict[str, str]:
    words = [RULES[rule] for rule in over]
    return {
        "unit": str(unit_id),
        "week": f"{monday.month}月{monday.day}日",
        "week_en": f"{monday:%d %B}",
        "what": "、".join(zh for zh, _ in words),
        "what_en": ", ".join(en for _, en in words),
    }


def tell_freed(happened: list[Event], now: datetime) -> None:
    """Leave has left seats empty: the desk of the unit hears where it may fill them, unless it entered it itself."""
    freed = [event for event in happened if event.area_id and event.data["freed"]]
    desks = desk_near({event.area_id for event in freed if event.area_id}, now)
    notify_many(
        [
            Notice(person, f"event:{event.tx}.{event.id}", events.SAY_FREED,
                   {"leave": event.data["leave"], "freed": event.data["freed"]}, None, event.exercise)
            for event in freed if event.area_id
            for person in desks[event.area_id]
            if person not in (event.actor_id, event.subject_id)
        ],
        now=now,
    )  # fmt: skip


def tell_withdrawn(happened: list[Event], now: datetime) -> None:
    """A roster is no longer in force: everybody who still had a duty by it hears so."""
    for event in happened:
        if event.subject_id is None:
            continue
        seats = RosterSeat.objects.filter(roster_id=event.subject_id, person__isnull=False, until__gt=event.at)
        people = set(seats.values_list("person_id", flat=True))
        notices = [
            Notice(person, f"event:{event.tx}.{event.id}", events.SAY_WITHDRAWN, {}, event.subject_id, event.exercise)
            for person in people
            if person != event.actor_id
        ]
        notify_many(notices, now=now)

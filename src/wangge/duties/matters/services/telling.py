"""Who is told what, after the fact: the follow-ups that the table of flows hangs on matter events.

Each takes all events of its type from one reading of the journal, and asks the database a fixed
number of times however many they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from wangge.duties.matters import events
from wangge.duties.matters.models import Involvement, Matter, Report
from wangge.duties.matters.services.moves import ladder, matters_among
from wangge.ground.accounts.queries import Standing, people_of_agencies, standings
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.prepared import prepared
from wangge.spine.messaging.services import Notice, notify_many


class _Case(NamedTuple):
    """An event and the matter it tells of."""

    event: Event
    matter: Matter


def _cases(happened: Iterable[Event]) -> list[_Case]:
    wanted = list(happened)
    found = matters_among({event.subject_id for event in wanted if event.subject_id})
    matters = {matter.id: matter for matter in found}
    return [_Case(event, matters[event.subject_id]) for event in wanted if event.subject_id in matters]


def _promise(cases: list[_Case], people: Callable[[_Case], Iterable[UUID]], template: str, now: datetime) -> None:
    notify_many(
        [
            Notice(
                person,
                f"event:{case.event.tx}.{case.event.id}",
                template,
                {"number": case.matter.number},
                case.matter.id,
                case.matter.exercise,
            )
            for case in cases
            for person in dict.fromkeys(people(case))
        ],
        now=now,
    )


class _Desks:
    """The desks around some matters: of their areas and of every rung of their ladders; two queries."""

    def __init__(self, matters: Iterable[Matter], now: datetime, also: Iterable[UUID] = ()) -> None:
        self._rungs = {matter.id: ladder(matter) for matter in matters}
        places = {matter.area_id for matter in matters} | {rung for rungs in self._rungs.values() for rung in rungs}
        self._desks: dict[UUID, list[Standing]] = standings(places | set(also), "desk", now)

    def at(self, area_id: UUID) -> list[UUID]:
        """Who stands at an area's desk."""
        return [person for desk in self._desks.get(area_id, []) for person in desk.people]

    def nearest(self, matter: Matter, first_rung: int = -1) -> list[UUID]:
        """The nearest desk with somebody at it: from the area itself (-1), or from a rung of the ladder up."""
        places = [matter.area_id, *self._rungs[matter.id]][first_rung + 1 :]
        return next((people for place in places if (people := self.at(place))), [])

    def top(self, matter: Matter) -> int:
        """The number of the ladder's last rung."""
        return len(self._rungs[matter.id]) - 1


def _desks_of(cases: list[_Case], now: datetime) -> _Desks:
    also = [UUID(to) for case in cases if (to := case.event.data.get("to_area"))]
    return _Desks([case.matter for case in cases], now, also)


def _responsible(matters: list[Matter], desks: _Desks, now: datetime) -> dict[UUID, list[UUID]]:
    """For each matter who is told at the push: the responsible post with its deputies, else the nearest desk."""
    posts = standings({matter.area_id for matter in matters}, "responsible", now)
    found = {}
    for matter in matters:
        people = [person for post in posts.get(matter.area_id, []) for person in post.people]
        found[matter.id] = people or desks.nearest(matter)
    return found


def tell_responsible(happened: list[Event], now: datetime) -> None:
    """A new matter is pushed to the responsible post of its area, at once and together with all others."""
    cases = _cases(happened)
    people = _responsible([case.matter for case in cases], _desks_of(cases, now), now)
    _promise(cases, lambda case: people[case.matter.id], events.SAY_PUSH, now)


def tell_agencies(happened: list[Event], now: datetime) -> None:
    """After triage every agency asked to lead or join is told of its task."""
    cases = _cases(happened)
    asked = {case.event.id: [UUID(case.event.data["lead"]), *map(UUID, case.event.data["joint"])] for case in cases}
    people = people_of_agencies({agency for agencies in asked.values() for agency in agencies}, now)
    _promise(
        cases,
        lambda case: [person for agency in asked[case.event.id] for person in people.get(agency, [])],
        events.SAY_TASK,
        now,
    )


def remind_owner(happened: list[Event], now: datetime) -> None:
    """At half time whoever has the stage is reminded: the agencies still working, the responsible post, or the desk."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    responsible = _responsible([case.matter for case in cases], desks, now)
    waiting: dict[UUID, list[UUID]] = {}
    for matter_id, agency_id in _working({case.matter.id for case in cases}):
        waiting.setdefault(matter_id, []).append(agency_id)
    people = people_of_agencies({agency for agencies in waiting.values() for agency in agencies}, now)

    def owners(case: _Case) -> list[UUID]:
        if case.event.data["stage"] == "coordinate":
            return [person for agency in waiting.get(case.matter.id, []) for person in people.get(agency, [])]
        return responsible[case.matter.id] if case.event.data["stage"] == "push" else desks.nearest(case.matter)

    _promise(cases, owners, events.SAY_REMIND, now)


@prepared
def _working(matter_ids: Collection[UUID]) -> QuerySet[Involvement, tuple[Any, ...]]:
    parts = Involvement.objects.filter(matter_id__among=matter_ids, ended_at__isnull=True, worked_at__isnull=True)
    return parts.values_list("matter_id", "agency_id")


def tell_desk_above(happened: list[Event], now: datetime) -> None:
    """An overdue matter has come up to a desk: that desk is told."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    _promise(cases, lambda case: desks.at(UUID(case.event.data["to_area"])), events.SAY_ESCALATE, now)


def tell_arbiter(happened: list[Event], now: datetime) -> None:
    """Handed back: the first time the nearest desk triages again, the second time the common superior decides."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    again = [case for case in cases if not case.event.data["to_area"]]
    decided = [case for case in cases if case.event.data["to_area"]]
    _promise(again, lambda case: desks.nearest(case.matter), events.SAY_REOPENED, now)
    _promise(decided, lambda case: desks.at(UUID(case.event.data["to_area"])), events.SAY_ARBITRATE, now)


def ask_for_verification(happened: list[Event], now: datetime) -> None:
    """Handled: the nearest desk sees to it that somebody else verifies."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    _promise(cases, lambda case: desks.nearest(case.matter), events.SAY_VERIFY, now)


def answer_reporters(happened: list[Event], now: datetime) -> None:
    """Settled: everybody who reported it hears back, also those whose matter was merged into this one."""
    cases = _cases(happened)
    ids = {case.matter.id for case in cases}
    told: dict[UUID, list[UUID]] = {}
    for matter_id, reporter_id in (*_reporters(ids), *_reporters_merged(ids)):
        told.setdefault(matter_id, []).append(reporter_id)
    _promise(cases, lambda case: told.get(case.matter.id, []), events.SAY_ANSWER, now)


@prepared
def _reporters(matter_ids: Collection[UUID]) -> QuerySet[Report, tuple[Any, ...]]:
    known = Report.objects.filter(reporter__isnull=False, matter_id__among=matter_ids)
    return known.values_list("matter_id", "reporter_id")


@prepared
def _reporters_merged(matter_ids: Collection[UUID]) -> QuerySet[Report, tuple[Any, ...]]:
    merged = Report.objects.filter(matter__merged_into_id__among=matter_ids, matter__ending="merged")
    return merged.filter(reporter__isnull=False).values_list("matter__merged_into_id", "reporter_id")


def tell_desk_of_reopening(happened: list[Event], now: datetime) -> None:
    """Reopened: the desk that stands one level higher than before is told."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    _promise(
        cases,
        lambda case: desks.nearest(case.matter, min(case.matter.base_level, desks.top(case.matter))),
        events.SAY_REOPENED,
        now,
    )


def tell_lead_of_failure(happened: list[Event], now: datetime) -> None:
    """A failed verification goes back to the agency that leads."""
    cases = _cases(happened)
    people = people_of_agencies({case.matter.lead_id for case in cases if case.matter.lead_id}, now)
    _promise(
        cases,
        lambda case: people.get(case.matter.lead_id, []) if case.matter.lead_id else [],
        events.SAY_REOPENED,
        now,
    )


def ask_for_hold(happened: list[Event], now: datetime) -> None:
    """A hold is asked for: the desk above the nearest one decides, so that nobody approves for themselves."""
    cases = _cases(happened)
    desks = _desks_of(cases, now)
    _promise(cases, lambda case: desks.nearest(case.matter, min(1, desks.top(case.matter))), events.SAY_HOLD, now)


def tell_parking_owner(happened: list[Event], now: datetime) -> None:
    """A parked matter is due for review: the desk is told; a hold that ran out is told likewise."""
    cases = [case for case in _cases(happened) if case.event.data["cause"] != "hand"]
    desks = _desks_of(cases, now)
    _promise(cases, lambda case: desks.nearest(case.matter), events.SAY_REVIEW, now)

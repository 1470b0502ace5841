"""Who is told what, after the fact: the follow-ups that flows.py hangs on matter events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from wangge.duties.matters import events
from wangge.duties.matters.models import Involvement, Matter, Report
from wangge.duties.matters.services.escalation import desk_people
from wangge.duties.matters.services.moves import ladder
from wangge.ground.accounts.queries import people_of_agency, standings
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many


def _matters(happened: list[Event]) -> dict[UUID, Matter]:
    return Matter.objects.in_bulk({event.subject_id for event in happened if event.subject_id})


def _promise(rows: Iterable[tuple[Event, Matter, Iterable[UUID], str]], now: datetime) -> None:
    notify_many(
        [
            Notice(
                person,
                f"event:{event.tx}.{event.id}",
                template,
                {"number": matter.number},
                matter.id,
                matter.exercise,
            )
            for event, matter, people, template in rows
            for person in dict.fromkeys(people)
        ],
        now=now,
    )


def responsible_people(matters: Iterable[Matter], now: datetime) -> dict[UUID, list[UUID]]:
    """For each matter who is to be told at the push: the responsible post with its deputies, else the first desk."""
    wanted = list(matters)
    responsible = standings({matter.area_id for matter in wanted}, "responsible", now)
    rungs = {matter.id: [matter.area_id, *ladder(matter)] for matter in wanted}
    missing = {rung for places in rungs.values() for rung in places}
    desks = standings(missing, "desk", now)
    found: dict[UUID, list[UUID]] = {}
    for matter in wanted:
        people = [person for post in responsible.get(matter.area_id, []) for person in post.people]
        for rung in rungs[matter.id]:
            if people:
                break
            people = [person for desk in desks.get(rung, []) for person in desk.people]
        found[matter.id] = people
    return found


def tell_responsible(happened: list[Event], now: datetime) -> None:
    """A new matter is pushed to the responsible post of its area, at once and together with all others."""
    matters = _matters(happened)
    people = responsible_people(matters.values(), now)
    rows = [
        (event, matters[event.subject_id], people[event.subject_id], events.SAY_PUSH)
        for event in happened
        if event.subject_id
    ]
    _promise(rows, now)


def tell_agencies(happened: list[Event], now: datetime) -> None:
    """After triage every agency asked to lead or join is told of its task."""
    matters, rows = _matters(happened), []
    for event in happened:
        for agency in (event.data["lead"], *event.data["joint"]):
            people = people_of_agency(UUID(agency), now)
            rows.append((event, matters[event.subject_id], people, events.SAY_TASK))  # type: ignore[index]
    _promise(rows, now)


def remind_owner(happened: list[Event], now: datetime) -> None:
    """At half time whoever has the stage is reminded."""
    matters = _matters(happened)
    rows = [
        (
            event,
            matters[event.subject_id],
            _owners(matters[event.subject_id], event.data["stage"], now),
            events.SAY_REMIND,
        )
        for event in happened
        if event.subject_id
    ]
    _promise(rows, now)


def _owners(matter: Matter, stage: str, now: datetime) -> list[UUID]:
    if stage == "coordinate":
        waiting = Involvement.objects.filter(matter=matter, ended_at__isnull=True, worked_at__isnull=True)
        return [person for part in waiting for person in people_of_agency(part.agency_id, now)]
    if stage == "push":
        return responsible_people([matter], now)[matter.id]
    return _nearest_desk(matter, now)


def _nearest_desk(matter: Matter, now: datetime) -> list[UUID]:
    for rung in [matter.area_id, *ladder(matter)]:
        people = desk_people(rung, now)
        if people:
            return people
    return []


def tell_desk_above(happened: list[Event], now: datetime) -> None:
    """An overdue matter has come up to a desk: that desk is told."""
    matters = _matters(happened)
    rows = [
        (event, matters[event.subject_id], desk_people(UUID(event.data["to_area"]), now), events.SAY_ESCALATE)
        for event in happened
        if event.subject_id
    ]
    _promise(rows, now)


def tell_arbiter(happened: list[Event], now: datetime) -> None:
    """Handed back: the first time the nearest desk triages again, the second time the common superior decides."""
    matters, rows = _matters(happened), []
    for event in happened:
        matter = matters[event.subject_id]  # type: ignore[index]
        if event.data["to_area"]:
            rows.append((event, matter, desk_people(UUID(event.data["to_area"]), now), events.SAY_ARBITRATE))
        else:
            rows.append((event, matter, _nearest_desk(matter, now), events.SAY_REOPENED))
    _promise(rows, now)


def ask_for_verification(happened: list[Event], now: datetime) -> None:
    """Handled: the nearest desk sees to it that somebody else verifies."""
    matters = _matters(happened)
    rows = [
        (event, matters[event.subject_id], _nearest_desk(matters[event.subject_id], now), events.SAY_VERIFY)
        for event in happened
        if event.subject_id
    ]
    _promise(rows, now)


def answer_reporters(happened: list[Event], now: datetime) -> None:
    """Settled: everybody who reported it hears back, also those whose matter was merged into this one."""
    matters, rows = _matters(happened), []
    for event in happened:
        matter = matters[event.subject_id]  # type: ignore[index]
        reports = Report.objects.filter(reporter__isnull=False).filter(matter=matter)
        merged = Report.objects.filter(reporter__isnull=False, matter__merged_into=matter, matter__ending="merged")
        told = reports.union(merged).values_list("matter_id", "reporter_id")
        people = [reporter for _, reporter in told]
        rows.append((event, matter, people, events.SAY_ANSWER))
    _promise(rows, now)


def tell_desk_of_reopening(happened: list[Event], now: datetime) -> None:
    """Reopened: the desk that stands one level higher than before is told."""
    matters, rows = _matters(happened), []
    for event in happened:
        matter = matters[event.subject_id]  # type: ignore[index]
        rungs = ladder(matter)
        people = desk_people(rungs[min(matter.base_level, len(rungs) - 1)], now) if rungs else []
        rows.append((event, matter, people or _nearest_desk(matter, now), events.SAY_REOPENED))
    _promise(rows, now)


def tell_lead_of_failure(happened: list[Event], now: datetime) -> None:
    """A failed verification goes back to the agencies that handled it."""
    matters, rows = _matters(happened), []
    for event in happened:
        matter = matters[event.subject_id]  # type: ignore[index]
        people = people_of_agency(matter.lead_id, now) if matter.lead_id else []
        rows.append((event, matter, people, events.SAY_REOPENED))
    _promise(rows, now)


def ask_for_hold(happened: list[Event], now: datetime) -> None:
    """A hold is asked for: the desk above the nearest one decides, so that nobody approves for themselves."""
    matters, rows = _matters(happened), []
    for event in happened:
        matter = matters[event.subject_id]  # type: ignore[index]
        rungs = ladder(matter)
        people = next((found for rung in rungs[1:] or rungs if (found := desk_people(rung, now))), [])
        rows.append((event, matter, people, events.SAY_HOLD))
    _promise(rows, now)


def tell_parking_owner(happened: list[Event], now: datetime) -> None:
    """A parked matter is due for review: the desk is told; a hold that ran out is told likewise."""
    matters = _matters(happened)
    rows = [
        (event, matters[event.subject_id], _nearest_desk(matters[event.subject_id], now), events.SAY_REVIEW)
        for event in happened
        if event.subject_id and event.data["cause"] != "hand"
    ]
    _promise(rows, now)

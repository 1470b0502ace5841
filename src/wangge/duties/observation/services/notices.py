"""Who hears of referrals and measures, after the fact: follow-ups that the table of flows hangs on events.

What is sent names the number of the record and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from wangge.duties.observation import events
from wangge.duties.observation.models import Facility, Individual, Measure, Referral
from wangge.ground.accounts.queries import agencies_for, people_of_agencies, standings
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many

HEALTH = "health"


def tell_clinic(happened: list[Event], now: datetime) -> None:
    """Somebody is to be seen, or the time for it is half over: the people of the clinic hear."""
    clinics = dict(
        Facility.objects.filter(id__in=[event.data["clinic"] for event in happened]).values_list("id", "agency_id")
    )
    people = people_of_agencies(set(filter(None, clinics.values())), now)

    def there(event: Event) -> Iterable[UUID]:
        agency_id = clinics.get(UUID(event.data["clinic"]))
        return people.get(agency_id, []) if agency_id else []

    _promise(happened, there, events.SAY_REFERRAL, now)


def tell_asker_declined(happened: list[Event], now: datetime) -> None:
    """The clinic does not take them: whoever asked, and their desk, have to find another."""
    declined = [event for event in happened if event.data["stage"] == "declined"]
    _promise(declined, _askers(declined, now), events.SAY_DECLINED, now)


def tell_asker(happened: list[Event], now: datetime) -> None:
    """The clinic has answered: whoever asked, and their desk, hear of it."""
    _promise(happened, _askers(happened, now), events.SAY_ANSWER, now)


def _askers(happened: list[Event], now: datetime) -> Callable[[Event], Iterable[UUID]]:
    asked = Referral.objects.filter(id__in=_subjects(happened))
    return _them_and_their_desk(happened, dict(asked.values_list("id", "asked_by_id")), now)


def tell_county(happened: list[Event], now: datetime) -> None:
    """A clinic is late: the health department of the county hears, and where nobody is there the county's desk."""
    areas = {event.area_id: _county_of(event.area_id) for event in happened if event.area_id}
    agencies = agencies_for(HEALTH, set(areas.values()))
    people = people_of_agencies(set(agencies.values()), now)
    desks = _nearest_desks(set(areas.values()), now)

    def department(event: Event) -> Iterable[UUID]:
        county = areas[event.area_id] if event.area_id else None
        agency = agencies.get(county) if county else None
        return (people.get(agency, []) if agency else []) or (desks.get(county, []) if county else [])

    _promise(happened, department, events.SAY_WAITING, now)


def _county_of(area_id: UUID) -> UUID:
    areas = tree()
    return next((up for up in (area_id, *areas.ancestors(area_id)) if areas.get(up).level == "county"), area_id)


def tell_measure_ordered(happened: list[Event], now: datetime) -> None:
    """A measure is in force: the desk near the place, which sends the police to assist, hears."""
    desks = _nearest_desks({event.area_id for event in happened if event.area_id}, now)
    _promise(happened, lambda event: desks.get(event.area_id, []) if event.area_id else [], events.SAY_ORDERED, now)


def tell_measure_warned(happened: list[Event], now: datetime) -> None:
    """A measure is about to end or due for review: who ordered it and the desk near the place hear."""
    _promise(happened, _orderers(happened, now), events.SAY_MEASURE, now)


def tell_measure_ended(happened: list[Event], now: datetime) -> None:
    """A measure has ended: the same hear."""
    _promise(happened, _orderers(happened, now), events.SAY_ENDED, now)


def _orderers(happened: list[Event], now: datetime) -> Callable[[Event], Iterable[UUID]]:
    ordered = Measure.objects.filter(id__in=_subjects(happened))
    return _them_and_their_desk(happened, dict(ordered.values_list("id", "ordered_by_id")), now)


def _subjects(happened: list[Event]) -> list[UUID]:
    return [event.subject_id for event in happened if event.subject_id]


def _them_and_their_desk(
    happened: list[Event], whose: Mapping[UUID, UUID | None], now: datetime
) -> Callable[[Event], Iterable[UUID]]:
    """Of each event the person whose its subject is, and the people of the nearest desk."""
    desks = _nearest_desks({event.area_id for event in happened if event.area_id}, now)

    def people(event: Event) -> list[UUID]:
        person = whose.get(event.subject_id) if event.subject_id else None
        return [*([person] if person else []), *(desks.get(event.area_id, []) if event.area_id else [])]

    return people


def _nearest_desks(area_ids: set[UUID], now: datetime) -> dict[UUID, list[UUID]]:
    """For each area the people of the nearest desk above it that has somebody; two queries."""
    above = {area_id: list(tree().superiors(area_id)) for area_id in area_ids}
    desks = standings({place for places in above.values() for place in places}, "desk", now)
    found = {}
    for area_id, places in above.items():
        there = ([person for desk in desks.get(place, []) for person in desk.people] for place in places)
        found[area_id] = next((people for people in there if people), [])
    return found


def _promise(happened: list[Event], people: Callable[[Event], Iterable[UUID]], template: str, now: datetime) -> None:
    numbers = dict(
        Individual.objects.filter(id__in=[event.data["individual"] for event in happened]).values_list("id", "number")
    )
    notify_many(
        [
            Notice(
                person,
                f"event:{event.tx}.{event.id}",
                template,
                {"number": number},
                UUID(event.data["individual"]),
                event.exercise,
            )
            for event in happened
            if (number := numbers.get(UUID(event.data["individual"])))
            for person in dict.fromkeys(people(event))
        ],
        now=now,
    )

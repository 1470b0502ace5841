"""Who is told of people: only those who may open what they are told of, and by a number and a link alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from string import Formatter
from typing import Any

import pytest

from tests.duties.observation.clinics import care_make
from tests.rights import PLANTED, Scene, scene_make
from wangge.duties.matters import queries as matters
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.duties.observation.services.correcting import individual_move
from wangge.duties.observation.services.measures import measure_end
from wangge.ground.accounts.models import Person
from wangge.ground.accounts.queries import actor_of
from wangge.ground.journal.readers import Event
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotFound
from wangge.spine.messaging.models import Delivery
from wangge.spine.messaging.templates import CATALOGUE

# What a message may be filled with: numbers of matters and records, codes and counts, what identifies nobody.
GAPS = {"number", "scope", "serial", "cutoff", "bulletin", "lane", "what", "what_en", "until", "secret"}
GAPS |= {"unit", "week", "week_en", "freed", "leave"}
NEXT_COUNTY = "441323001001"


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_no_message_has_a_gap_for_anything_personal() -> None:
    for message in CATALOGUE.values():
        assert gaps(message.zh) | gaps(message.en) | gaps(message.link) <= GAPS, message.code
    of_people = [message for message in CATALOGUE.values() if message.link.startswith("/people/")]
    assert len(of_people) > 6
    assert all(gaps(message.zh + message.en + message.link) == {"number"} for message in of_people)


def played(city: Any, settle: Callable[[datetime], None]) -> tuple[Scene, datetime]:
    """Everything that people are told of: referrals asked, declined, answered and late, measures, a move."""
    scene, now = scene_make(city), clock.now()
    settle(now)
    settle(now + timedelta(hours=3))  # the clinic is late, checks are missed
    measure_end(
        actor=city.actor("hana", now), measure_id=scene.ids["measure"], cause="complied", note="已配合", version=None,
        now=now,
    )  # fmt: skip
    settle(now)
    return scene, now


@pytest.mark.django_db(transaction=True)
def test_everybody_who_is_told_may_open_it_and_nothing_planted_is_said(
    city: Any, settle: Callable[[datetime], None]
) -> None:
    _, now = played(city, settle)
    rows = list(Delivery.objects.filter(channel="inapp").select_related("person"))
    assert {"referral.asked", "referral.overdue", "measure.ordered", "measure.ended", "matter.push"} <= {
        row.template for row in rows
    }
    for row in rows:
        message, person = CATALOGUE[row.template], Person.objects.get(id=row.person_id)
        actor, number = actor_of(person, now), row.params["number"]
        try:
            if message.path(row.params).startswith("/people/"):
                individual_by_number(number, actor=actor, now=now)
            else:
                matters.matter_by_number(number, actor=actor)
        except NotFound:
            pytest.fail(f"{person.username} is told of {row.template} and may not open it")
        said = message.text(row.params, exercise=False) + message.path(row.params)
        assert not [word for word in PLANTED if word in said]
    written = str(list(Delivery.objects.values())) + str(list(Event.objects.values_list("data", flat=True)))
    assert not [word for word in PLANTED if word in written]


@pytest.mark.django_db(transaction=True)
def test_who_takes_over_may_open_what_moved_and_who_handed_over_no_more(
    city: Any, now: datetime, settle: Callable[[datetime], None]
) -> None:
    care = care_make(city, now)
    one = care.person()
    individual_move(
        actor=care.actor("dan"), individual_id=one.id, area_id=city.area(NEXT_COUNTY), version=None, now=now
    )
    settle(now)
    told = Delivery.objects.filter(template="individual.moved", channel="inapp").values_list(
        "person__username", flat=True
    )
    assert {"dan", "omar"} <= set(told)
    assert individual_by_number(one.number, actor=care.actor("omar")).id == one.id
    with pytest.raises(NotFound):
        individual_by_number(one.number, actor=care.actor("dan"))

"""Who is stopped becomes a matter at once, the desk hears it, and the person form puts them on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import City
from wangge.duties.checkpoints.models import Alert, Checkpoint, PersonForm
from wangge.duties.checkpoints.rules import Row
from wangge.duties.checkpoints.services.alerts import PersonDraft, alert_handed_over, alert_person
from wangge.duties.checkpoints.services.screening import Taken
from wangge.duties.matters.models import Matter, Report
from wangge.duties.observation.models import Individual
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import AlertHandedOver, InputInvalid, NotPermitted, Problem
from wangge.picture.figures.queries import figures
from wangge.spine.messaging.models import Delivery

Register = Callable[..., Checkpoint]
Screen = Callable[..., list[Taken | Problem]]


def test_a_fever_is_a_matter_at_once_and_the_desk_hears_it(
    city: City, register: Register, screen: Screen, settle: Callable[[datetime], None], now: datetime
) -> None:
    found = register(lon=114.4, lat=23.1)
    car = Row(found.id, "car", now, 2, "鄂", people=3, temperature=37.3, private={"plate": "鄂A12345"})
    [taken] = screen([car])
    assert isinstance(taken, Taken) and taken.alert_id
    assert screen([car]) == [Taken(True)]
    settle(now)
    matter, report = Matter.objects.get(), Report.objects.get()
    assert (matter.kind, matter.area_id, report.source, report.lon) == (
        "fever_suspected",
        found.area_id,
        "checkpoint",
        114.4,
    )
    assert Alert.objects.get().matter_id == matter.id
    says = {one.person_id for one in Delivery.objects.filter(template="screening.alerted")}
    assert city.people["dan"] in says and city.people["olga"] not in says
    # The journal knows the lane and the count, and nothing of plate or temperature.
    assert not any("12345" in str(event.data) or "37.3" in str(event.data) for event in Event.objects.all())
    value = figures(
        actor=city.actor("frank"), response_id=city.response_id, area_id=city.area("4413"), until=now.replace(hour=23)
    )["checkpoint_fevers"]
    assert value.total == 1


def test_a_temperature_below_the_limit_stops_nobody_and_an_origin_does(
    city: City, register: Register, screen: Screen, settle: Callable[[datetime], None], now: datetime
) -> None:
    found = register()
    screen([Row(found.id, "well", now, temperature=37.2), Row(found.id, "away", now, 1, origin="湖北省武汉市")])
    settle(now)
    matter = Matter.objects.get()
    assert matter.kind == "arrival"
    assert Report.objects.get().fields["origin"] == "湖北省武汉市"


def test_the_person_form_is_added_to_the_matter_and_puts_them_on_record(
    city: City, register: Register, screen: Screen, settle: Callable[[datetime], None], now: datetime
) -> None:
    found, alice = register(), city.actor("alice")
    [taken] = screen([Row(found.id, "car", now, 1, temperature=38.5)])
    assert isinstance(taken, Taken) and taken.alert_id
    upon: dict[str, Any] = {"actor": alice, "alert_id": taken.alert_id, "now": now}
    for wrong in (PersonDraft(""), PersonDraft("岳灵珊", document="123"), PersonDraft("岳灵珊", phone="1")):
        with pytest.raises(InputInvalid):
            alert_person(draft=wrong, **upon)
    with pytest.raises(NotPermitted):
        alert_person(draft=PersonDraft("岳灵珊"), **{**upon, "actor": city.actor("olga")})
    form_id = uuid4()
    for _ in range(2):
        alert_person(draft=PersonDraft("岳灵珊", phone="13900000002"), form_id=form_id, **upon)
    settle(now)
    assert Matter.objects.count() == 1 and Report.objects.count() == 2
    assert PersonForm.objects.get().report_id
    assert Individual.objects.count() == 1
    alert_handed_over(**upon)
    with pytest.raises(AlertHandedOver):
        alert_handed_over(**upon)
    settle(now)
    value = figures(
        actor=city.actor("frank"), response_id=city.response_id, area_id=city.area("4413"), until=now.replace(hour=23)
    )["checkpoint_handed_over"]
    assert value.total == 1

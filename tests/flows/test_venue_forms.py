"""Forms about venues become visits, day counts and readiness, each once; an unknown venue is registered by its form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from tests.conftest import City, huizhou_pack
from tests.doors.field.collect import submission_xml
from tests.duties.venues.conftest import EAST, register
from tests.spine.forms.conftest import KEEPER
from tools import pack_forms
from wangge.duties.venues.models import DayCount, Due, Readiness, Venue, Visit
from wangge.duties.venues.queries.register import pack_for
from wangge.flows import forming, venue_forms
from wangge.ground.journal.models import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import InputInvalid, NotFound, VenueKnown
from wangge.ground.responses.packs.schema import FormServes
from wangge.ground.responses.queries import pack_of
from wangge.spine.forms.models import Submission
from wangge.spine.forms.queries.submissions import Filled
from wangge.spine.forms.services.publishing import form_publish
from wangge.spine.forms.services.taking import submission_take

__all__ = ["register"]
CHECKS = {"check_notice": "fail", "check_keeper": "pass", "check_power": "na", "check_unknown": "fail"}


@pytest.fixture
def filled(city: City, now: datetime) -> Callable[..., Filled]:
    """A form that alice filled in."""

    def made(submission_id: UUID | None = None, **answers: Any) -> Filled:
        told = {"end": now - timedelta(minutes=5), "area": EAST, **answers}
        return Filled(
            id=submission_id or uuid4(), response_id=city.response_id, code="bar", version="1", questions=(),
            instance_id="uuid:a", deprecated_id="", person_id=city.people["alice"], area_id=city.area(EAST),
            received_at=now, state="received", subject_id=None, exercise=False, answers=told,
        )  # fmt: skip

    return made


def serves(handler: str, *kinds: str) -> FormServes:
    return FormServes.model_validate({"handler": handler, "venue_kinds": kinds})


def test_every_handler_that_the_pack_names_is_there(city: City) -> None:
    named = {form.serves.handler for form in pack_of(city.response).forms.values()}
    assert named <= set(forming.HANDLERS)
    assert {"inspection", "visit", "lodging", "readiness"} <= set(forming.HANDLERS)


def test_an_inspection_becomes_one_visit_whose_faults_are_looked_at_again(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    bar = register("青丘酒吧", "bar")
    shown = uuid4()
    pictures = [{"picture": shown, "picture_of": "大门"}, {"picture": None}]
    row = filled(
        venue=bar.number, state="closed", checks=CHECKS, premises=1, closed=0, note="已告知", pictures=pictures
    )
    for _ in range(2):
        venue_forms.visit_take(row, serves("inspection", "bar"), city.actor("alice"), now)
    visit = Visit.objects.get()
    assert (visit.id, visit.rounds, visit.quantities) == (row.id, ["closure"], {"premises": 1, "closed": 0})
    assert visit.answers == {"notice": "failed", "keeper": "ok", "power": "na", "shut": "ok"}
    assert visit.evidence == [str(shown)]
    bar.refresh_from_db()
    assert bar.failed == ["notice"]
    venue_forms.visit_undo(row, row.id, now)
    venue_forms.visit_undo(row, row.id, now)
    assert sorted(Visit.objects.values_list("sign", flat=True)) == [-1, 1]


CHECKED = "".join(
    f"<check_{name}>pass</check_{name}>"
    for name in ("identity", "register", "masks", "temperature", "disinfection", "notice", "isolation_room",
                 "origin_asked", "fire_safety", "ventilation")
)  # fmt: skip


def test_a_form_of_the_pack_goes_all_the_way_from_the_workbook_to_the_visit(
    register: Callable[..., Venue], city: City, now: datetime
) -> None:
    """As a phone sends it: what a form works out, such as the number of premises, comes as text."""
    upon = {"response_id": city.response_id, "now": now}
    book = (Path(settings.PACK_FOLDER) / "huizhou-2020" / "forms" / "hotel.xlsx").read_bytes()
    form = form_publish(actor=KEEPER, file_name="hotel.xlsx", content=book, **upon).version
    hotel = register("蓬莱宾馆", "hotel")
    counts = "<guests>12</guests><registered>12</registered><uploaded>11</uploaded><why_missing>断网</why_missing>"
    answers = (
        f"<area>{EAST}</area><listed>yes</listed><venue>{hotel.number}</venue><rounds>lodging hygiene</rounds>{counts}"
        f"<checks>{CHECKED}</checks><from_outbreak_area>0</from_outbreak_area><premises>1</premises>"
    )
    xml = submission_xml("hotel", form.version, "uuid:hotel", answers)
    taken = submission_take(actor=city.actor("alice"), xml=xml, files={}, **upon)
    forming.take_submissions(list(Event.objects.filter(subject_id=taken.submission_id)), now)
    row = Submission.objects.get()
    assert (row.state, row.problem) == ("taken", "")
    visit = Visit.objects.get()
    assert (visit.quantities, visit.agencies) == ({"premises": 1}, ["police", "health"])
    assert [item for item, answer in visit.answers.items() if answer == "failed"] == ["guests_uploaded"]


def test_a_venue_that_is_not_on_the_register_comes_onto_it_once(
    filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    said = {"listed": "no", "venue_name": "蓬莱酒吧", "state": "closed"}
    upon = (serves("inspection", "bar"), city.actor("alice"), now)
    venue_forms.visit_take(filled(**said), *upon)
    assert Venue.objects.get().name == "蓬莱酒吧"
    with pytest.raises(VenueKnown):
        venue_forms.visit_take(filled(**said), *upon)


def test_a_lodging_inspection_counts_the_day_too(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    inn = register("瑶池旅馆", "inn")
    row = filled(venue=inn.number, guests=5, registered=5, uploaded=4, premises=1)
    venue_forms.visit_take(row, serves("inspection", "inn"), city.actor("alice"), now)
    count = DayCount.objects.get()
    assert (count.guests, count.uploaded, count.source) == (5, 4, "visit")
    later = filled(venue=inn.number, guests=6, registered=6, uploaded=6)
    venue_forms.lodging_take(later, serves("lodging", "inn"), city.actor("alice"), now)
    assert DayCount.objects.get(replaced_at__isnull=True).guests == 6
    with pytest.raises(InputInvalid):
        venue_forms.lodging_take(filled(venue=inn.number), serves("lodging", "inn"), city.actor("alice"), now)


def test_one_visit_does_for_the_rounds_of_several_agencies_each_question_asked_once(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    inn = register("瑶池旅馆", "inn")
    said = {"guests": 5, "registered": 5, "uploaded": 4, "checks": {"check_masks": "pass", "check_ventilation": "fail"}}
    row = filled(venue=inn.number, rounds=["lodging", "hygiene"], **said)
    venue_forms.visit_take(row, serves("inspection", "inn"), city.actor("alice"), now)
    visit = Visit.objects.get()
    assert (visit.rounds, visit.agencies) == (["lodging", "hygiene"], ["police", "health"])
    assert visit.answers == {
        "masks": "ok", "ventilation": "failed", "guests_registered": "ok", "guests_uploaded": "failed"
    }  # fmt: skip
    assert dict(Due.objects.values_list("round", "due_on")) == {
        "lodging": local(now).date() + timedelta(days=7), "hygiene": local(now).date() + timedelta(days=14),
    }  # fmt: skip
    with pytest.raises(InputInvalid):
        venue_forms.visit_take(
            filled(venue=inn.number, rounds=["closure"], **said), serves("visit", "inn"), city.actor("alice"), now
        )


def test_readiness_keeps_what_another_agency_has_approved(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    school = register("东湖小学", "school")
    row = filled(
        venue=school.number, checks={"check_plan": "pass", "check_roster": "fail"}, approval="pass", premises=1
    )
    venue_forms.readiness_take(row, serves("readiness", "school"), city.actor("hana"), now)
    again = filled(venue=school.number, checks={"check_plan": "pass", "check_roster": "pass"}, approval="mend")
    venue_forms.readiness_take(again, serves("readiness", "school"), city.actor("alice"), now)
    found = Readiness.objects.get()
    assert (set(found.met), set(found.approvals)) == ({"plan", "roster"}, {"health"})
    assert Visit.objects.filter(sign=1).count() == 2


def test_a_form_asks_all_that_makes_a_site_ready_and_leaves_what_it_does_not_ask(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    _, plan = pack_for(city.response_id)
    assert plan.readiness is not None
    for form in (one for one in pack_forms.forms() if one.code in ("school", "factory", "station", "airport", "port")):
        asked = {row["name"].removeprefix("check_") for row in form.rows if row["name"].startswith("check_")}
        for kind in huizhou_pack().forms[form.code].serves.venue_kinds:
            assert set(plan.readiness.items_of(kind)) <= asked, kind
    school = register("昆仑小学", "school")
    upon = (serves("readiness", "school"), city.actor("alice"), now)
    venue_forms.readiness_take(filled(venue=school.number, checks={"check_plan": "pass", "check_staff": "fail"}), *upon)
    venue_forms.readiness_take(filled(venue=school.number, checks={"check_supplies": "pass"}), *upon)
    assert Readiness.objects.get().met == ["plan", "supplies"]


def test_a_venue_of_another_county_is_not_found(
    register: Callable[..., Venue], filled: Callable[..., Filled], city: City, now: datetime
) -> None:
    bar = register("青丘酒吧", "bar")
    with pytest.raises(NotFound):
        venue_forms.visit_take(filled(venue=bar.number), serves("visit", "bar"), city.actor("olga"), now)

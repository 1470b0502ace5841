"""The monitoring board and the places: who sees whom, checks for many at once, and what is said of the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.duties.observation.watching import Watch, add_person
from wangge.duties.observation.models import Check, Facility, Plan, Room
from wangge.duties.observation.services.alarms import observation_due
from wangge.duties.observation.services.checks import check_make
from wangge.engine import ENGINE
from wangge.ground.kernel import clock
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

EAST = "441302001001"


@pytest.fixture
def watch(city, now, monkeypatch) -> Watch:
    watch = Watch(city, now)
    add_person(city, "nora", "health_staff", EAST, now - timedelta(days=1))
    add_person(city, "sid", "observation_site", "441302100", now - timedelta(days=1), city.agencies["health/441302001"])
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    return watch


def named(watch, name):
    one = watch.individual()
    vault.put_many(response_id=watch.city.response_id, secrets=[Secret(one.id, "name", "name", name)])
    return one


def field(plan):
    return f"t_{plan.individual_id}"


def test_missing_come_first_then_due_then_done(watch, at_desk):
    done, missing, due = watch.plan(), watch.plan(named(watch, "王小明")), watch.plan()
    for plan in (done, due):
        check(watch, plan)
    observation_due(actor=ENGINE, now=watch.at("10:00").now)
    check(watch.at("11:00"), done, 371)
    page = at_desk("nora").get("/board").content.decode()
    numbers = [page.index(plan.individual.number) for plan in (missing, due, done)]
    assert numbers == sorted(numbers)
    assert "王**" in page and "王小明" not in page
    assert 'class="board-missing"' in page and 'class="day d-missed"' in page
    assert page.count('<td class="day') == 3 * 14 and "d-none" not in page, "every day has its cell under its date"
    only = at_desk("nora").get("/board?show=missing").content.decode()
    assert missing.individual.number in only and due.individual.number not in only


def check(watch, plan, tenths=365):
    check_make(
        actor=watch.actor("nora"),
        individual_id=plan.individual_id,
        now=watch.now,
        temperature_tenths=tenths,
        symptoms=[],
    )


def test_many_are_entered_at_once_and_wrong_ones_stay_in_their_field(watch, at_desk):
    first, second, third = watch.plan(), watch.plan(), watch.plan()
    nora = at_desk("nora")
    sent = {field(first): "365", field(second): "36。8", field(third): ""}
    assert nora.post("/board/checks", sent).status_code == 302
    assert nora.post("/board/checks", sent).status_code == 302, "a second click"
    assert sorted(Check.objects.values_list("temperature_tenths", flat=True)) == [365, 368]
    answer = nora.post("/board/checks", {field(first): "371", field(third): "99", f"s_{third.individual_id}": ""})
    page = answer.content.decode()
    assert answer.status_code in {409, 422}
    assert 'value="99"' in page and "34.0～43.0" in page and "Nora 已于 02-03 09:00 登记（36.5℃）" in page
    assert Check.objects.count() == 2


def test_strangers_see_nobody_and_enter_nothing(watch, at_desk):
    plan = watch.plan()
    assert plan.individual.number not in at_desk("olga").get("/board").content.decode()
    assert at_desk("olga").post("/board/checks", {field(plan): "365"}).status_code == 403
    assert at_desk("adam").get("/board").status_code == 403, "no such right anywhere"
    assert at_desk("erin").post("/board/checks", {field(plan): "365"}).status_code == 403, "same area, may look only"
    assert not Check.objects.exists()


def test_a_page_costs_the_same_however_many_people(watch, at_desk):
    nora = at_desk("nora")
    counts = []
    for more in (1, 60):
        for _ in range(more):
            watch.plan()
        with CaptureQueriesContext(connection) as asked:
            page = nora.get("/board").content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20, counts
    assert page.count("data-row") == 50
    following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = nora.get(f"/board{following}").content.decode()
    assert second.count("data-row") == 11


def test_the_staff_of_a_place_check_those_who_stay_there(watch, at_desk):
    place, room = watch.site(beds=2)
    Facility.objects.filter(id=place.id).update(agency_id=watch.city.agencies["health/441302001"])
    staying, elsewhere = watch.plan(watch.individual("close_contact"), room_id=room.id), watch.plan()
    page = at_desk("sid").get("/board").content.decode()
    assert staying.individual.number in page and elsewhere.individual.number not in page
    assert at_desk("sid").post("/board/checks", {field(staying): "365"}).status_code == 302
    assert at_desk("sid").post("/board/checks", {field(elsewhere): "365"}).status_code == 403
    assert Check.objects.get().plan_id == staying.id


def test_places_are_opened_and_closed_by_those_who_may(watch, at_desk):
    hana = at_desk("hana")
    hana.post("/facilities/open", {"name": "东湖酒店", "kind": "site", "area": "441302001"})
    place = Facility.objects.get()
    assert hana.post(f"/facilities/{place.id}/rooms", {"room": "301", "beds": "2"}).status_code == 302
    watch.plan(watch.individual("close_contact"), room_id=Room.objects.get().id)
    assert "在住 1 / 床位 2" in hana.get("/facilities").content.decode()
    answer = hana.post(f"/facilities/{place.id}/close")
    assert answer.status_code == 409 and "现有 1 人在住" in answer.content.decode()
    for who in ("olga", "nora"):
        assert at_desk(who).post(f"/facilities/{place.id}/rooms", {"room": "1", "beds": "1"}).status_code == 403
    assert "东湖酒店" not in at_desk("olga").get("/facilities").content.decode()


def test_whoever_waits_for_release_is_counted(watch, at_desk):
    plan = watch.plan()
    Plan.objects.filter(id=plan.id).update(
        ends_on=watch.now.date() - timedelta(days=1), next_due_at=None, attend_at=clock.now() + timedelta(days=9000)
    )
    assert plan.individual.number in at_desk("nora").get("/board?show=release").content.decode()

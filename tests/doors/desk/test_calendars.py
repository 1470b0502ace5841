"""One's own duties in one's own calendar: read by two programs that know nothing of each other, closed to guesses."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import icalendar
import pytest
import vobject
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import START, City
from tests.duties.rosters.test_services import MONDAY, make, publish
from wangge.doors.desk.pages import observe
from wangge.duties.rosters.models import CalendarLink, Roster, RosterSeat
from wangge.duties.rosters.services.editing import seat_assign
from wangge.duties.rosters.services.leaving import leave_enter
from wangge.ground.accounts.models import Person
from wangge.ground.areas.tree import tree
from wangge.ground.journal.models import Event
from wangge.ground.responses.models import Response

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def _at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangge.ground.kernel.clock.now", lambda: START)
    observe.WRONG.forget()


@pytest.fixture
def alice(at_desk: Any) -> Client:
    client: Client = at_desk("alice")
    return client


def link_of(client: Client) -> str:
    page = client.post("/duties/calendar")
    assert page.status_code == 200 and page.context["link"] in page.content.decode()
    return str(page.context["link"]).removeprefix("http://testserver")


def events_of(answer: Any) -> list[Any]:
    """The events of a calendar, after both parsers have read the same out of it."""
    read = icalendar.Calendar.from_ical(answer.content)
    events = read.walk("VEVENT")
    others = list(vobject.readOne(answer.content.decode()).contents.get("vevent", []))
    ours = [(str(one["uid"]), one.start, one.end, str(one["summary"]), str(one["location"])) for one in events]
    theirs = [
        (one.uid.value, one.dtstart.value, one.dtend.value, one.summary.value, one.location.value) for one in others
    ]
    assert ours == theirs and read.errors == [] and len({uid for uid, *_ in ours}) == len(ours)
    return list(events)


def test_duties_come_to_a_calendar_and_go_from_it(city: City, alice: Client) -> None:
    roster = make(city)
    publish(city, roster)
    address = link_of(alice)
    answer = Client().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "private, no-cache" and answer["Referrer-Policy"] == "no-referrer"
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75 and b"\n" not in b"".join(lines)
    read = icalendar.Calendar.from_ical(answer.content)
    assert str(read["x-wr-calname"]) == str(read["name"]) == "值班 Alice" and {"prodid", "version"} <= set(
        map(str.lower, read)
    )
    found = events_of(answer)
    seats = RosterSeat.objects.filter(roster=roster, person=city.people["alice"]).order_by("since")
    assert [(one.start, one.end) for one in found] == [(seat.since, seat.until) for seat in seats]
    assert all(one.start.utcoffset() == timedelta() for one in found)
    first = found[0]
    assert str(first["summary"]) == "village_officer 441302001001 白班"
    assert str(first["location"]) == tree().path_name(city.area("441302001001"))
    assert (str(first["status"]), first["dtstamp"].dt, first["last-modified"].dt) == ("CONFIRMED", START, START)
    assert not [name for name in ("Bob", "Dan", "Dora") if name.encode() in answer.content]

    # Nothing new: the program keeps what it has, however much later it asks.
    again = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content, again["Cache-Control"]) == (304, b"", "private, no-cache")
    # One duty is taken away: it is gone, the others stay the same events and say that they are newer.
    roster.refresh_from_db()
    gone = seats.filter(since__gt=START)[0]
    seat_assign(actor=city.actor("dan"), seat_id=gone.id, person_id=None, version=roster.version, now=START)
    answer = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    left = events_of(answer)
    assert [str(one["uid"]) for one in left] == [str(one["uid"]) for one in found if one.start != gone.since]
    assert left[0]["sequence"] > first["sequence"]
    # Ill: nothing is left but what is over.
    until = START + timedelta(days=20)
    ill: dict[str, Any] = {"unit_id": city.area("441302001"), "person_id": city.people["alice"], "sick": True}
    leave_enter(actor=city.actor("alice"), since=START, until=until, now=START, **ill)
    assert [one for one in events_of(Client().get(address)) if one.end > START] == []


def test_long_names_are_folded_and_read_back(city: City, alice: Client) -> None:
    make(city)
    RosterSeat.objects.filter(person=city.people["alice"])[0].post.__class__.objects.update(
        name="驻村民警岗位；东湖社区、新建社区,菜园墩社区联合值守点" * 3
    )
    publish(city, Roster.objects.get())
    answer = Client().get(link_of(alice))
    assert max(map(len, answer.content.split(b"\r\n"))) <= 75
    assert str(events_of(answer)[0]["summary"]) == "驻村民警岗位；东湖社区、新建社区,菜园墩社区联合值守点" * 3 + " 白班"


def test_two_weeks_back_and_a_year_ahead(city: City, alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(city, make(city))
    address = link_of(alice)
    last = RosterSeat.objects.filter(person=city.people["alice"]).order_by("-since")[0]
    for later, stays in ((timedelta(days=13, hours=23), True), (timedelta(days=14), False)):
        monkeypatch.setattr("wangge.ground.kernel.clock.now", lambda later=later: last.until + later)
        assert bool(events_of(Client().get(address))) == stays


def test_an_exercise_says_so_and_a_draft_says_nothing(city: City, alice: Client) -> None:
    Response.objects.update(exercise=True)
    roster = make(city)
    address = link_of(alice)
    assert events_of(Client().get(address)) == []
    publish(city, roster)
    found = events_of(Client().get(address))
    assert found and all(str(one["summary"]).startswith("【演练】") for one in found)


def test_a_link_is_renewed_withdrawn_and_ends_with_its_owner(city: City, alice: Client) -> None:
    assert "生成链接" in alice.get("/duties").content.decode()
    first = link_of(alice)
    page = alice.get("/duties").content.decode()
    assert "换新链接" in page and first not in page
    secret = first.removeprefix("/d/").removesuffix(".ics")
    assert CalendarLink.objects.get().digest == hashlib.sha256(secret.encode()).hexdigest()
    second = link_of(alice)
    assert [Client().get(one).status_code for one in (first, second)] == [404, 200]
    Person.objects.filter(username="alice").update(is_active=False)
    assert Client().get(second).status_code == 404
    Person.objects.filter(username="alice").update(is_active=True)
    assert (
        alice.post("/duties/calendar/withdraw").status_code
        == alice.post("/duties/calendar/withdraw").status_code
        == 302
    )
    gone = Client().get(second)
    assert (gone.status_code, gone["Cache-Control"]) == (404, "no-store") and "链接无效" in gone.content.decode()
    told = Event.objects.filter(type="roster.calendar").order_by("id")
    assert [one.data for one in told] == [{"state": "made"}, {"state": "made"}, {"state": "withdrawn"}]
    assert not [one for one in told if secret in str(one.data)]
    assert Client().post(second).status_code == 405


def test_who_guesses_is_slowed_down_and_locks_nobody_out(city: City, alice: Client) -> None:
    address = link_of(alice)
    neighbour = {"REMOTE_ADDR": "203.0.113.77"}
    answers = [Client(**neighbour).get(f"/d/{'A' * 30}{number}.ics") for number in range(40)]
    assert {one.status_code for one in answers[:20]} == {404} and answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0
    assert Client(**neighbour).get(address).status_code == 200


def test_the_same_number_of_questions_for_one_duty_or_many(city: City, alice: Client) -> None:
    publish(city, make(city, days=3))
    address = link_of(alice)

    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            found = events_of(Client().get(address))
        # The tree of areas and the pack are asked for now and then, whoever comes.
        return len(found), sum('"rosters_' in one["sql"] or '"accounts_' in one["sql"] for one in queries)

    few = asked()
    publish(city, make(city, since=MONDAY + timedelta(days=7), days=31))
    many = asked()
    assert few[0] + 5 < many[0] and few[1] == many[1] == 6

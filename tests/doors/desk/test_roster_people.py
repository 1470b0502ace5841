"""The people of a unit and its day on the desk: for who makes rosters, masked for who may look, closed to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.conftest import City
from tests.doors.desk.test_roster_pages import at_desk, make
from wangge.duties.rosters.models import FixedDuty, Leave, Member, PostHandover, Roster, RosterSeat
from wangge.ground.accounts.models import DutyTime, Holding
from wangge.ground.kernel import clock
from wangge.ground.kernel.ids import new_id

__all__ = ["at_desk"]
TOWN = "441302001"


def day(after: int) -> str:
    return (clock.local(clock.now()).date() + timedelta(days=after)).isoformat()


@pytest.fixture
def unit(city: City) -> str:
    return f"/rosters/units/{city.area(TOWN)}"


def test_what_people_can_do_and_with_whom_they_live(city: City, at_desk: Any, unit: str) -> None:
    dan, alice = at_desk("dan"), city.people["alice"]
    page = dan.get(f"{unit}/people")
    assert page.status_code == 200 and len(page.context["rows"]) == 4
    both = {"person": [str(alice), str(city.people["bob"])], "skill": "driver", "how": "add"}
    assert dan.post(f"{unit}/people", both).status_code == 302
    assert dan.get(f"{unit}/people").content.decode().count('class="chip">驾驶') == 2
    refused = dan.post(f"{unit}/people", {"skill": "driver"})
    assert refused.status_code == 422 and "请先勾选人员" in refused.content.decode()
    one = f"{unit}/people/{alice}"
    assert dan.post(f"{one}/do/skills", {"skill": ["dialect"]}).status_code == 302
    assert Member.objects.get(person_id=alice).skills == ["dialect"]
    # One letter lists nobody; a name finds staff of the whole city, by name and unit alone.
    assert dan.get(f"{one}?name=O").context["found"] == []
    found = dan.get(f"{one}?name=olg")
    assert [who.name for who in found.context["found"]] == ["Olga"] and "新平" in found.content.decode()
    assert "olga" not in found.content.decode().replace('value="olg"', "")  # no sign-in name
    assert dan.post(f"{one}/do/join", {"partner": str(city.people["olga"])}).status_code == 302
    assert "Olga" in dan.get(f"{unit}/people").content.decode()
    # Who may only look sees colleagues and skills, no household.
    looking = at_desk("hana") if at_desk("hana").get(f"{unit}/people").status_code == 200 else at_desk("alice")
    seen = looking.get(f"{unit}/people")
    if seen.status_code == 200:
        assert "Olga" not in seen.content.decode() and "同住" not in seen.content.decode().split("</table>")[0]
    assert dan.post(f"{one}/do/part", {}).status_code == 302
    assert Member.objects.get(person_id=alice).household is None


def test_a_fixed_duty_from_the_form_to_my_duties_and_back(city: City, at_desk: Any, unit: str) -> None:
    dan, one = at_desk("dan"), f"{unit}/people/{city.people['alice']}"
    form = {
        "key": "f1", "kind": "clinic", "day": ["1", "3"], "start": "09:00", "hours": "1.5", "first_on": day(0),
        "last_on": "", "post": "", "duty": "", "version": "0",
    }  # fmt: skip
    for field, wrong in (("days", {"day": []}), ("hours", {"hours": "x"}), ("start", {"start": ""}),
                         ("last_on", {"last_on": day(-3)}), ("kind", {"kind": "sleep"})):  # fmt: skip
        answer = dan.post(f"{one}/do/fixed", form | wrong | {"key": f"k-{field}"})
        assert answer.status_code == 422 and f'id="wrong-{field}"' in answer.content.decode(), field
        assert answer.context["new"]["sent"]
    assert dan.post(f"{one}/do/fixed", form).status_code == dan.post(f"{one}/do/fixed", form).status_code == 302
    duty = FixedDuty.objects.get()
    assert (duty.days, duty.minutes) == ([1, 3], 90)
    assert "门诊" in at_desk("alice").get("/duties").content.decode()
    change = form | {"key": "f2", "duty": str(duty.id), "version": "1", "hours": "3"}
    assert dan.post(f"{one}/do/fixed", change).status_code == 302
    stale = dan.post(f"{one}/do/fixed", change | {"key": "f3"})
    assert stale.status_code == 409 and "已有变动" in stale.content.decode()
    upon = {"duty": str(duty.id)}
    assert dan.post(f"{one}/do/fixed-end", upon | {"version": "2", "last_on": day(0)}).status_code == 302
    assert "改为长期" in dan.get(one).content.decode()
    assert dan.post(f"{one}/do/fixed-end", upon | {"version": "3", "last_on": ""}).status_code == 302
    assert dan.post(f"{one}/do/fixed-drop", upon | {"version": "4"}).status_code == 302
    assert "恢复" in dan.get(one).content.decode() and "门诊" not in at_desk("alice").get("/duties").content.decode()
    assert dan.post(f"{one}/do/fixed-drop", upon | {"version": "5", "back": "yes"}).status_code == 302
    assert not FixedDuty.objects.get().dropped


def test_leave_frees_seats_and_each_is_filled_with_one_click(city: City, at_desk: Any, unit: str) -> None:
    dan = at_desk("dan")
    roster = make(dan, city)
    dan.post(f"/rosters/{roster.id}/do/publish", {"version": roster.version})
    pair = {city.people["alice"], city.people["bob"]}
    seat = RosterSeat.objects.filter(roster=roster, person__in=pair).order_by("since")[0]
    away = seat.person_id
    [other] = pair - {away}
    until = clock.local(clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    answer = dan.post(f"{unit}/people/{away}/do/leave", {"key": "l1", "since": "", "until": until})
    leave = Leave.objects.get()
    assert answer["Location"] == f"/leaves/{leave.id}"
    page = dan.get(f"/leaves/{leave.id}")
    [row] = [row for row in page.context["rows"] if row["seat"].id == seat.id]
    assert [one.person_id for one in row["may"]][:1] == [other]
    roster.refresh_from_db()
    give = {"seat": str(seat.id), "person": str(other), "version": str(roster.version)}
    assert dan.post(f"/leaves/{leave.id}", give | {"version": "1"}).status_code == 409
    assert dan.post(f"/leaves/{leave.id}", give).status_code == 302
    assert DutyTime.objects.filter(person_id=other, post_id=seat.post_id, since=seat.since).exists()
    for name in ("olga", "alice", "adam"):
        assert at_desk(name).get(f"/leaves/{leave.id}").status_code == 403
    assert dan.post(f"{unit}/people/{away}/do/leave-back", {"leave": str(leave.id)}).status_code == 302
    assert not Leave.objects.exists()


def test_the_day_of_a_unit_shows_who_came_and_what_was_not_taken_over(city: City, at_desk: Any, unit: str) -> None:
    dan, now = at_desk("dan"), clock.now()
    post = Holding.objects.get(person_id=city.people["alice"]).post_id
    duty = DutyTime.objects.create(
        post_id=post, person_id=city.people["alice"], since=now - timedelta(hours=1), until=now + timedelta(hours=3)
    )
    page = dan.get(unit).content.decode()
    assert "未签到" in page and "代为签到" in page and "未写交班" not in page
    assert at_desk("alice").post(f"/posts/{post}/hand-over", {"key": "h1", "notes": ""}).status_code == 422
    sent = {"key": "h2", "notes": "两户居家观察未回电"}
    assert at_desk("alice").post(f"/posts/{post}/hand-over", sent).status_code == 302
    assert at_desk("alice").post(f"/posts/{post}/hand-over", sent).status_code == 302
    handover = PostHandover.objects.get()
    bob = at_desk("bob")
    seen = bob.get("/duties").content.decode()
    assert "两户居家观察未回电" in seen and "已知悉，接班" in seen and "本岗位辖区未办结事项" in seen
    assert at_desk("carol").post(f"/handovers/{handover.id}/take").status_code == 403
    assert bob.post(f"/handovers/{handover.id}/take").status_code == 302
    assert bob.post(f"/handovers/{handover.id}/take").status_code == 409
    page = dan.get(unit).content.decode()
    assert "已接班" in page and "两户居家观察未回电" not in page
    assert dan.post(unit, {"duty": str(duty.id)}).status_code == 302
    duty.refresh_from_db()
    assert duty.checked_in_at and dan.post(unit, {"duty": "x"}).status_code == 422


def test_illness_is_called_in_by_oneself_and_the_desk_hears(
    city: City, at_desk: Any, settle: Callable[[datetime], None]
) -> None:
    dan = at_desk("dan")
    roster = make(dan, city)
    dan.post(f"/rosters/{roster.id}/do/publish", {"version": roster.version})
    seat = RosterSeat.objects.filter(roster=roster, person__in=[city.people["alice"], city.people["bob"]]).order_by(
        "since"
    )[0]
    ill = at_desk("alice" if seat.person_id == city.people["alice"] else "bob")
    assert "我病了" in ill.get("/duties").content.decode()
    assert 'id="wrong-until"' in ill.post("/duties/ill", {"key": "i1", "until": ""}).content.decode()
    until = clock.local(clock.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert ill.post("/duties/ill", {"key": "i2", "until": until}).status_code == 302
    settle(clock.now())
    leave = Leave.objects.get()
    assert (leave.sick and f"/leaves/{leave.id}" in str(dan.get("/inbox").content)) or leave.freed
    assert RosterSeat.objects.get(id=seat.id).person_id is None


def test_a_roster_is_withdrawn_and_comes_back(city: City, at_desk: Any) -> None:
    dan = at_desk("dan")
    roster = make(dan, city)
    address = f"/rosters/{roster.id}"
    dan.post(f"{address}/do/publish", {"version": roster.version})
    roster.refresh_from_db()
    empty = dan.post(f"{address}/do/withdraw", {"version": roster.version, "reason": ""})
    assert empty.status_code == 422 and 'id="wrong-reason"' in empty.content.decode()
    assert dan.post(f"{address}/do/withdraw", {"version": roster.version, "reason": "人手抽调"}).status_code == 302
    page = dan.get(address).content.decode()
    assert (
        "已撤回" in page
        and "人手抽调" in page
        and "恢复生效" in page
        and "已撤回" in dan.get("/rosters").content.decode()
    )
    roster.refresh_from_db()
    assert dan.post(f"{address}/do/publish", {"version": roster.version}).status_code == 302
    assert Roster.objects.get().state == "published"
    for name in ("olga", "alice"):
        assert at_desk(name).post(f"{address}/do/withdraw", {"version": "1"}).status_code == 403


@pytest.mark.parametrize("name", ["olga", "omar", "adam", "carol"])
def test_others_see_and_change_nothing(city: City, at_desk: Any, unit: str, name: str) -> None:
    client: Client = at_desk(name)
    one = f"{unit}/people/{city.people['alice']}"
    pages = [client.get(address).status_code for address in (unit, f"{unit}/people", one)]
    assert pages[2] == 403 and (name == "carol" or pages == [403] * 3)
    deeds = ("skills", "join", "part", "leave", "leave-back", "fixed", "fixed-end", "fixed-drop")
    assert [client.post(f"{one}/do/{deed}", {"key": new_id()}).status_code for deed in deeds] == [403] * 8
    assert client.post(f"{unit}/people", {"person": str(city.people["alice"]), "skill": "driver"}).status_code == 403
    assert client.post(unit, {"duty": str(new_id())}).status_code == 403


def test_what_is_no_unit_has_no_such_pages(city: City, at_desk: Any) -> None:
    for area in (city.area("441302001001"), city.area("4413"), new_id()):
        assert at_desk("dan").get(f"/rosters/units/{area}").status_code == 404
        assert at_desk("frank").get(f"/rosters/units/{area}/people").status_code == 404

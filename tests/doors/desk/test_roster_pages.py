"""Rosters on the desk: made, read, changed, published and swapped by those who may, closed to everybody else."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from tests.conftest import City
from wangge.duties.rosters.models import Roster, RosterSeat, Search, Swap
from wangge.ground.accounts.models import DutyTime
from wangge.ground.kernel import clock


@pytest.fixture
def at_desk(city: City) -> Any:
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(city.person(name))
        return client

    return signed_in


def make(dan: Client, city: City) -> Roster:
    page = dan.get("/rosters")
    form = {
        "key": page.context["typed"]["key"], "unit": "441302001", "pattern": "two", "days": "7",
        "since": (clock.local(clock.now()).date() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    assert "请选择日期。" in dan.post("/rosters", form | {"since": "x", "key": "other"}).content.decode()
    assert dan.post("/rosters", form).status_code == dan.post("/rosters", form).status_code == 302
    [roster] = Roster.objects.all()
    return roster


def test_a_roster_from_the_form_to_those_on_duty(city: City, at_desk: Any) -> None:
    dan = at_desk("dan")
    roster = make(dan, city)
    address = f"/rosters/{roster.id}"
    by_post, by_person = (dan.get(f"{address}?by={by}").content.decode() for by in ("post", "person"))
    assert "village_officer 441302001001" in by_post and "人不具备所需职务或技能" in by_post
    assert "Alice" in by_person and "休" in by_person and "工时与夜班" in by_person
    again = dan.post(
        "/rosters", {"key": "k2", "unit": "441302001", "pattern": "two", "since": roster.since.isoformat()}
    )
    assert again.status_code == 409 and "已有值班表" in again.content.decode()
    book = CalamineWorkbook.from_filelike(io.BytesIO(dan.get(f"{address}/excel").content))
    rows = book.get_sheet_by_index(0).to_python()
    assert {"姓名", "Alice", "空缺"} <= {row[0] for row in rows} and {"白", "夜", "休"} <= {
        str(cell) for row in rows for cell in row
    }
    # By hand: whoever may not is refused with the rule, whoever may is on.
    seat = RosterSeat.objects.filter(roster=roster, person=city.people["alice"]).order_by("since")[0]
    where = f"/seats/{seat.id}"
    page = dan.get(where).content.decode()
    assert "不能值这一班的人" in page and "不具备这一岗位所需的职务或技能" in page
    refused = dan.post(where, {"person": str(city.people["dan"]), "version": roster.version})
    assert refused.status_code == 409 and "不能这样排：Dan" in refused.content.decode()
    assert dan.post(where, {"person": "", "version": roster.version}).status_code == 302
    assert dan.post(where, {"person": str(city.people["alice"]), "version": roster.version}).status_code == 409  # old
    roster.refresh_from_db()
    assert (
        dan.post(where, {"person": str(city.people["alice"]), "version": roster.version, "fixed": "yes"}).status_code
        == 302
    )
    # Improved by a search that the engine starts, and stopped before it did.
    roster.refresh_from_db()
    dan.post(f"{address}/do/improve", {"version": roster.version, "seconds": "5"})
    assert "等待" in dan.get(f"{address}/search").content.decode()
    assert "正在优化这张值班表" in dan.post(f"{address}/do/publish", {"version": roster.version}).content.decode()
    dan.post(f"{address}/do/stop", {})
    assert Search.objects.get().state == "stopped"
    assert dan.post(f"{address}/do/publish", {"version": roster.version}).status_code == 302
    assert DutyTime.objects.filter(person=city.people["alice"]).exists()
    assert dan.post(f"{address}/do/drop", {"version": roster.version + 1}).status_code == 422


def test_what_cannot_be_rostered_is_said_with_its_place_and_nothing_typed_is_lost(city: City, at_desk: Any) -> None:
    dan, erin = at_desk("dan"), at_desk("erin")
    today = clock.local(clock.now()).date()
    form = {"key": "k1", "unit": "441302001", "pattern": "two", "days": "7"}
    past = dan.post("/rosters", form | {"since": (today - timedelta(days=7)).isoformat()})
    assert past.status_code == 422 and f"至 {today - timedelta(days=1)} 已经过去" in past.content.decode()
    assert (today - timedelta(days=7)).isoformat() in past.content.decode()
    nobody = erin.post("/rosters", form | {"unit": "441302100", "key": "k2", "since": today.isoformat()})
    assert nobody.status_code == 409 and "没有要排班的岗位或没有在岗人员" in nobody.content.decode()
    # Leave entered after publication: what it leaves empty is said, with who could step in or why nobody can.
    roster = make(dan, city)
    dan.post(f"/rosters/{roster.id}/do/publish", {"version": roster.version})
    ill = RosterSeat.objects.filter(roster=roster, person__in=[city.people["alice"], city.people["bob"]])[0].person_id
    held, empty = (RosterSeat.objects.filter(roster=roster, person=one).count() for one in (ill, None))
    leave = {"person": str(ill), "until": f"{roster.until}T08:00", "sick": "yes"}
    assert dan.post(f"/rosters/{roster.id}/do/leave", leave).status_code == 302
    page = dan.get(f"/rosters/{roster.id}").content.decode()
    assert f"<small>{held + empty}</small>" in page and "有人可以值这一班，尚未安排" in page
    assert not DutyTime.objects.filter(person=ill).exists()


def test_my_duties_a_swap_and_illness(city: City, at_desk: Any) -> None:
    dan, people = at_desk("dan"), {city.people["alice"]: "alice", city.people["bob"]: "bob"}
    roster = make(dan, city)
    dan.post(f"/rosters/{roster.id}/do/publish", {"version": roster.version})
    seat = RosterSeat.objects.filter(roster=roster, person__in=people).order_by("since")[0]
    giver = people[seat.person_id]
    taker = "bob" if giver == "alice" else "alice"
    giving, taking = at_desk(giver), at_desk(taker)
    assert "申请换班" in giving.get("/duties").content.decode()
    assert taker.capitalize() in giving.get(f"/seats/{seat.id}/swap").content.decode()
    assert taking.get(f"/seats/{seat.id}/swap").status_code == 403
    giving.post(f"/seats/{seat.id}/swap", {"person": str(city.people[taker])})
    swap = Swap.objects.get()
    for client in (taking, dan):
        assert "不同意" in client.get("/duties").content.decode()
        client.post(f"/swaps/{swap.id}", {"yes": "yes"})
    duty = DutyTime.objects.get(post_id=seat.post_id, since=seat.since)
    assert duty.person_id == city.people[taker]
    early = taking.post(f"/duties/{duty.id}/check-in")
    assert early.status_code == (409 if seat.since - clock.now() > timedelta(hours=1) else 302)
    until = clock.local(clock.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    ill = {"person": str(city.people[taker]), "until": until, "sick": "yes"}
    assert dan.post(f"/rosters/{roster.id}/do/leave", ill).status_code == 302
    assert not DutyTime.objects.filter(person=city.people[taker], since__gt=clock.now()).exists()
    assert datetime.fromisoformat(until)


def test_outsiders_see_and_change_nothing(city: City, at_desk: Any) -> None:
    dan = at_desk("dan")
    roster = make(dan, city)
    seat = RosterSeat.objects.filter(roster=roster, person=None)[0]
    pages = [
        f"/rosters/{roster.id}",
        f"/rosters/{roster.id}/search",
        f"/rosters/{roster.id}/excel",
        f"/seats/{seat.id}",
    ]
    deeds = [f"/rosters/{roster.id}/do/{deed}" for deed in ("publish", "drop", "improve", "stop", "leave")]
    for name in ("olga", "omar", "adam"):
        client = at_desk(name)
        assert [client.get(page).status_code for page in pages] == [403] * 4
        assert [client.post(deed, {"version": "1"}).status_code for deed in deeds] == [403] * 5
        assert client.post(f"/seats/{seat.id}", {"version": "1"}).status_code == 403
    # Who serves in it reads it, and changes nothing.
    alice = at_desk("alice")
    assert alice.get(pages[0]).status_code == 200
    assert [alice.post(deed, {"version": "1"}).status_code for deed in deeds[:4]] == [403] * 4
    assert alice.post(f"/seats/{seat.id}", {"version": "1"}).status_code == 403
    roster.refresh_from_db()
    assert (roster.version, roster.state) == (1, "draft")

"""The lists of checkpoints, venues and observation as Excel: what their pages show, page by page to the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests.doors.desk.checkpoint_doors import checkpoints_make
from tests.doors.desk.roster_doors import rosters_make
from tests.doors.desk.test_exports import sheets
from tests.doors.desk.venue_doors import venues_make
from tests.duties.observation.watching import Watch, add_person
from wangge.doors.desk.listings import asked
from wangge.duties.observation.services.checks import check_make
from wangge.duties.rosters.models import RosterSeat
from wangge.duties.venues.services.lodging import CountDraft, lodging_report
from wangge.ground.kernel import clock
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

AtDesk = Callable[[str], Client]


def table_of(client: Client, address: str) -> list[dict[str, Any]]:
    table, _ = sheets(client.get(address)).values()
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


@pytest.fixture
def venues(city: Any) -> SimpleNamespace:
    return venues_make(city, clock.now())


def test_checkpoints_as_they_stand_and_what_they_screened(city: Any, at_desk: AtDesk) -> None:
    made = checkpoints_make(city, clock.now())
    dan = at_desk("dan")
    (row,) = table_of(dan, "/exports/checkpoints?area=441302001")
    assert row["名称"] == "东湖出口" and row["状态"] == "失联" and row["村（居）"] == "东湖社区"
    assert (row["车辆"], row["人员"], row["发热"], row["开放时间"]) == (2, 4, 1, "昼夜")
    assert "王小明" not in str(row), "the contact stays in the vault"
    (screened,) = table_of(dan, "/exports/screened")
    assert screened["编号"] == made.here.number and (screened["车辆"], screened["发热"]) == (2, 1)
    yesterday = clock.local(clock.now()).date() - timedelta(days=1)
    assert table_of(dan, f"/exports/screened?from={yesterday - timedelta(days=1)}&to={yesterday}") == []


def test_the_lodging_counts_of_a_day(city: Any, at_desk: AtDesk, venues: SimpleNamespace) -> None:
    dan = at_desk("dan")
    (missing,) = table_of(dan, "/exports/lodging")
    assert missing["名称"] == "蓬莱宾馆" and missing["上报"] == "未报" and missing["在住"] == ""
    draft = CountDraft(venues.hotel.id, 8, 8, 6)
    lodging_report(
        actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=clock.now(), source="visit"
    )
    assert table_of(dan, "/exports/lodging") == []
    (row,) = table_of(dan, "/exports/lodging?show=short")
    assert [row[name] for name in ("上报", "在住", "登记", "上传", "登记率%", "上传率%")] == ["已报", 8, 8, 6, 100, 75]
    assert row["上报方式"] == "检查核对"


def test_inspections_of_today_walk_to_the_end(
    city: Any, at_desk: AtDesk, venues: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = table_of(at_desk("dan"), "/exports/rounds")
    assert {row["名称"] for row in whole} >= {"瑶池网吧", "蓬莱宾馆"}
    assert whole[0]["事由"] == "复查" and whole[0]["名称"] == "瑶池网吧", "what is to be looked at again comes first"
    monkeypatch.setattr("wangge.doors.desk.listings.inspections.AT_ONCE", 1)
    assert table_of(at_desk("dan"), "/exports/rounds") == whole


def test_readiness_and_orders(at_desk: AtDesk, venues: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "AT_ONCE", 1)
    sites = table_of(at_desk("dan"), "/exports/readiness")
    assert [row["状态"] for row in sites if row["名称"] == "昆仑小学"] == ["未检查"]
    assert table_of(at_desk("dan"), "/exports/readiness?state=passed") == []
    (order,) = table_of(at_desk("dan"), "/exports/orders")
    assert order["措施"] == "停业" and "网吧" in order["场所类别"] and order["区域"].endswith("惠城区")
    assert table_of(at_desk("dan"), "/exports/orders?area=441302001") == [order], "an order of the county reaches here"


def test_the_board_with_its_days(city: Any, at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    watch = Watch(city, now)
    add_person(city, "nora", "health_staff", "441302001001", now - timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    person = watch.individual()
    vault.put_many(response_id=city.response_id, secrets=[Secret(person.id, "name", "name", "王小明")])
    plan, other = watch.plan(person), watch.plan()
    check_make(
        actor=city.actor("nora", watch.now), individual_id=person.id, now=watch.now, temperature_tenths=365, symptoms=[]
    )
    rows = {row["档案编号"]: row for row in table_of(at_desk("nora"), "/exports/board")}
    assert set(rows) == {person.number, other.individual.number}
    row, today = rows[person.number], clock.local(watch.now).date()
    assert row["姓名"] == "王**" and row["观察方式"] == "居家"
    assert row[f"{today.month}月{today.day}日"].startswith("36.5") and row["已测次数"] == 1
    assert table_of(at_desk("nora"), "/exports/board?show=found") == []
    assert plan.individual_id == person.id


def test_filters_that_no_code_looks_like_are_refused(at_desk: AtDesk) -> None:
    for query in ("show=王小明", "round=%00", "state=" + "x" * 41, "facility=1", "day=tomorrow"):
        assert at_desk("dan").get(f"/exports/lodging?{query}").status_code in (404, 422), query


def test_every_filter_is_one_that_the_journal_knows(city: Any, at_desk: AtDesk, venues: SimpleNamespace) -> None:
    query = "group=lodging&recheck=yes&state=open&area=441302001&own=yes&day=2026-01-02&to=2026-01-03&show=all&round=x"
    assert (
        table_of(at_desk("dan"), f"/exports/venues?{query}&role=r&stage=s&figure=f&since=2026-01-01&at=2026-01-02")
        == []
    )


def test_rosters_and_who_is_on_duty_walk_to_the_end(
    city: Any, at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, dan = rosters_make(city, clock.now()), at_desk("dan")
    monkeypatch.setattr("wangge.doors.desk.listings.asked.AT_ONCE", 5)
    rows = table_of(dan, "/exports/rosters?area=441302001")
    assert [row["状态"] for row in rows] == ["草稿", "已发布"] and rows[0]["镇（街）"] == "桥东街道"
    seats = RosterSeat.objects.filter(roster=made.used)
    assert (rows[1]["班次"], rows[1]["空缺"]) == (seats.count(), seats.filter(person=None).count())
    rows = table_of(dan, "/exports/duties")
    assert len(rows) == seats.count() > 10 and rows[0]["开始"] <= rows[-1]["开始"]
    assert {"Alice", "空缺"} <= {row["值班人员"] for row in rows} and {row["班次"] for row in rows} == {"白班", "夜班"}
    own = table_of(at_desk("alice"), "/exports/duties?own=yes")
    assert {row["值班人员"] for row in own} == {"Alice"}
    assert len(own) == seats.filter(person=city.people["alice"]).count()
    assert table_of(dan, "/exports/duties?from=0001-01-01&to=2001-01-01") == []
    assert table_of(dan, "/exports/duties?from=9999-12-31") == []


def test_the_gaps_of_the_coming_days_go_out_whole(at_desk: AtDesk) -> None:
    erin = at_desk("erin")
    assert "/exports/gaps" in erin.get("/coverage/ahead?level=desk").content.decode()
    rows = table_of(erin, "/exports/gaps")
    assert {row["村（居）"] for row in rows} and {row["情况"] for row in rows} <= {"无人", "未应答", "仅值班台"}
    assert all(row["小时"] >= 1 for row in rows) and len(rows) >= 4, "nobody holds the post of four villages"

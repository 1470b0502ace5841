"""What a wall shows of an area, and what it never does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.conftest import huizhou_pack
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.responses.packs.loading import load_pack
from wangge.picture.situation.wall import MOST_FIGURES, MOST_NEWS, NEWS_AGE, headlines, news, wall

pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def state(city: Any, now: Any) -> Any:
    def stated(who: str = "frank", area: str = "4413", at: Any = None) -> Any:
        moment = at or now + MINUTE
        return wall(actor=city.actor(who, moment), response_id=city.response_id, area_id=city.area(area), now=moment)

    return stated


def test_stages_and_places_count_what_is_open_and_overdue(state: Any, receive: Any) -> None:
    late = receive()
    receive("441323001001", at=late.due_at)
    seen = state(at=late.due_at)
    assert (seen.open, seen.overdue) == (2, 1)
    assert [(stage.stage, stage.open, stage.overdue) for stage in seen.stages] == [
        ("push", 2, 1),
        ("triage", 0, 0),
        ("coordinate", 0, 0),
        ("verify", 0, 0),
    ]
    assert [(one.place.short_name, one.open, one.overdue) for one in seen.places] == [
        ("惠城区", 1, 1),
        ("惠东县", 1, 0),
    ]


def test_rates_are_of_today_and_since_the_start(state: Any, ledger: Any, now: Any) -> None:
    ledger.record("matter.acknowledged", now, kind="arrival", stage="push", severity=2, in_time=True)
    ledger.record("matter.overdue", now - DAY, kind="arrival", stage="push", severity=2)
    push, triage, *_ = state().stages
    assert (push.today, push.total) == (100.0, 50.0)
    assert (triage.today, triage.total) == (None, None)


def test_today_stands_beside_yesterday_at_the_same_time(state: Any, ledger: Any, now: Any) -> None:
    ledger.leaflets(3, now)
    ledger.leaflets(10, now - DAY)
    ledger.leaflets(99, now - DAY + timedelta(hours=2))
    [leaflets] = [one for one in state().figures if one.figure.code == "leaflets_handed_out"]
    assert (leaflets.today, leaflets.yesterday) == (3, 10)


def test_rates_of_lodging_and_what_checkpoints_count_stand_among_them(state: Any, ledger: Any, now: Any) -> None:
    lodging = {"kind": "lodging_day", "guests": 10}
    ledger.record("duty.logged", now, **lodging, registered=9, uploaded=9)
    ledger.record("duty.logged", now - DAY, **lodging, registered=10, uploaded=5)
    ledger.record("duty.logged", now, kind="checkpoint_duty", people=40, vehicles=20)
    seen = {one.figure.code: (one.today, one.yesterday) for one in state().figures}
    assert (seen["lodging_registered_rate"], seen["lodging_uploaded_rate"]) == ((95.0, 100.0), (74.0, 50.0))
    assert (seen["people_checked"], seen["vehicles_checked"]) == ((40, 0), (20, 0))
    assert {one.figure.code: one.today for one in state("omar", "441323").figures}["lodging_registered_rate"] is None


def test_a_pack_says_what_its_wall_shows() -> None:
    pack = huizhou_pack()
    assert tuple(figure.code for figure in headlines(pack)) == pack.bulletin.wall
    silent = pack.model_copy(update={"bulletin": pack.bulletin.model_copy(update={"wall": ()})})
    shown = [figure.code for figure in headlines(silent)]
    assert shown[:2] == ["entertainment_inspected", "lodging_inspected"]
    assert len(shown) == MOST_FIGURES
    assert all(pack.figures[code].of for code in shown)
    other = load_pack(Path(__file__).resolve().parents[2] / "packs" / "measles-tiny")
    assert not any("lodging" in figure.code for figure in headlines(other))


def test_news_are_kind_place_and_time_the_newest_first(city: Any, receive: Any, state: Any, now: Any) -> None:
    matter = receive(reporter_phone="13812345678", address="东湖路一号", lon=114.4, lat=23.1)
    receive("441323001001", at=now + MINUTE / 2)
    assert [(one.type, one.kind, one.area_id) for one in state().news] == [
        ("matter.received", "arrival", city.area("441323001001")),
        ("matter.received", "arrival", city.area("441302001001")),
    ]
    everything = str(state())
    for private in (matter.number, "13812345678", "东湖路", "武汉", "114.4", str(matter.id)):
        assert private not in everything


def test_news_are_few_recent_and_no_exercise(city: Any, receive: Any, now: Any) -> None:
    asked = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area("4413")}
    receive(exercise=True)
    assert news(now=now, **asked) == []
    for _ in range(MOST_NEWS + 2):
        receive()
    assert len(news(now=now, **asked)) == MOST_NEWS
    assert news(now=now + NEWS_AGE, **asked) == []


def test_each_scope_has_its_own_wall_and_outsiders_none(state: Any, receive: Any) -> None:
    receive()
    assert [state(who, area).open for who, area in (("erin", "441302"), ("dan", "441302001"), ("omar", "441323"))] == [
        1,
        1,
        0,
    ]
    assert state("omar", "441323").news == ()
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            state(who, "441302")


def test_the_number_of_queries_is_fixed(city: Any, receive: Any, now: Any, django_assert_num_queries: Any) -> None:
    asked = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area("4413")}
    wall(now=now, **asked)
    for _ in range(2):
        with django_assert_num_queries(19):
            wall(now=now + MINUTE, **asked)
        receive()
        receive("441323001001")

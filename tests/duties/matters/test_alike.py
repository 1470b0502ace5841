"""While a report is taken, the open matters that it may already be are shown; nobody sees more than before."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from tests.duties.matters.conftest import Story
from wangge.duties.matters.alike import matters_alike
from wangge.duties.matters.likeness import Reason, Told, distance, likelihood, reasons, words_of
from wangge.duties.matters.rules import ReportDraft

EAST, NEW, HENGLI, XINPING = "441302001001", "441302001003", "441302100200", "441323001001"
HERE = UUID(int=1)


def look(story: Story, who: str = "dan", area: str = EAST, kind: str = "gathering", **draft: Any) -> list[Any]:
    return matters_alike(
        actor=story.city.actor(who, story.now),
        response_id=story.city.response_id,
        draft=ReportDraft(kind=kind, area_id=story.city.area(area), source="phone", **draft),
        now=story.now,
    )


def codes(found: list[Any]) -> list[str]:
    return [reason.code for reason in found[0].reasons]


def test_the_same_kind_in_the_same_village_within_hours_is_shown(story: Story) -> None:
    story.receive(kind="gathering")
    [found] = look(story.later(hours=2))
    assert found.matter.number == story.matter.number
    assert [(reason.code, reason.detail) for reason in found.reasons] == [("kind", 2)]
    assert look(story, area=NEW) == []
    assert look(story, kind="arrival") == []
    assert look(story.later(days=2)) == []


def test_the_same_phone_is_found_in_another_village_however_it_is_written(story: Story) -> None:
    story.receive(kind="gathering", reporter_phone="138 1234 5678")
    found = look(story, area=HENGLI, kind="arrival", who="erin", reporter_phone="+86-13812345678")
    assert codes(found) == ["phone"]
    assert look(story, area=HENGLI, kind="arrival", who="erin", reporter_phone="13812345679") == []
    assert look(story, area=HENGLI, kind="arrival", who="erin", reporter_phone="138") == []


def test_similar_words_are_enough_in_the_same_town(story: Story) -> None:
    story.receive(kind="gathering", text="东湖花园三栋楼下棋牌室有十几个人聚在一起打麻将，没戴口罩")
    found = look(story, area=NEW, kind="arrival", text="举报：东湖花园3栋楼下的棋牌室，十几个人打麻将没戴口罩！")
    assert codes(found) == ["words"]
    assert look(story, area=NEW, kind="arrival", text="横沥镇有两名从武汉回来的学生需要登记") == []


def test_a_near_place_counts_and_a_far_one_does_not(story: Story) -> None:
    story.receive(kind="gathering", lon=114.4200, lat=23.0900)
    assert codes(look(story, area=NEW, kind="arrival", lon=114.4201, lat=23.0901)) == ["near"]
    assert look(story, area=NEW, kind="arrival", lon=114.4300, lat=23.0900) == []


def test_what_was_closed_or_rehearsed_is_not_shown(story: Story) -> None:
    story.receive().closed()
    assert look(story, kind="arrival") == []
    story.receive(who="erin", exercise=True)
    assert look(story, kind="arrival") == []
    assert codes(look(story, who="erin", kind="arrival", exercise=True)) == ["kind"]


def test_an_officer_of_elsewhere_finds_nothing_and_learns_nothing(story: Story) -> None:
    story.receive(kind="gathering", reporter_phone="13812345678", text="东湖花园三栋楼下棋牌室有十几个人聚在一起打麻将")
    assert (
        look(story, who="olga", area=XINPING, reporter_phone="13812345678", text="东湖花园三栋楼下棋牌室有十几个人")
        == []
    )


def test_however_many_there_are_it_asks_as_often(story: Story) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            look(story, reporter_phone="13812345678", text="东湖花园三栋楼下棋牌室有十几个人聚在一起打麻将")
        return len(queries)

    story.receive(kind="gathering", reporter_phone="13812345678")
    asked()
    few = asked()
    for _ in range(12):
        story.receive(kind="gathering", reporter_phone="13812345678")
    assert asked() == few
    assert len(look(story)) == 5


def told(text: str, now: datetime, **fields: Any) -> Told:
    return Told(**{"kind": "gathering", "area_id": HERE, "observed_at": now, "words": words_of(text), **fields})


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_any_two_texts_can_be_held_against_each_other_and_it_is_mutual(one: str, other: str) -> None:
    now = datetime.fromisoformat("2020-02-03T09:00:00+08:00")
    there = [told(one, now), told(other, now + timedelta(hours=1))]
    forth, back = reasons(*there), reasons(*reversed(there))
    assert {reason.code for reason in forth} == {reason.code for reason in back}
    assert 0 <= likelihood(forth) <= 1


@given(st.lists(st.floats(0, 0.99), max_size=4), st.floats(0.01, 0.99))
def test_one_more_reason_never_makes_it_less_likely(strengths: list[float], more: float) -> None:
    before = [Reason("kind", strength) for strength in strengths]
    assert likelihood([*before, Reason("near", more)]) >= likelihood(before)


def test_a_degree_of_latitude_is_a_hundred_and_eleven_kilometres() -> None:
    assert math.isclose(distance((114.0, 23.0), (114.0, 24.0)), 111_195, rel_tol=1e-3)

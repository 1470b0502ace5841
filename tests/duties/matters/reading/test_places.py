"""Villages and towns: by every name people use, and several to choose from where a name is several."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import City
from wangge.duties.matters.reading.making import dictionaries_installed
from wangge.duties.matters.reading.places import Whereabouts
from wangge.duties.matters.reading.reader import Reading, read
from wangge.duties.matters.reading.spans import Doubt, Field
from wangge.ground.areas.importer import preview_changes
from wangge.ground.areas.recoding import code_changes_apply
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.permission import system_actor

MOYUAN = "441302110205"
Read = Callable[..., Reading]


@pytest.mark.parametrize(
    "text",
    [
        "惠州市惠城区横沥镇墨园村民委员会报告",
        "横沥镇墨园村有人聚餐",
        "墨园村有人聚餐",
        "墨园村委会来电",
        "横沥墨园有人聚餐",
        "横沥的墨园那边有人聚餐",
        "有人聚餐，地点在墨园",
        "横力镇墨圆村有人聚餐",
        "横历墨园村",
        "moyuancun 有人聚餐",
        "hengli moyuan 有人聚餐",
        "hlmy 有人聚餐",
        "横沥 my 有人聚餐",
        "横沥MYC有人聚餐",
        "墨园村（横沥镇）有人聚餐",
        "有人聚餐，墨园村的，是横沥那个",
        "１２３号铺，墨园村",
    ],
)
def test_a_village_is_known_by_each_of_its_names(reading: Read, text: str) -> None:
    assert reading(text).place.village == MOYUAN


def test_a_name_of_several_villages_gives_them_all_and_the_town_decides(reading: Read) -> None:
    several = reading("水口村有人聚餐").place
    assert several.village == ""
    assert len(several.candidates) == 6
    assert reading("龙门水口村有人聚餐").place.village == "441324118205"
    assert reading("白花镇水口村有人聚餐").place.village == "441323102226"
    assert reading("有人聚餐，水口村，白花的").place.village == "441323102226"


def test_a_residents_committee_is_not_the_village_of_its_name(reading: Read) -> None:
    assert reading("平潭社区").place.village == "441303110001"
    assert reading("平潭村").place.village == "441303110210"


@pytest.mark.parametrize(
    ("text", "town"),
    [
        ("横沥镇有人聚餐", "441302110"),
        ("横沥有人聚餐", "441302110"),
        ("澳头有人聚餐", "441303006"),
        ("平山街道办来电", "441323001"),
        ("博罗石湾有人聚餐", "441322121"),
    ],
)
def test_a_town_stands_where_no_village_is_named(reading: Read, text: str, town: str) -> None:
    place = reading(text).place
    assert (place.town, place.village, place.candidates) == (town, "", ())


@pytest.mark.parametrize(
    "text",
    [
        "平安到家了，谢谢",
        "村干部上前劝阻，对方不听",
        "今天太阳好大，大家开窗通风",
        "从河南回来的人",
        "阳光小区的住户",
        "东湖大道堵车",
        "已送中心人民医院",
        "星河KTV还在营业",
        "下村走访发现三户",
        "KTV、LED、APP、WIFI",
        "全市驻村居警力",
    ],
)
def test_common_words_are_no_villages(reading: Read, text: str) -> None:
    place = reading(text).place
    assert (place.village, place.candidates) == ("", ())


def test_three_villages_named_are_three_to_choose_from(reading: Read) -> None:
    found = reading("墨园村、沙岗村和土桥村都有人打牌")
    assert found.place.candidates == ("441302110205", "441302110223", "441302110224")
    assert len([one for one in found.found if one.field == Field.VILLAGE]) == 3


def test_a_village_the_town_does_not_have_is_heard_as_one_it_has(reading: Read) -> None:
    # 芦洲 has no 蓝田 but a 岚田, which sounds the same.
    assert reading("芦洲蓝田村有人聚餐").place.village == "441302112216"


def test_where_somebody_came_from_is_not_where_it_happened(reading: Read) -> None:
    found = reading("墨园村有人从淡水回来")
    assert (found.place.village, found.origin) == (MOYUAN, "淡水")


def test_what_was_only_heard_says_so(reading: Read) -> None:
    doubts = {one.doubt for one in reading("横力镇墨圆村").found}
    assert doubts == {Doubt.BY_SOUND}


def test_a_village_is_still_known_by_the_name_it_had(city: City) -> None:
    response = city.response
    told = parse_instant("2020-02-05T20:00")
    here = read("菜园墩社区有人聚餐", told, dictionaries_installed(response.pack_id))
    assert here.place.village == "441302001005"
    changes = "edition,change,code12,old_name,new_name\n2023,renamed,441302001005,菜园墩社区居委会,望月社区居委会\n"
    editions = "edition,day\n2023,2023-06-30\n"
    found = preview_changes(changes.encode(), editions.encode())
    code_changes_apply(actor=system_actor("test", "area.manage"), preview=found, now=told)
    for name in ("菜园墩社区", "望月社区"):
        now = read(f"{name}有人聚餐", told, dictionaries_installed(response.pack_id))
        assert now.place.village == "441302001005", name


def test_the_name_of_the_city_is_no_town(reading: Read) -> None:
    assert reading("广东省惠州市有人聚餐").place == Whereabouts()


def test_an_address_is_kept_beside_its_village(reading: Read) -> None:
    assert reading("墨园村老屋组12号有人聚餐").address == "老屋组12号"
    assert reading("东湖社区东湖花园三期12栋1单元803室").address == "东湖花园三期12栋1单元803室"

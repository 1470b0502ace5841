"""Times: counted from the moment of receipt, by the ordinary and by the lunar calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from wangge.duties.matters.reading.moon import from_lunar, lunar_month, new_years_eve
from wangge.duties.matters.reading.reader import Reading
from wangge.duties.matters.reading.spans import Doubt, Field

Read = Callable[..., Reading]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("昨天下午有人聚餐", "2020-02-04"),
        ("前晚有人聚餐", "2020-02-03"),
        ("大前天有人聚餐", "2020-02-02"),
        ("明天有人聚餐", "2020-02-06"),
        ("琴日有人聚餐", "2020-02-04"),
        ("三天前有人聚餐", "2020-02-02"),
        ("半个月前有人聚餐", "2020-01-21"),
        ("一个星期前有人聚餐", "2020-01-29"),
        ("两个小时前有人聚餐", "2020-02-05"),
        ("22小时前有人聚餐", "2020-02-04"),
        ("从武汉回来五天了", "2020-01-31"),
        ("1月22日有人聚餐", "2020-01-22"),
        ("一月二十二号有人聚餐", "2020-01-22"),
        ("１月２２日有人聚餐", "2020-01-22"),
        ("1 月 2 2 日有人聚餐", "2020-01-22"),
        ("12月30日有人聚餐", "2019-12-30"),
        ("2019年12月31日有人聚餐", "2019-12-31"),
        ("去年12月31日有人聚餐", "2019-12-31"),
        ("2020-01-22 有人聚餐", "2020-01-22"),
        ("1/22有人聚餐", "2020-01-22"),
        ("1.22从武汉回来", "2020-01-22"),
        ("22号晚上有人聚餐", "2020-01-22"),
        ("3号晚上有人聚餐", "2020-02-03"),
        ("上个月22号有人聚餐", "2020-01-22"),
        ("正月初四有人聚餐", "2020-01-28"),
        ("大年初三有人聚餐", "2020-01-27"),
        ("初五有人聚餐", "2020-01-29"),
        ("腊月廿八有人聚餐", "2020-01-22"),
        ("年廿九有人聚餐", "2020-01-23"),
        ("年三十晚有人聚餐", "2020-01-24"),
        ("除夕有人聚餐", "2020-01-24"),
        ("元宵节有人聚餐", "2020-02-08"),
        ("农历十二月二十五有人聚餐", "2020-01-19"),
        ("上周五有人聚餐", "2020-01-31"),
        ("周一有人聚餐", "2020-02-03"),
        ("星期天有人聚餐", "2020-02-02"),
        ("今早8点半有人聚餐", "2020-02-05"),
        ("下午3点有人聚餐", "2020-02-05"),
        ("刚才有人聚餐", "2020-02-05"),
    ],
)
def test_a_day_is_counted_from_the_receipt(reading: Read, text: str, day: str) -> None:
    assert reading(text).occurred_on == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    [
        "每天下午3点有人聚餐",
        "三四天前有人聚餐",
        "前几天有人聚餐",
        "隔离14天",
        "14天观察期",
        "以后天天聚餐",
        "1985年3月2日出生",
        "3号楼有人聚餐",
        "8号人聚餐",
        "1月底",
        "周先生聚餐",
        "体温36.5",
    ],
)
def test_what_names_no_day_gives_none(reading: Read, text: str) -> None:
    assert reading(text).occurred_on is None


@pytest.mark.parametrize("text", ["2月30日有人聚餐", "13月5日有人聚餐", "二月三十号有人聚餐", "正月三十一有人聚餐"])
def test_a_day_that_does_not_exist_is_marked_and_not_taken(reading: Read, text: str) -> None:
    found = reading(text)
    assert found.occurred_on is None
    marked = [one for one in found.found if one.field == Field.TIME]
    assert [one.doubt for one in marked] == [Doubt.NO_SUCH_DAY]


def test_the_impossible_day_of_february_is_marked_where_it_stands(reading: Read) -> None:
    text = "墨园村2月30日有人聚餐"
    marked = [one for one in reading(text).found if one.doubt == Doubt.NO_SUCH_DAY]
    assert [text[one.start : one.end] for one in marked] == ["2月30日"]


def test_part_of_the_day_and_hour_are_kept(reading: Read) -> None:
    moment = reading("昨天下午3点半有人聚餐").moment
    assert moment is not None
    assert (moment.part, moment.at) == ("下午", "15:30")


def test_of_several_times_the_one_of_what_happened_counts(reading: Read) -> None:
    assert reading("1月20日从武汉回来，昨天开始发烧").occurred_on == date(2020, 2, 4)
    assert reading("1月20日从武汉回来，今天来登记").occurred_on == date(2020, 1, 20)


def test_the_day_is_that_of_the_city_whatever_zone_the_instant_is_in(reading: Read) -> None:
    late = datetime.fromisoformat("2020-02-04T17:00:00+00:00")  # 01:00 of the 5th in the city
    assert reading("昨天有人聚餐", late).occurred_on == date(2020, 2, 4)


def test_the_lunar_calendar_knows_new_year_and_leap_months() -> None:
    assert from_lunar(2020, 1, 1) == date(2020, 1, 25)
    assert new_years_eve(2019) == date(2020, 1, 24)
    assert from_lunar(2020, 1, 30) is None
    assert lunar_month(date(2020, 6, 1)) == (2020, 4)  # 闰四月

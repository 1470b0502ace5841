"""Numbers with a form of their own, counts of people, names, venues, origins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from wangge.duties.matters.reading.numbers import whole
from wangge.duties.matters.reading.reader import Reading
from wangge.duties.matters.reading.spans import Doubt, Field

Read = Callable[..., Reading]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("23", 23),
        ("二十三", 23),
        ("廿三", 23),
        ("十", 10),
        ("一百零五", 105),
        ("两千", 2000),
        ("三百二十五", 325),
        ("一万二千", 12000),
        ("七八", 7),
        ("三四十", 30),
        ("十五六", 15),
        ("二零二零", 2020),
        ("人", None),
        ("", None),
    ],
)
def test_a_number_in_any_writing(text: str, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("电话13800138000", ["13800138000"]),
        ("电话138-0013-8000", ["13800138000"]),
        ("电话１３８　００１３　８０００", ["13800138000"]),
        ("+86 13800138000", ["13800138000"]),
        ("0752-7780000", ["0752-7780000"]),
        ("（0752）7780000", ["0752-7780000"]),
        ("07527780000", ["0752-7780000"]),
        ("电话7780000", ["7780000"]),
        ("幺三八零零幺三八零零零", ["13800138000"]),
        ("13800138000、13900139000", ["13800138000", "13900139000"]),
        ("138001380001", []),
        ("1380013800", []),
        ("损失7780000元", []),
    ],
)
def test_phones(reading: Read, text: str, phones: list[str]) -> None:
    assert reading(text).values(Field.PHONE) == phones


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("身份证441302198001010007", ["441302198001010007"], []),
        ("441302 19800101 0007", ["441302198001010007"], []),
        ("身份证号：４４１３２４１９５５０９３００００ｘ", ["44132419550930000X"], []),
        ("身份证441302198001010008", [], ["441302198001010008"]),
        ("身份证441323198202290007", [], ["441323198202290007"]),  # 29 February 1982
        ("身份证44130219800101000", [], ["44130219800101000"]),
        ("身份证441302800101001", ["441302800101001"], []),
        ("护照E12345678", ["E12345678"], []),
        ("快递单号773012345678901234", [], []),
    ],
)
def test_documents_with_their_check_digit(reading: Read, text: str, good: list[str], bad: list[str]) -> None:
    found = reading(text)
    assert found.values(Field.DOCUMENT) == good
    assert found.values(Field.DOCUMENT, Doubt.WRONG_NUMBER) == bad


@pytest.mark.parametrize(
    ("text", "plates"),
    [
        ("粤L12345", ["粤L12345"]),
        ("粤L·12345", ["粤L12345"]),
        ("粤 l 1a2b3", ["粤L1A2B3"]),
        ("鄂AD12345绿牌", ["鄂AD12345"]),
        ("车牌号悦L12345", ["粤L12345"]),
        ("湘A打头的", []),
        ("粤L123456789", []),
    ],
)
def test_plates(reading: Read, text: str, plates: list[str]) -> None:
    assert reading(text).values(Field.PLATE) == plates


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("体温38.2度", [38.2]),
        ("38度5", [38.5]),
        ("三十八度二", [38.2]),
        ("三十七点八度", [37.8]),
        ("３８．２℃", [38.2]),
        ("烧到39", [39.0]),
        ("36.5、36.8、37.1度", [36.5, 36.8, 37.1]),
        ("38度半", [38.5]),
        ("无不适，36.5", [36.5]),
        ("37.3℃以上须报告", []),
        ("气温25度", []),
        ("38元", []),
        ("38岁", []),
    ],
)
def test_temperatures(reading: Read, text: str, degrees: list[float]) -> None:
    assert reading(text).values(Field.TEMPERATURE) == degrees


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("有三个人聚餐", 3),
        ("20余人聚集", 20),
        ("十几个后生仔聚餐", 10),
        ("7、8个人打牌", 7),
        ("三四十人聚集", 30),
        ("一家五口从武汉回来", 5),
        ("夫妻俩从武汉回来", 2),
        ("四个大人两个小孩", 6),
        ("两男一女", 3),
        ("来了两个湖北人", 2),
        ("返乡人员4名", 4),
        ("一位从随州返惠的务工人员", 1),
        ("共5人，其中2人发热", 5),
        ("3人其中1人发热", 3),
        ("第3人民医院", None),
        ("300元", None),
        ("几十人聚集", None),
        ("没有人", None),
        ("5人民币", None),
    ],
)
def test_people_are_counted_by_the_least_the_words_can_mean(reading: Read, text: str, people: int | None) -> None:
    assert reading(text).people_count == people


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("姓名：张三，男", ["张三"]),
        ("联系人李四13800138000", ["李四"]),
        ("名叫端木松", ["端木松"]),
        ("黄女士反映", ["黄女士"]),
        ("陈某和李某某", ["陈某", "李某某"]),
        ("墨园村的张三1月20日回来", ["张三"]),
        ("通过电话联系", []),
        ("独居阿伯", []),
        ("村民全部在家", []),
        ("有人从武汉回来", []),
        ("祠堂里打麻将的有陈建国、李大勇、黄志明等", ["陈建国", "李大勇", "黄志明"]),
        ("党员、干部、群众都来了", []),
    ],
)
def test_names_where_the_words_say_they_are_names(reading: Read, text: str, names: list[str]) -> None:
    assert reading(text).values(Field.NAME) == names


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("星海网吧还在营业", "星海网吧"),
        ("墨园村如意旅馆", "如意旅馆"),
        ("悦来客栈拒不停业", "悦来客栈"),
        ("举报金海湾KTV", "金海湾KTV"),
        ("村口有间麻将馆", None),
        ("一家KTV还在营业", None),
        ("隔壁便利店", None),
        ("某旅馆", None),
        ("去了菜市场", None),
    ],
)
def test_venues_with_a_name_of_their_own(reading: Read, text: str, venue: str | None) -> None:
    assert reading(text).venue == venue


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("从武汉回来", "武汉"),
        ("湖北省黄冈市返乡人员", "湖北省黄冈市"),
        ("来自宜昌", "宜昌"),
        ("去过温州", "温州"),
        ("从何处返回：武汉", "武汉"),
        ("从江西九江来", "江西九江"),
        ("籍贯湖北天门", "湖北天门"),
        ("从五汉回来", "武汉"),
        ("没有去过武汉", None),
        ("无湖北返乡人员", None),
        ("武汉加油", None),
        ("要去深圳上班", None),
        ("从外地回来", None),
        ("河南岸街道", None),
        ("武汉肺炎", None),
    ],
)
def test_origins_are_read_only_where_somebody_came(reading: Read, text: str, origin: str | None) -> None:
    assert reading(text).origin == origin

"""The kind of matter, by the pack's words and by what else was read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import huizhou_pack
from wangge.duties.matters.reading.dictionaries import dictionaries_of
from wangge.duties.matters.reading.gazetteer import Place
from wangge.duties.matters.reading.kinds import KindRead
from wangge.duties.matters.reading.reader import Reading, read
from wangge.duties.matters.reading.spans import Doubt, Field
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.responses.packs.schema import KeywordRule, Pack

Read = Callable[..., Reading]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("有人从武汉回来", "arrival"),
        ("有人从温州回来", "arrival"),
        ("有湖北车", "arrival"),
        ("有人发烧", "fever_suspected"),
        ("有人体温38.2", "fever_suspected"),
        ("有人体温36.5", None),
        ("从武汉回来的人发烧", "fever_suspected"),
        ("没有发烧", None),
        ("无发热、咳嗽、乏力", None),
        ("他拒绝居家隔离", "isolation_refused"),
        ("在祠堂聚餐", "gathering"),
        ("聚集赌博", "gambling"),
        ("路昨晚被人用挖机挖断", "road_blocking"),
        ("网吧还在营业", "closure_breach"),
        ("旅馆没有登记住客", "lodging_unregistered"),
        ("想补办身份证", "service_request"),
        ("身份证441302198001010007", None),
        ("独居老人断粮", "hardship_help"),
        ("路灯坏了", None),
        ("大家好", None),
    ],
)
def test_the_gravest_kind_that_is_spoken_of(reading: Read, text: str, kind: str | None) -> None:
    assert reading(text).kind == kind


def test_the_rule_of_the_pack_stands_with_its_words(reading: Read) -> None:
    text = "墨园村有人在祠堂聚餐"
    found = next(one for one in reading(text).found if one.field == Field.KIND)
    assert text[found.start : found.end] == "聚餐"
    assert isinstance(found.value, KindRead)
    assert found.value.rule is not None
    assert found.value.rule.code == "gathering_words"


def test_a_keyword_heard_wrong_counts_where_nothing_better_stands(reading: Read) -> None:
    heard = reading("有人发少")
    assert heard.kind == "fever_suspected"
    assert [one.doubt for one in heard.found if one.field == Field.KIND] == [Doubt.BY_SOUND]
    assert reading("大家都在家").kind is None  # sounds like 打架


def test_another_pack_and_another_city_need_no_code() -> None:
    pack = huizhou_pack()
    kind = pack.kinds["other"].model_copy(
        update={
            "code": "dead_birds",
            "keywords": (KeywordRule(code="birds", words=("死鸟", "鸟…死"), reason="提到死鸟"),),
        }
    )
    flu = Pack.model_validate({**pack.as_json(), "kinds": [kind.model_dump(mode="json")]})
    places = [
        Place("99", "province", "云海省"),
        Place("9901", "city", "云海市", frozenset({"99"})),
        Place("990101", "county", "望月县", frozenset({"99", "9901"})),
        Place("990101100", "town", "听涛镇", frozenset({"99", "9901", "990101"})),
        Place("990101100201", "village", "观鹤村民委员会", frozenset({"9901", "990101", "990101100"}), ("老鹤寨",)),
    ]
    at = parse_instant("2021-03-01T08:00")
    found = read("听涛观鹤昨天有很多鸟在湖边死了", at, dictionaries_of(places, flu))
    assert (found.kind, found.place.village) == ("dead_birds", "990101100201")
    assert str(found.occurred_on) == "2021-02-28"
    assert read("老鹤寨有死鸟", at, dictionaries_of(places, flu)).place.village == "990101100201"

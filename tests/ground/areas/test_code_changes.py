"""Code changes between editions: areas keep their ids, old codes resolve, nothing is done twice."""

from __future__ import annotations

from datetime import date

import pytest

from wangge.ground.areas.changes import Histories, Side, Span, match
from wangge.ground.areas.importer import preview_changes
from wangge.ground.areas.models import AreaCode, Cover
from wangge.ground.areas.queries import area_by_code, code_history
from wangge.ground.areas.recoding import code_changes_apply
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import grids_create
from wangge.ground.areas.tree import tree
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaFileUnreadable, NotPermitted

from .conftest import EDITION, NOW, held

EDITIONS = b"edition,day\n2018,2018-10-31\n2020,2020-06-30\n2022,2022-10-31\n"
D2020, D2022 = date(2020, 6, 30), date(2022, 10, 31)


def changes(*rows: str) -> bytes:
    return "\n".join(["edition,change,code12,old_name,new_name", *rows]).encode()


def apply(actor: Actor, *rows: str) -> list[str]:
    found = preview_changes(changes(*rows), EDITIONS)
    done = code_changes_apply(actor=actor, preview=found, now=NOW)
    return [str(one.deed) for one in done.resolved]


def test_a_recoded_village_keeps_its_id_its_place_and_its_old_code(city: Preview, clerk: Actor) -> None:
    village, county = held("990103100201"), held("990103")
    assert apply(clerk, "2022,removed,990103100201,石湖村民委员会,", "2022,added,990103100230,,石湖社区居民委员会") == [
        "turn"
    ]
    assert held("990103100230").id == held("990103100201").id == village.id
    assert (held("990103100230").short_name, held("990103100230").kind) == ("石湖社区", "村民委员会")
    assert Cover.objects.filter(ancestor_id=county.id, area_id=village.id).exists()
    assert code_history(village.id) == [
        ("990103100201", "石湖村民委员会", EDITION, D2022),
        ("990103100230", "石湖社区居民委员会", D2022, None),
    ]
    before = area_by_code("990103100201", on=D2020)
    assert before and before.id == village.id
    assert area_by_code("990103100201", on=D2022) is None


def test_a_village_that_moves_to_another_town_lies_there_from_then_on(city: Preview, clerk: Actor) -> None:
    village = held("990102100200")
    apply(clerk, "2020,removed,990102100200,望斗村民委员会,", "2020,added,990102001200,,望斗村民委员会")
    assert tree().path_name(village.id) == "城中区 桥东街道 望斗村"
    assert not Cover.objects.filter(ancestor_id=held("990102100").id, area_id=village.id).exists()


def test_shifted_codes_are_told_from_new_names(city: Preview, clerk: Actor) -> None:
    longtan, shihu = held("990103100200"), held("990103100201")
    deeds = apply(
        clerk,
        "2022,renamed,990103100200,龙潭村民委员会,石湖村民委员会",
        "2022,renamed,990103100201,石湖村民委员会,龙潭村民委员会",
    )
    assert deeds == ["turn", "turn"]
    assert (held("990103100200").id, held("990103100201").id) == (shihu.id, longtan.id)


def test_a_new_name_under_the_same_code_is_a_new_name(city: Preview, clerk: Actor) -> None:
    village = held("990103100201")
    apply(clerk, "2022,renamed,990103100201,石湖村民委员会,镜湖村民委员会")
    assert (held("990103100201").id, held("990103100201").name) == (village.id, "镜湖村民委员会")


def test_an_ended_village_is_no_choice_any_more_but_its_code_still_resolves(city: Preview, clerk: Actor) -> None:
    village = held("990103100201")
    assert apply(clerk, "2022,removed,990103100201,石湖村民委员会,") == ["end"]
    assert held("990103100201").id == village.id
    assert tree().get(village.id).ended
    assert village.id not in tree().children(held("990103100").id)


def test_changes_older_than_the_list_only_lengthen_the_histories(city: Preview, clerk: Actor) -> None:
    village = held("990103100201")
    old = ("2018,removed,990103110201,石湖村民委员会,", "2018,added,990103100201,,石湖村民委员会")
    assert apply(clerk, *old) == ["backdate"]
    assert held("990103110201").id == village.id
    assert [row[0] for row in code_history(village.id)] == ["990103110201", "990103100201"]
    assert held("990103100201").name == "石湖村民委员会"
    assert apply(clerk, *old) == ["nothing"]


def test_applying_again_changes_nothing_and_tells_nobody(city: Preview, clerk: Actor) -> None:
    rows = (
        "2020,added,990102001003,,新来社区居委会",
        "2022,renamed,990102001003,新来社区居委会,远来社区居委会",
        "2022,removed,990103100200,龙潭村民委员会,",
    )
    apply(clerk, *rows)
    codes, told = list(AreaCode.objects.order_by("id").values()), Event.objects.count()
    assert apply(clerk, *rows) == ["nothing"] * 3
    assert (list(AreaCode.objects.order_by("id").values()), Event.objects.count()) == (codes, told)


def test_grids_go_with_their_village(city: Preview, clerk: Actor) -> None:
    village = held("990103100201")
    grids = grids_create(actor=clerk, village_id=village.id, count=2, now=NOW)
    apply(
        clerk,
        "2022,renamed,990103100200,龙潭村民委员会,石湖村民委员会",
        "2022,renamed,990103100201,石湖村民委员会,龙潭村民委员会",
        "2022,removed,990102100200,望斗村民委员会,",
    )
    assert [tree().get(grid).code for grid in grids] == ["990103100200001", "990103100200002"]
    before = area_by_code("990103100201002", on=D2020)
    assert before and before.id == grids[1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2030,added,990102001003,,新来", "没有对应日期"),
        ("2022,merged,990102001003,,新来", "变更类型“merged”未知"),
        ("2022,added,99010200100,,新来", "应为 12 位"),
        ("2022,added,990102001003,,", "缺少名称"),
        ("2022,added,990102777003,,新来", "上级 990102777 未知"),
        ("2022,renamed,990102001777,甲,乙", "均不在区划中"),
        ("2022,renamed,990102001001,西湖社区居委会,北湖社区居委会", "现名“东湖社区居委会”"),
    ],
)
def test_a_change_that_makes_no_sense_is_named_and_the_others_are_done(
    city: Preview, clerk: Actor, row: str, reason: str
) -> None:
    found = preview_changes(changes(row, "2022,removed,990103100201,石湖村民委员会,"), EDITIONS)
    assert [(error.line, reason in error.zh) for error in found.errors] == [(2, True)]
    code_changes_apply(actor=clerk, preview=found, now=NOW)
    assert held("990103100201").ended


def test_an_edition_without_a_real_date_is_refused(city: Preview) -> None:
    with pytest.raises(AreaFileUnreadable):
        preview_changes(changes("2018,added,990102001003,,新来"), b"edition,day\n2018,soon\n")


def test_an_outsider_may_not_change_codes(city: Preview, outsider: Actor) -> None:
    with pytest.raises(NotPermitted):
        apply(outsider, "2022,removed,990103100201,石湖村民委员会,")
    assert not held("990103100201").ended


def test_a_likeness_shared_by_two_pairs_nobody() -> None:
    before = [Side("990103100200", "新村", 2), Side("990103110200", "新村", 3)]
    after = [Side("990103120200", "新村", 4)]
    steps = match(D2022, before, after)
    assert [(step.old is None, step.new is None) for step in steps] == [(False, True), (False, True), (True, False)]


def test_two_areas_with_one_code_on_one_day_are_found() -> None:
    one, two = new_id(), new_id()
    apart = {one: [Span("1", "甲", None, D2020)], two: [Span("1", "乙", D2020)]}
    assert Histories(apart).clash(["1"]) is None
    together = {one: [Span("1", "甲", None, D2022)], two: [Span("1", "乙", D2020)]}
    found = Histories(together).clash(["1"])
    assert found and found[0] == "1"

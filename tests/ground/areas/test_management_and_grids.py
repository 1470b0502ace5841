"""Districts, stations and grids: who covers whom beside the statistical tree."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from wangge.ground.areas.importer import preview_management
from wangge.ground.areas.management import ManagementPreview
from wangge.ground.areas.models import Area, Cover, Membership
from wangge.ground.areas.permission import may
from wangge.ground.areas.queries import superiors
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import grids_create, grids_create_many, management_import
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaGridsInvalid, AreaUnknown, NotPermitted

from .conftest import NOW, held

HEADING = "code,level,name,parent_code,member_codes"
ROWS = [
    "990102-D1,district,仲恺区,9901,990102100",
    "990102001-P1,station,桥东派出所,990102,990102001001 990102001002",
    "990102100-P1,station,汝湖派出所,990102-D1,990102100",
]


def bring(actor: Actor, *rows: str) -> ManagementPreview:
    found = preview_management("\n".join([HEADING, *rows]).encode())
    return management_import(actor=actor, preview=found, now=NOW)


def test_a_station_covers_its_villages_and_their_grids(city: Preview, clerk: Actor) -> None:
    bring(clerk, *ROWS)
    station, village = held("990102001-P1"), held("990102001001")
    (grid,) = grids_create(actor=clerk, village_id=village.id, count=1, now=NOW)
    assert tree().covers(station.id, grid)
    assert Cover.objects.get(ancestor_id=station.id, area_id=grid).depth == 2
    assert tree().managers(grid) == [station.id]
    assert not tree().covers(station.id, held("990102100200").id)
    assert set(tree().descendants(station.id)) == {village.id, held("990102001002").id, grid}


def test_a_district_covers_towns_and_stations_but_takes_no_town_from_its_county(city: Preview, clerk: Actor) -> None:
    bring(clerk, *ROWS)
    district, village = held("990102-D1"), held("990102100200")
    assert [tree().get(area).name for area in tree().managers(village.id)] == ["汝湖派出所", "仲恺区"]
    assert tree().covers(district.id, held("990102100-P1").id)
    assert tree().covers(held("990102").id, village.id)
    assert held("9901").id in superiors(district.id)
    assert [tree().get(area).name for area in tree().children(held("990102").id)] == ["桥东街道", "汝湖镇"]
    assert [tree().get(area).name for area in tree().children(district.id)] == ["汝湖镇", "汝湖派出所"]


def test_the_closure_table_says_what_the_tree_says(city: Preview, clerk: Actor) -> None:
    bring(clerk, *ROWS)
    grids_create(actor=clerk, village_id=held("990102001001").id, count=3, now=NOW)
    standing = set(Cover.objects.values_list("ancestor_id", "area_id"))
    assert standing == {(upper, area) for area in tree() for upper in tree() if tree().covers(upper, area)}


def test_loading_again_changes_nothing_and_a_village_can_change_its_station(city: Preview, clerk: Actor) -> None:
    bring(clerk, *ROWS)
    assert bring(clerk, *ROWS).changes == 0
    done = bring(
        clerk,
        "990102001-P1,station,桥东派出所,990102,990102001001",
        "990102001-P2,station,桥东二所,990102,990102001002",
    )
    assert [one.code for one in done.moves] == ["990102001-P1"]
    village = held("990102001002")
    assert [tree().get(area).name for area in tree().managers(village.id)] == ["桥东二所"]
    assert Membership.objects.filter(member_id=village.id, until__isnull=False).count() == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("990102001,station,所,990102,990102001001", "应为区划编码加"),
        ("990102001-P9,bureau,所,990102,990102001001", "层级“bureau”"),
        ("990102001-P9,station,,990102,990102001001", "缺少名称"),
        ("990102001-P9,station,所,999999,990102001001", "上级 999999"),
        ("990102001-P9,station,所,990102,", "没有列出所辖"),
        ("990102001-P9,station,所,990102,990102", "所辖 990102 不是"),
        ("990102001-P9,station,所,990102,990102001001", "已由第 3 行管辖"),
        ("990102001-P1,station,所,990102,990103100200", "与第 3 行重复"),
    ],
)
def test_a_bad_line_is_named(city: Preview, clerk: Actor, row: str, reason: str) -> None:
    done = bring(clerk, *ROWS, row)
    assert [(error.line, reason in error.zh) for error in done.errors] == [(5, True)]
    assert len(done.adds) == 3


def test_grids_go_on_counting_and_belong_to_one_village(city: Preview, clerk: Actor) -> None:
    village = held("990102001001")
    grids_create(actor=clerk, village_id=village.id, count=2, now=NOW)
    (named,) = grids_create(actor=clerk, village_id=village.id, names=["恒星电子厂"], kind="专属网格", now=NOW)
    assert [tree().get(grid).code[-3:] for grid in tree().children(village.id)] == ["001", "002", "003"]
    assert tree().path_name(named) == "城中区 桥东街道 东湖社区 恒星电子厂"
    with pytest.raises(IntegrityError), transaction.atomic():
        Area.objects.filter(id=named).update(parent=None)


def test_grids_of_many_villages_are_laid_out_at_once(city: Preview, clerk: Actor) -> None:
    villages = tree().at_level("village")
    made = grids_create_many(actor=clerk, counts={node.id: 4 for node in villages}, now=NOW)
    assert len(made) == 4 * len(villages) == len(tree().at_level("grid"))


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"count": 1000}, {"names": ["甲", "甲"]}, {"names": [" "]}, {"count": 1, "kind": "临时网格"}],
)
def test_grids_that_cannot_be_are_refused_and_none_is_made(city: Preview, clerk: Actor, wrong: dict) -> None:
    with pytest.raises(AreaGridsInvalid):
        grids_create(actor=clerk, village_id=held("990102001001").id, now=NOW, **wrong)
    assert tree().at_level("grid") == []


def test_only_a_village_has_grids(city: Preview, clerk: Actor) -> None:
    with pytest.raises(AreaUnknown):
        grids_create(actor=clerk, village_id=held("990102001").id, count=1, now=NOW)


def test_an_outsider_lays_out_grids_at_home_only(city: Preview, outsider: Actor) -> None:
    home, other = held("990103100200"), held("990102001001")
    assert grids_create(actor=outsider, village_id=home.id, count=1, now=NOW)
    with pytest.raises(NotPermitted):
        grids_create(actor=outsider, village_id=other.id, count=1, now=NOW)
    with pytest.raises(NotPermitted):
        grids_create_many(actor=outsider, counts={home.id: 1, other.id: 1}, now=NOW)
    with pytest.raises(NotPermitted):
        bring(outsider, *ROWS)
    assert may(outsider, "area.manage", home.id) and not may(outsider, "area.manage", held("990103100").id)

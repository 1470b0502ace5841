"""The snapshot in memory and the search: fresh when areas change, clear about what is not there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.ground.areas import tree as snapshots
from wangge.ground.areas.models import Area, AreasVersion
from wangge.ground.areas.queries import area_by_code, areas_search
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import AreaUnknown

from .conftest import held


def test_a_warm_tree_asks_the_database_nothing(city: Preview) -> None:
    village, county = held("990102001001"), held("990102")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert tree().covers(county.id, village.id)
    assert len(asked) == 0


def test_a_change_by_another_process_is_seen_within_a_second(city: Preview, monkeypatch: pytest.MonkeyPatch) -> None:
    village = held("990102001001")
    Area.objects.filter(id=village.id).update(name="改名")
    AreasVersion.objects.update(number=1000)
    assert tree().get(village.id).name == "东湖社区居委会", "looked at less than a second ago"
    monkeypatch.setattr(snapshots, "LOOK_AGAIN_SECONDS", 0.0)
    assert tree().get(village.id).name == "改名"


def test_an_empty_database_has_no_root_and_no_areas(no_areas: None) -> None:
    assert len(tree()) == 0
    with pytest.raises(AreaUnknown):
        tree().root()


def test_what_does_not_exist_is_said_clearly(city: Preview) -> None:
    nobody = new_id()
    assert nobody not in tree()
    assert not tree().covers(held("99").id, nobody)
    assert area_by_code("123") is None
    for question in (tree().get, tree().ancestors, tree().managers, tree().descendants, tree().path_name):
        with pytest.raises(AreaUnknown):
            question(nobody)


def test_a_village_does_not_cover_its_neighbour_nor_what_lies_above(city: Preview) -> None:
    one, other, town = held("990102001001"), held("990102001002"), held("990102001")
    assert tree().covers(one.id, one.id)
    assert not tree().covers(one.id, other.id)
    assert not tree().covers(one.id, town.id)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("东湖", ["990102001001"]),
        ("  东湖社区  ", ["990102001001"]),
        ("湖", ["990102100", "990102001001", "990103100201"]),
        ("99010310", ["990103100", "990103100200", "990103100201"]),
        ("990103100200", ["990103100200"]),
        ("没有的地方", []),
        ("", []),
        ("%", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search_finds_by_name_and_by_the_beginning_of_a_code(city: Preview, text: str, found: list[str]) -> None:
    assert [node.code for node in areas_search(text)] == found


def test_search_keeps_to_what_an_area_covers_and_to_its_limit(city: Preview) -> None:
    assert [node.code for node in areas_search("湖", within=held("990103").id)] == ["990103100201"]
    assert len(areas_search("99", limit=3)) == 3

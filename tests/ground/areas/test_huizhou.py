"""The real city of the pack: loads whole, adds up, and lives through five years of code changes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from wangge.ground.areas.loading import Loaded, apply_code_changes, load_areas
from wangge.ground.areas.locating import locate
from wangge.ground.areas.models import Area, AreaCode, Cover
from wangge.ground.areas.queries import area_by_code, code_history
from wangge.ground.areas.tree import forget, tree
from wangge.ground.kernel.permission import Actor, system_actor

from .conftest import PACK, held, take_everything_away

pytestmark = pytest.mark.django_db
NOW = datetime(2020, 1, 22, 16, 0, tzinfo=UTC)
CLERK = system_actor("clerk", "area.manage")


@pytest.fixture(scope="module")
def huizhou(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Loaded]:
    """The city, loaded once for this module and taken back at its end."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            take_everything_away()
            yield load_areas(PACK, actor=CLERK, now=NOW)
            transaction.set_rollback(True)
        forget()


@pytest.fixture
def clerk() -> Actor:
    return CLERK


def listed(name: str) -> list[dict[str, str]]:
    with (PACK / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_village_of_the_official_list_stands_in_its_town(huizhou: Loaded) -> None:
    assert huizhou.areas.errors == [] and huizhou.management and huizhou.management.errors == []
    rows = listed("villages.csv")
    assert len(rows) == 1321 == len(tree().at_level("village"))
    for row in rows:
        village = held(row["code12"])
        assert village.name == row["name"]
        assert [tree().get(area).name for area in tree().ancestors(village.id)] == [
            row["town_name"], row["county_name"], "惠州市", "广东省",
        ]  # fmt: skip


def test_every_village_has_a_station_and_grids_and_an_outline(huizhou: Loaded) -> None:
    for village in tree().at_level("village"):
        levels = [tree().get(area).level for area in tree().managers(village.id)]
        assert levels in (["station"], ["station", "district"]), village.name
        assert tree().children(village.id), village.name
    assert not Area.objects.filter(level__in=["county", "town", "village"], outline_kind="").exists()
    assert not Area.objects.filter(
        level__in=["county", "town", "village", "grid", "district", "station"], lon=None
    ).exists()
    assert len(tree().at_level("grid")) == huizhou.grids


def test_dayawan_and_zhongkai_are_managed_apart_and_counted_where_they_lie(huizhou: Loaded) -> None:
    by_name = {node.name: node for node in tree().at_level("district")}
    assert set(by_name) == {"大亚湾区", "仲恺区"}
    aotou, chenjiang = held("441303006"), held("441302008")
    assert tree().covers(by_name["大亚湾区"].id, aotou.id) and tree().covers(held("441303").id, aotou.id)
    assert tree().covers(by_name["仲恺区"].id, chenjiang.id) and tree().covers(held("441302").id, chenjiang.id)
    assert not tree().covers(by_name["仲恺区"].id, aotou.id)


def test_the_label_point_of_a_village_is_located_in_it(huizhou: Loaded) -> None:
    found = {
        village: locate(lon, lat)
        for village, lon, lat in Area.objects.filter(level="village").values_list("id", "lon", "lat")
    }
    strayed = [village for village, located in found.items() if located is None or located.area_id != village]
    assert strayed == []
    assert locate(116.4, 39.9) is None


def test_loading_again_changes_nothing(huizhou: Loaded) -> None:
    before = (Area.objects.count(), AreaCode.objects.count(), Cover.objects.count())
    again = load_areas(PACK, actor=CLERK, now=NOW)
    assert again.management
    assert (again.areas.changes, again.management.changes, again.grids, again.outlines) == (0, 0, 0, 0)
    assert (Area.objects.count(), AreaCode.objects.count(), Cover.objects.count()) == before


def test_five_years_of_code_changes_leave_every_area_in_place(huizhou: Loaded) -> None:
    before = {node.id: node.name for node in tree().at_level("village")}
    done = apply_code_changes(PACK, actor=CLERK, now=datetime(2023, 9, 1, tzinfo=UTC))
    assert done.errors == []
    assert all(area in tree() for area in before)
    for row in listed("villages.csv"):
        then = area_by_code(row["code12"], on=date(2020, 2, 5))
        assert then and before[then.id] == row["name"], "a code of 2020 means what it meant in 2020"
    assert len(tree().at_level("village")) == 1364
    assert done.count("add") == 49 and done.count("end") == 6
    again = apply_code_changes(PACK, actor=CLERK, now=datetime(2023, 9, 1, tzinfo=UTC))
    assert again.changes == 0


def test_codes_that_were_shuffled_in_2022_still_mean_the_right_village(huizhou: Loaded) -> None:
    gudong, xiaodong = held("441322106227"), held("441322106228")
    assert (gudong.short_name, xiaodong.short_name) == ("古洞村", "小洞村")
    apply_code_changes(PACK, actor=CLERK, now=NOW)
    assert (held("441322106227").id, held("441322106228").id) == (xiaodong.id, gudong.id)
    assert [row[0] for row in code_history(gudong.id)] == ["441322106227", "441322106228"]
    assert all(tree().get(grid).code.startswith("441322106228") for grid in tree().children(gudong.id))
    assert all(tree().managers(node.id) for node in tree().at_level("village")), "new villages have a station too"


def test_the_last_list_of_changes_agrees_with_the_state_it_leads_to(huizhou: Loaded) -> None:
    apply_code_changes(PACK, actor=CLERK, now=NOW)
    last: dict[str, dict[str, str]] = {row["code12"]: row for row in listed("code_changes.csv")}
    for code, row in last.items():
        node = held(code) if tree().by_code(code) else None
        if row["change"] == "removed":
            assert node is None or node.ended or node.code != code
        else:
            assert node and (node.code, node.name) == (code, row["new_name"])

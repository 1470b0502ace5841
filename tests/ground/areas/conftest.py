"""A small city for the tests of areas: two counties, three towns, a handful of villages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DEFAULT_DB_ALIAS

from wangge.ground.areas.importer import preview
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import areas_import
from wangge.ground.areas.tree import AreaNode, forget, tree
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, Grant, system_actor

NOW = datetime(2020, 2, 5, 1, 30, tzinfo=UTC)
EDITION = date(2019, 10, 31)
NAMES = {"99": "云岭省", "9901": "云州市"}
HEADING = "code12,name,kind,town_code9,town_name,county_code6,county_name"
ROWS = [
    "990102001001,东湖社区居委会,居民委员会,990102001,桥东街道,990102,城中区",
    "990102001002,新建社区居委会,居民委员会,990102001,桥东街道,990102,城中区",
    "990102100200,望斗村民委员会,村民委员会,990102100,汝湖镇,990102,城中区",
    "990103100200,龙潭村民委员会,村民委员会,990103100,永汉镇,990103,山南县",
    "990103100201,石湖村民委员会,村民委员会,990103100,永汉镇,990103,山南县",
]
PACK = Path(__file__).resolve().parents[3] / "packs" / "huizhou-2020" / "areas"


def village_list(*rows: str) -> bytes:
    """A list in the official columns, UTF-8 without BOM."""
    return "\n".join([HEADING, *rows, ""]).encode()


@pytest.fixture(autouse=True)
def fresh_snapshot() -> Iterator[None]:
    """The database is rolled back after a test, the snapshot in memory is not."""
    forget()
    yield
    forget()


@pytest.fixture
def clerk() -> Actor:
    """Who keeps the areas of the whole installation."""
    return system_actor("clerk", "area.manage")


def take_everything_away() -> None:
    """Empty the tables that any test city fills, inside the transaction that the caller rolls back."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in {"journal", "auth", "contenttypes", "sessions"}:
            model._base_manager.all()._raw_delete(DEFAULT_DB_ALIAS)
    forget()


@pytest.fixture
def no_areas(db: None) -> None:
    """An installation before its first list."""
    take_everything_away()


@pytest.fixture
def city(no_areas: None, clerk: Actor) -> Preview:
    """The small city, imported."""
    return areas_import(actor=clerk, preview=preview(village_list(*ROWS), names=NAMES), edition=EDITION, now=NOW)


@pytest.fixture
def outsider(city: Preview) -> Actor:
    """An officer of 龙潭, who has no business in any other village; but there may even manage areas."""
    village = held("990103100200")
    grant = Grant(frozenset({"area.manage"}), village.id, "village_officer")
    return Actor(new_id(), "王外村", (grant,))


def held(code: str) -> AreaNode:
    """The area that holds a code."""
    node = tree().by_code(code)
    assert node is not None, code
    return node

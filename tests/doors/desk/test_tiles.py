"""Tiles under the map: where GCJ-02 lies, what a browser may fetch, and what shows when their server is away."""

from __future__ import annotations

import io
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from PIL import Image
from playwright.sync_api import Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import Site
from tests.doors.desk.test_map_browser import browser, change
from tests.doors.desk.tiles import Point, TileServer, gcj02
from wangge.settings import tile_address

__all__ = ["browser"]
# WGS84 and GCJ-02 of places that other implementations agree on.
KNOWN = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
OUTSIDE = [(139.7, 35.7), (-0.1, 51.5), (103.8, -1.3), (71.9, 40.0), (0.0, 0.0)]
HUIZHOU = [(113.9 + 0.15 * x, 22.5 + 0.15 * y) for x in range(10) for y in range(9)]


def metres(one: Point, other: Point) -> float:
    east = (one[0] - other[0]) * math.cos(math.radians(one[1]))
    return math.hypot(east, one[1] - other[1]) * 111_320


def test_known_places_are_where_others_say() -> None:
    for found, (_, expected) in zip(gcj02([wgs84 for wgs84, _ in KNOWN]), KNOWN, strict=True):
        assert metres(found, expected) < 0.1


def test_outside_china_nothing_moves() -> None:
    assert gcj02(OUTSIDE) == OUTSIDE


def test_a_place_is_found_again_within_a_metre() -> None:
    """Nothing in the system converts back; that one could shows that no two places fall together."""
    moved = gcj02(HUIZHOU)
    assert all(300 < metres(*pair) < 800 for pair in zip(HUIZHOU, moved, strict=True))
    guess = [(lon, lat) for lon, lat in moved]
    for _ in range(4):
        again = gcj02(guess)
        guess = [
            (lon + want[0] - got[0], lat + want[1] - got[1])
            for (lon, lat), want, got in zip(guess, moved, again, strict=True)
        ]
    assert max(metres(*pair) for pair in zip(guess, HUIZHOU, strict=True)) < 0.01


@pytest.mark.parametrize(
    "address",
    [
        "tiles.example.cn/{z}/{x}/{y}.png",
        "https://tiles.example.cn/{z}/{x}.png",
        "https://tiles.example.cn; script-src */{z}/{x}/{y}",
        "https://somebody@tiles.example.cn/{z}/{x}/{y}",
        "javascript:{z}{x}{y}",
    ],
)
def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("WANGGE_TILES", address)
    with pytest.raises(ImproperlyConfigured, match="WANGGE_TILES"):
        tile_address("WANGGE_TILES")


def test_an_address_tells_its_host() -> None:
    code = "from wangge import settings; print(settings.TILES_HOST, settings.TILES_GCJ02)"
    told = {"WANGGE_TILES": "https://t.example.cn:8443/w?x={x}&y={y}&z={z}&tk=k", "WANGGE_TILES_GCJ02": "on"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | told, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["https://t.example.cn:8443", "True"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/map", "/wall"])
def test_only_the_host_that_is_set_may_be_fetched_from_and_only_here(
    at_desk: Callable[[str], Client], settings: Any, address: str
) -> None:
    strict = at_desk("frank").get("/")["Content-Security-Policy"]
    assert at_desk("frank").get(address)["Content-Security-Policy"] == strict
    assert "data-tiles" not in at_desk("frank").get(address).content.decode()
    settings.TILES, settings.TILES_HOST = "https://t.example.cn/{z}/{x}/{y}", "https://t.example.cn"
    settings.TILES_CREDIT = "© 图源 <b>"
    answer = at_desk("frank").get(address)
    page = answer.content.decode()
    assert answer["Content-Security-Policy"].replace(" https://t.example.cn", "", 1) == strict
    assert "connect-src 'self' https://t.example.cn;" in answer["Content-Security-Policy"]
    assert 'data-tiles="https://t.example.cn/{z}/{x}/{y}"' in page and "data-gcj02" not in page
    assert "© 图源 &lt;b&gt;" in page
    assert at_desk("frank").get("/")["Content-Security-Policy"] == strict


@pytest.fixture(scope="module")
def tiles() -> Iterator[TileServer]:
    server = TileServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(filled: Path, tmp_path_factory: pytest.TempPathFactory, tiles: TileServer) -> Iterator[Site]:
    told = {
        "WANGGE_TILES": tiles.host + "/{z}/{x}/{y}.png",
        "WANGGE_TILES_GCJ02": "on",
        "WANGGE_TILES_CREDIT": "© 测试",
    }
    running = Site(shutil.copytree(filled, tmp_path_factory.mktemp("site") / "data"), **told)
    change(running, "draw")
    running.start()
    yield running
    running.stop()


def row(page: Page) -> list[tuple[int, ...]]:
    """The colours along the middle of the map."""
    image = Image.open(io.BytesIO(page.locator("#map canvas").screenshot())).convert("RGB")
    return [image.getpixel((x, image.height // 2)) for x in range(260, image.width)]  # type: ignore[misc]


class TestInBrowser:
    pytestmark = IN_BROWSER

    def test_areas_lie_exactly_on_tiles_in_gcj02(
        self, visit: Callable[..., Page], tiles: TileServer, tmp_path: Path
    ) -> None:
        page = visit("erin")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/map")
        expect(page.locator(".map-credit")).to_have_text("© 测试")
        page.wait_for_timeout(1500)
        assert tiles.asked
        edge = max(number for number, colour in enumerate(row(page)) if 30 < sum(colour) < 720)
        box = page.locator("#map canvas").bounding_box()
        assert box is not None
        # The eastern edge of the county, looked at from near: one pixel is less than ten metres.
        page.mouse.move(box["x"] + 260 + edge, box["y"] + box["height"] / 2)
        for _ in range(10):
            page.mouse.wheel(0, -400)
            page.wait_for_timeout(150)
        page.wait_for_timeout(2500)
        page.screenshot(path=tmp_path / "near.png")
        seen = row(page)
        dark, bright = seen[2], seen[-2]
        between = [colour for colour in seen if not any(math.dist(colour, end) < 12 for end in (dark, bright))]
        assert math.dist(dark, bright) > 60
        assert len(between) < 12, "nothing but the line between a covered black and a bare white"
        assert {url.split("/", 3)[2] for url in asked} == {
            page.url.split("/")[2],
            tiles.host.removeprefix("http://"),
        }

    @pytest.mark.parametrize(("address", "frame"), [("/map", "#map"), ("/wall", "#wall-map")])
    def test_a_map_is_whole_without_its_tiles_and_says_so_quietly(
        self, visit: Callable[..., Page], address: str, frame: str
    ) -> None:
        page = visit("frank")
        page.route("**/*.png", lambda route: route.abort())
        page.goto(address)
        expect(page.locator("[data-tiles-away]")).to_have_text("底图暂时取不到，区域和数据不受影响。")
        expect(page.locator("[data-tiles-away]")).to_be_visible()
        if address == "/map":
            page.locator("#map-rows a", has_text="惠城区").click()
            expect(page.locator("#map-crumbs [aria-current]")).to_have_text("惠城区")
        page.unroute("**/*.png")
        page.reload()
        expect(page.locator(f"{frame} canvas")).to_be_visible()
        expect(page.locator("[data-tiles-away]")).to_be_hidden()

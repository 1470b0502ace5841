"""The map and the wall in a real browser: down and up, back in time, live, without WebGL, for days."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.doors.desk import mapped
from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import ROOT, Site
from tests.doors.desk.test_browser import SIZES, WIDER
from tests.installation import chromium
from tests.waiting import until

pytestmark = IN_BROWSER
# A machine for tests has no graphics card: WebGL is drawn by the processor.
DRAWN_BY_PROCESSOR = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null"
HIGHER = "document.documentElement.scrollHeight - document.documentElement.clientHeight"
WALLS = [(1920, 1080), (3840, 2160)]


@pytest.fixture(scope="module")
def site(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    assert (Path(settings.BASE) / "static" / "built" / "map.js").exists(), "the front end is not built; ./run build"
    running = Site(shutil.copytree(filled, tmp_path_factory.mktemp("site") / "data"))
    change(running, "draw")
    running.start()
    yield running
    running.stop()


def change(site: Site, *what: str) -> None:
    """Do something to the installation beside the browser, see `mapped`."""
    command = [sys.executable, mapped.__file__, *what]
    subprocess.run(command, env=site.environment, cwd=ROOT, check=True, timeout=120)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=DRAWN_BY_PROCESSOR)
        yield opened
        opened.close()


@pytest.fixture
def look(visit: Callable[..., Page]) -> Callable[..., Page]:
    """Open a page as somebody, by default the map."""

    def opened(who: str, address: str = "/map", width: int = 1366, height: int = 768, script: str = "") -> Page:
        page = visit(who, width, height, script=script)
        page.goto(address)
        return page

    return opened


def middle(page: Page, across: float) -> None:
    """Click into the map, so far from its left as a share of its width."""
    frame = page.locator("#map canvas").bounding_box()
    assert frame is not None
    page.mouse.click(frame["x"] + frame["width"] * across, frame["y"] + frame["height"] / 2)


def test_down_to_a_village_on_the_map_and_up_again(look: Callable[..., Page]) -> None:
    page = look("frank")
    expect(page.locator("#map-rows")).to_contain_text("惠城区")
    page.wait_for_timeout(1500)
    middle(page, 0.45)
    page.wait_for_url("**area=441302*")
    expect(page.locator("#map-crumbs")).to_contain_text("惠城区")
    expect(page.locator("#map-level")).to_have_value("town")
    expect(page.locator("#map-sketch")).to_be_visible()
    page.locator("#map-rows a", has_text="桥东街道").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**area=441302001*")
    page.locator("#map-rows a", has_text="东湖社区").click()
    expect(page.locator("#map-crumbs [aria-current]")).to_have_text("东湖社区")
    page.go_back()
    expect(page.locator("#map-crumbs [aria-current]")).to_have_text("桥东街道")
    page.locator("#map-crumbs a").first.click()
    expect(page.locator("#map-rows")).to_contain_text("惠东县")


def test_a_station_goes_down_to_a_grid_on_the_map(look: Callable[..., Page], site: Site) -> None:
    change(site, "receive", "441302001001002", "1")
    page = look("stan")
    expect(page.locator("#map-crumbs [aria-current]")).to_have_text("桥东派出所")
    page.locator("#map-rows a", has_text="东湖社区").click()
    expect(page.locator("#map-level")).to_have_value("grid")
    expect(page.locator("#map-rows tr").first).to_have_text("第2网格1")
    page.locator("#map-rows a", has_text="第2网格").click()
    expect(page.locator("#map-crumbs [aria-current]")).to_have_text("第2网格")
    expect(page.locator("#map-whole")).to_have_text("1")
    wall = look("dina", "/wall", 1920, 1080)
    expect(wall.locator("h1")).to_contain_text("仲恺区")
    expect(wall.locator("#wall-places")).to_contain_text("矮陂村")


def test_what_lies_in_no_smaller_area_is_said(look: Callable[..., Page], site: Site) -> None:
    change(site, "receive", "441302100", "1")
    page = look("erin", "/map?area=441302100")
    expect(page.locator("#map-whole")).to_have_text("1")
    expect(page.locator("#map-rows tr").last).to_have_text("记在本级、未分到下级1")


def test_a_view_can_be_sent(look: Callable[..., Page]) -> None:
    page = look("erin")
    page.select_option("#map-measure", "matters_received")
    page.check("[name=period][value=day]")
    page.select_option("#map-level", "village")
    expect(page.locator("#map-rows")).to_contain_text("矮陂村")
    sent = page.url.removeprefix(page.url.split("/map")[0])
    other = look("frank", sent)
    expect(other.locator("#map-rows")).to_contain_text("矮陂村")
    expect(other.locator("#map-measure")).to_have_value("matters_received")
    expect(other.locator("[name=period][value=day]")).to_be_checked()
    expect(other.locator("#map-crumbs [aria-current]")).to_have_text("惠城区")


def test_what_others_report_shows_without_reload(look: Callable[..., Page], site: Site) -> None:
    page = look("omar")
    expect(page.locator("#map-whole")).to_have_text("0")
    page.evaluate("window.still = true")
    page.wait_for_timeout(800)
    change(site, "receive", "441323001001", "3")
    expect(page.locator("#map-whole")).to_have_text("3")
    expect(page.locator("#map-legend li")).to_have_count(3)
    before = page.locator("#map").screenshot()
    page.locator("[data-layer=matters]").focus()
    page.keyboard.press("Space")
    until(lambda: page.locator("#map").screenshot() != before)  # the points are drawn
    assert page.evaluate("window.still") is True


def test_back_in_time_and_playing_up_to_now(look: Callable[..., Page], site: Site) -> None:
    page = look("dan")
    expect(page.locator("#map-whole")).not_to_have_text("—")
    open_now = str(int(page.locator("#map-whole").inner_text()) + 2)
    change(site, "receive", "441302001001", "2")
    page.reload()
    expect(page.locator("#map-whole")).to_have_text(open_now)
    slider = page.locator("#map-time")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**at=2020-02-0*")
    expect(page.locator("#map-whole")).to_have_text("0")
    expect(page.locator("#map-moment")).to_contain_text("2020-02-0")
    page.select_option("#map-measure", "overdue")
    expect(page.locator("#map-notes")).to_contain_text("不作推算")
    expect(page.locator("#map-whole")).to_have_text("—")
    page.select_option("#map-measure", "open")
    page.select_option("#map-pace", "1")
    page.locator("#map-play").click()
    expect(page.locator("#map-moment")).to_have_text("此刻")
    expect(page.locator("#map-whole")).to_have_text(open_now)
    expect(page.locator("#map-play")).to_have_text("播放")
    assert "at=" not in page.url


def test_without_webgl_the_table_leads_down(look: Callable[..., Page]) -> None:
    page = look("frank", script=NO_WEBGL)
    expect(page.locator("#map-flat")).to_be_visible()
    page.locator("#map-rows a", has_text="惠城区").click()
    expect(page.locator("#map-rows")).to_contain_text("桥东街道")


@pytest.mark.parametrize("who", ["frank", "dan", "alice"])
def test_the_map_never_scrolls_sideways(look: Callable[..., Page], who: str) -> None:
    page = look(who, "/map?measure=rate")
    expect(page.locator("#map-rows tr").first).to_be_visible()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WIDER) == 0, width


@pytest.mark.parametrize(("width", "height"), WALLS)
def test_a_wall_fits_its_screen_and_is_read_from_afar(look: Callable[..., Page], width: int, height: int) -> None:
    page = look("frank", "/wall", width, height)
    expect(page.locator("#wall-stages li")).to_have_count(4)
    expect(page.locator("#wall-places tr")).to_have_count(2)
    page.wait_for_timeout(500)
    assert (page.evaluate(WIDER), page.evaluate(HIGHER)) == (0, 0)
    cut = "(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.className)"
    assert page.locator(".wall-block").evaluate_all(cut) == []
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll("#wall tbody *, #wall li *, #wall h2")]
        .filter((one) => one.textContent.trim() && !one.matches("kbd"))
        .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""
    )
    assert smallest >= height / 1080 * 24 - 0.5, "a line of text is at least a forty-fifth of the screen's height"


def test_a_wall_of_a_town_has_its_own_scope(look: Callable[..., Page]) -> None:
    page = look("dan", "/wall")
    expect(page.locator("h1")).to_contain_text("桥东街道")
    expect(page.locator("#wall-places")).to_contain_text("东湖社区")
    expect(page.locator("#wall-places")).not_to_contain_text("惠东县")


def weight(page: Page, session: CDPSession) -> dict[str, float]:
    """What the page holds, after what it has let go is swept up."""
    page.wait_for_timeout(2600)
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return {name: metrics[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}


def test_a_wall_that_runs_for_long_does_not_grow(look: Callable[..., Page], site: Site) -> None:
    page = look("frank", "/wall", 1920, 1080)
    expect(page.locator("#wall-stages li")).to_have_count(4)
    page.evaluate("window.heard = 0; document.addEventListener('wangge:happened', () => (window.heard += 1))")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    weights = []
    for _ in range(3):
        change(site, "happen", "200", "5")
        # A burst longer than any queue: the stream breaks off, comes back and says to look anew.
        change(site, "happen", "2000", "1")
        weights.append(weight(page, session))
    assert page.evaluate("window.heard") >= 2000
    assert page.locator("#wall-news li").count() <= 7
    # The first round fills caches; after that nothing may be added for good.
    _, second, last = weights
    assert last["Nodes"] <= second["Nodes"] + 50, weights
    assert last["JSEventListeners"] <= second["JSEventListeners"] + 2, weights
    assert last["JSHeapUsedSize"] <= second["JSHeapUsedSize"] * 1.1 + 500_000, weights
    open_before = int(page.locator("#wall-open").inner_text())
    change(site, "receive", "441302001003", "1")
    expect(page.locator("#wall-open")).to_have_text(str(open_before + 1))


def test_a_wall_survives_its_server(look: Callable[..., Page], site: Site) -> None:
    page = look("erin", "/wall", 1920, 1080)
    expect(page.locator("#wall-stages li")).to_have_count(4)
    before = int(page.locator("#wall-open").inner_text())
    page.wait_for_timeout(800)
    site.stop()
    expect(page.locator("#live-state")).to_contain_text("正在重连")
    site.start()
    change(site, "receive", "441302001005", "1")
    expect(page.locator("#wall-open")).to_have_text(str(before + 1))
    expect(page.locator("#live-state")).to_be_hidden()

"""The desk in a real browser: the loop by its roles, live updates, the keyboard, three sizes of screen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import Site

pytestmark = IN_BROWSER
PAGES = [
    "/",
    "/?stage=closed",
    "/intake",
    "/log",
    "/bulletin",
    "/coverage",
    "/inbox",
    "/surge",
    "/profile",
    "/nowhere",
    "/map",
    "/wall",
    "/exports",
]
SIZES = [(1366, 768), (390, 844), (1920, 1080)]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NUMBER = re.compile(r"\d{12}-\d{8}-\d{4}")


def take(page: Page, text: str, village: str = "东湖", kind: str = "arrival") -> str:
    """File a report at the intake form; its number."""
    page.goto("/intake")
    page.select_option("#kind", kind)
    page.fill("#area_name", village)
    page.locator("#area_list [data-code]").first.click()
    page.fill("#text", text)
    page.click("#intake [data-primary]")
    number = page.locator(".taken .num").inner_text()
    assert NUMBER.fullmatch(number)
    return number


def act(page: Page, number: str, deed: str, **fields: str) -> None:
    """Send one form of a matter's page."""
    page.goto(f"/matters/{number}")
    form = page.locator(f"#deed-{deed} form")
    for name, value in fields.items():
        place = form.locator(f"[name={name}]:not([type=hidden])")
        if place.first.evaluate("(one) => one.tagName") == "SELECT":
            place.select_option(value)
        else:
            place.fill(value)
    form.locator("button").first.click()
    page.wait_for_load_state()


def test_one_report_goes_its_whole_way_by_different_people(visit: Callable[..., Page]) -> None:
    dan, alice, paul, carol = visit("dan"), visit("alice", 390, 844), visit("paul"), visit("carol", 390, 844)
    number = take(dan, "东湖花园三号楼有人从武汉回来")
    act(alice, number, "acknowledge")
    expect(alice.locator("#next")).to_contain_text("等待值班台分流")
    dan.goto(f"/matters/{number}")
    expect(dan.locator(".suggestion")).to_contain_text("疫情发生地来")
    dan.select_option("#triage-kind", "epidemic_incident")
    expect(dan.locator("#triage-lead")).to_have_value("police")
    dan.locator("[name=joint]:checked").evaluate_all("(all) => all.forEach((one) => one.click())")
    dan.click("#deed-triage [data-primary]")
    expect(dan.locator("#parts")).to_contain_text("桥东街道公安")
    act(paul, number, "accept")
    act(paul, number, "arrived")
    act(paul, number, "work", text="已到户核实并登记")
    expect(paul.locator(".firsts .now")).to_contain_text("核查")
    act(carol, number, "verify", method="spot", text="本人在家,情况属实")
    act(dan, number, "close", outcome="settled", told="call")
    expect(dan.locator("#next")).to_contain_text("事项已结案")
    expect(dan.locator(".firsts")).to_contain_text("时限内")
    dan.goto("/?stage=closed")
    expect(dan.locator(".rows")).to_contain_text(number)


def test_a_new_matter_appears_on_another_screen_without_reload(visit: Callable[..., Page]) -> None:
    erin, dan = visit("erin"), visit("dan")
    erin.evaluate("window.still = true")
    number = take(dan, "村口有人聚餐", kind="gathering")
    expect(erin.locator("#rows")).to_contain_text(number)
    act(visit("alice"), number, "acknowledge")
    row = erin.locator(f'a.row[href^="/matters/{number}"]')
    expect(row).to_contain_text("待分流")
    assert erin.evaluate("window.still") is True


def test_of_two_tabs_both_are_kept_live(visit: Callable[..., Page]) -> None:
    first = visit("erin")
    second = first.context.new_page()
    second.goto("/")
    number = take(visit("dan"), "路口设障", kind="road_blocking")
    expect(first.locator("#rows")).to_contain_text(number)
    expect(second.locator("#rows")).to_contain_text(number)


def test_what_one_is_writing_survives_what_others_do(visit: Callable[..., Page]) -> None:
    dan, dora = visit("dan"), visit("dora")
    number = take(dan, "三号楼有人从武汉回来")
    act(dan, number, "acknowledge")
    dan.goto(f"/matters/{number}")
    dan.fill("#triage-text", "请社区医护先电话联系")
    act(dora, number, "triage")
    expect(dan.locator("#timeline")).to_contain_text("分流")
    expect(dan.locator("#live-state")).to_contain_text("正在填写")
    expect(dan.locator("#triage-text")).to_have_value("请社区医护先电话联系")
    dan.click("#deed-triage [data-primary]")
    expect(dan.locator("#refused")).to_contain_text("有人先您一步")
    expect(dan.locator("#refused textarea")).to_have_value("请社区医护先电话联系")


def test_a_page_that_refused_a_form_stays_live_and_keeps_what_was_typed(visit: Callable[..., Page]) -> None:
    dan, dora = visit("dan"), visit("dora")
    number = take(dan, "三号楼有人从武汉回来")
    act(dan, number, "acknowledge")
    dan.goto(f"/matters/{number}")
    dan.fill("#triage-text", "请先电话联系")
    dan.locator("#deed-triage form:has(#triage-text) [name=version]").evaluate("(one) => (one.value = '0')")
    dan.click("#deed-triage [data-primary]")
    expect(dan.locator("#refused")).to_be_visible()
    assert dan.url.endswith(f"/matters/{number}"), "an answer stands at the address of its page"
    expect(dan.locator("#triage-text")).to_have_value("请先电话联系")
    act(dora, number, "triage")
    expect(dan.locator("#timeline")).to_contain_text("分流")
    expect(dan.locator("#refused")).to_be_visible()
    expect(dan.locator("#triage-text")).to_have_value("请先电话联系")


def test_after_a_broken_line_nothing_is_missing(visit: Callable[..., Page], site: Site) -> None:
    erin, dan = visit("erin"), visit("dan")
    erin.wait_for_timeout(600)
    site.stop()
    expect(erin.locator("#live-state")).to_contain_text("正在重连")
    site.start()
    number = take(dan, "断线期间的上报")
    expect(erin.locator("#rows")).to_contain_text(number)
    expect(erin.locator("#live-state")).to_be_hidden()


def test_everything_works_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("dan")
    press = page.keyboard.press
    press("?")
    expect(page.locator("#keys")).to_be_visible()
    press("Escape")
    press("n")
    page.wait_for_url("**/intake")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("祠堂里摆酒席聚餐")
    press("Tab")
    press("Tab")
    page.locator("#area_name").focus()
    page.keyboard.type("菜园墩")
    expect(page.locator("#area_list [aria-selected=true]")).to_contain_text("菜园墩")
    press("Enter")
    press("Control+Enter")
    number = page.locator(".taken .num").inner_text()
    page.locator("main").focus()
    press("q")
    page.wait_for_url("**/")
    press("j")
    press("j")
    press("k")
    expect(page.locator("a.row").first).to_be_focused()
    press("/")
    page.keyboard.type(number)
    press("Enter")
    page.wait_for_url(f"**/matters/{number}")
    press("a")
    expect(page.locator("#deed-acknowledge [data-primary]")).to_be_focused()
    press("Enter")
    expect(page.locator("#deed-triage")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_nothing_scrolls_sideways(visit: Callable[..., Page], language: str) -> None:
    page = visit("frank", language=language)
    number = take(page, "一段没有空格的很长的文字" + "x" * 300)
    wide = {}
    for address in [*PAGES, f"/matters/{number}", "/bulletin/figures/matters_received"]:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            if more := page.evaluate(WIDER):
                wide[address, width] = more
    assert wide == {}

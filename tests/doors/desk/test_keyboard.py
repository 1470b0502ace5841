"""A day at the desk without a mouse: the keys, the order in which the queue is worked through, one-click merging."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.test import Client
from playwright.sync_api import Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.test_browser import NUMBER, take
from wangge.duties.matters.services import triage
from wangge.ground.journal.models import Event

Report = Callable[..., Any]
AtDesk = Callable[[str], Client]


def onward(client: Client, address: str) -> str:
    """Where the link to the next matter on a page leads."""
    link = client.get(address).content.decode().split('class="onward" href="')[1].split('"')[0]
    return str(client.get(link.replace("&amp;", "&"))["Location"])


def number_in(address: str) -> str:
    found = NUMBER.search(address)
    return found[0] if found else ""


def test_next_goes_down_the_queue_in_its_order_and_ends_at_it(at_desk: AtDesk, report: Report) -> None:
    urgent, other = report(kind="fever_suspected"), report(kind="gathering")
    last, elsewhere = report(kind="gathering"), report(kind="gathering", area="441302001003")
    dan = at_desk("dan")
    at = onward(dan, f"/matters/{urgent.number}?area=441302001001")
    assert number_in(at) == other.number
    at = onward(dan, at)
    assert number_in(at) == last.number
    at = onward(dan, at)
    assert at == "/?area=441302001001&end=1"
    assert "走到末尾" in dan.get(at).content.decode()
    assert number_in(onward(dan, f"/matters/{last.number}?area=441302001003")) == elsewhere.number


def test_what_is_passed_over_stays_behind_and_what_is_more_urgent_comes_first(at_desk: AtDesk, report: Report) -> None:
    first, second, third = (report() for _ in range(3))
    dan = at_desk("dan")
    at = onward(dan, f"/matters/{first.number}?kind=arrival")
    assert number_in(at) == second.number
    pushed = onward(dan, f"/matters/{first.number}?stage=push")
    assert number_in(pushed) == second.number
    fever = report(kind="fever_suspected")
    assert number_in(onward(dan, f"/matters/{third.number}?stage=push")) == fever.number
    assert number_in(onward(dan, at)) == third.number


def test_after_an_action_the_same_queue_goes_on(at_desk: AtDesk, report: Report) -> None:
    first, second = report(), report()
    dan = at_desk("dan")
    form = {"version": str(first.version), "walk": "stage=push"}
    done = dan.post(f"/matters/{first.number}/do/acknowledge", form)
    assert done["Location"] == f"/matters/{first.number}?stage=push"
    assert number_in(onward(dan, done["Location"])) == second.number


def test_rows_of_the_queue_hand_on_which_queue_it_is(at_desk: AtDesk, report: Report) -> None:
    first, second, third = (report(kind="gathering") for _ in range(3))
    page = at_desk("dan").get("/?stage=push").context["matters"]
    assert [row.line.number for row in page] == [first.number, second.number, third.number]
    assert page[0].onward == "?stage=push"
    assert number_in(onward(at_desk("dan"), f"/matters/{second.number}{page[1].onward}")) == third.number


def test_somebody_from_elsewhere_is_led_nowhere(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    assert at_desk("olga").get(f"/next?number={matter.number}")["Location"] == "/?end=1"
    assert at_desk("olga").get("/next?area=441302001001").status_code == 403


def test_a_suggestion_says_which_rule_of_the_pack_and_is_taken_as_it_stands(
    at_desk: AtDesk, report: Report, do: Any
) -> None:
    matter = do(triage.matter_acknowledge, report(kind="other", text="外地返乡人员，住三号楼"), "dan")
    page = at_desk("dan").get(f"/matters/{matter.number}").content.decode()
    form = page.split('class="note info suggestion"')[1].split("</form>")[0]
    assert "提到外地返回人员" in form and "arrival_return" in form
    sent = {name: value for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form) if name != "joint"}
    sent["joint"] = re.findall(r'name="joint" value="([^"]*)"', form)
    assert at_desk("dan").post(f"/matters/{matter.number}/do/triage", sent).status_code == 302
    matter.refresh_from_db()
    assert (matter.stage, matter.kind) == ("coordinate", "arrival")
    assert Event.objects.get(type="matter.triaged").data["rule"] == "arrival_return"


def test_where_no_rule_speaks_the_kind_as_reported_is_suggested(at_desk: AtDesk, report: Report, do: Any) -> None:
    matter = do(triage.matter_acknowledge, report(kind="gambling", text="看不到的原文"), "dan")
    options = next(deed for deed in at_desk("dan").get(f"/matters/{matter.number}").context["first"]).options
    assert (options["suggested"].code, options["rule"], options["reason"]) == ("gambling", None, "上报时所报的类别")


class TestInABrowser:
    pytestmark = IN_BROWSER

    def test_a_whole_day_without_a_mouse(self, visit: Callable[..., Page]) -> None:
        page = visit("dan")
        press = page.keyboard.press
        press("n")
        page.wait_for_url("**/intake")
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.insert_text("东湖社区三号楼有一家三口刚从武汉返乡，电话13912345678")
        expect(page.locator("#area_name")).to_have_value(re.compile("东湖社区"))
        press("Control+Enter")
        number = page.locator(".taken .num").inner_text()
        press("Escape")
        press("x")
        page.wait_for_url(f"**/matters/{number}")
        press("a")
        press("Enter")
        expect(page.locator(".suggestion")).to_contain_text("依据：")
        expect(page.locator(".suggestion")).to_contain_text("疫情发生地来（返）人员")
        press("y")
        expect(page.locator("#parts")).to_contain_text("待接单")
        press("x")
        page.wait_for_url("**/?end=1")
        press("?")
        expect(page.locator("#keys")).to_contain_text("下一件")

    def test_adding_to_what_is_there_is_one_key_and_enter_never_does_it(self, visit: Callable[..., Page]) -> None:
        page = visit("dan")
        number = take(page, "东湖三号楼下有人摆酒席聚餐", kind="gathering")
        page.goto("/intake")
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.insert_text("东湖社区三号楼下有人聚餐摆酒席")
        page.wait_for_selector(".alike")
        page.focus("#address")
        page.keyboard.press("Enter")
        other = page.locator(".taken .num").inner_text()
        assert other != number
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.insert_text("东湖社区三号楼下有人聚餐摆酒席呢")
        page.wait_for_selector(".alike")
        page.keyboard.press("Alt+1")
        expect(page.locator(".taken")).to_contain_text("已作为补充上报加入")
        assert page.locator(".taken .num").inner_text() in {number, other}

    def test_merging_and_its_undo_are_a_click_each(self, visit: Callable[..., Page]) -> None:
        page = visit("dan")
        first, second = (take(page, f"村口摆摊哄抬口罩价格{which}", kind="price_gouging") for which in "一二")
        page.goto(f"/matters/{second}")
        page.click(f"#deed-merge button[value='{first}']")
        expect(page.locator(".matter-head .note")).to_contain_text(first)
        page.click("#deed-merge_undo button")
        expect(page.locator(".firsts .now")).to_contain_text("推送")

    def test_single_keys_do_nothing_once_they_are_switched_off(self, visit: Callable[..., Page]) -> None:
        page = visit("dan")
        page.goto("/profile")
        page.click("form[action='/keys'] button")
        expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
        page.keyboard.press("n")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_hidden()
        assert page.url.endswith("/profile")
        page.click("form[action='/keys'] button")
        expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")
        page.keyboard.press("n")
        page.wait_for_url("**/intake")

"""Filling in a form in a browser: skip logic, mistakes at the question, photos, places, and a line that breaks."""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.inspections import LATER, MORE, inspection
from tests.doors.desk.site import PASSWORD, Site
from tests.doors.desk.test_accessibility import now_broken
from tests.doors.desk.test_browser import SIZES, WIDER

pytestmark = IN_BROWSER
ANSWERS = "**/fill/filled"
EAST = "惠城区 桥东街道 东湖社区"
# Chromium tells nobody what stands in a body with files, so the page itself is asked.
WATCH = """() => {
    const real = window.fetch;
    window.fetch = async (address, asked) => {
        if (asked?.body) window.posted = [await asked.body.get("xml_submission_file").text(), [...asked.body.keys()]];
        return real(address, asked);
    };
}"""


@pytest.fixture(scope="module", autouse=True)
def published(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The form, published with the command that staff would use."""
    file = tmp_path_factory.mktemp("forms") / "netbar.xlsx"
    file.write_bytes(inspection())
    site.command("forms", "add", str(file))


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """The empty form before alice, on a phone."""
    return opened(visit("alice", 390, 844))


def opened(page: Page) -> Page:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 23.1, "longitude": 114.4, "accuracy": 12})
    page.goto("/forms/netbar")
    page.wait_for_selector("form.fill")
    return page


def asked(page: Page, label: str) -> Locator:
    """The question with these words."""
    return page.locator(".ask", has=page.locator(".form-label", has_text=re.compile(f"^{label}")))


def fill_in(page: Page, reason: str = "") -> None:
    """Everything that is needed, nothing else."""
    asked(page, "所在村").get_by_text("东湖社区").click()
    asked(page, "所在镇街").get_by_text("平山街道").click()
    venue = asked(page, "检查的场所").get_by_role("combobox")
    venue.fill("网吧007")
    venue.press("Enter")
    expect(venue).to_have_value("测试网吧007号")
    asked(page, "检查日期").locator("input").fill("2020-01-23")
    asked(page, "从业人员数").locator("input").fill("12")
    asked(page, "其中戴口罩").locator("input").fill("9")
    person = page.locator(".part.one").first
    person.locator("input").nth(0).fill("王小明")
    person.locator("input").nth(1).fill("36.5")
    asked(page, "以上属实").locator("label.pick").click()
    if reason:
        asked(page, "发现的问题").get_by_text("违规营业").click()
        asked(page, "营业理由").locator("textarea").fill(reason)


def send(page: Page) -> None:
    page.click("form.fill [data-primary]")


def sent(page: Page) -> None:
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()


def said(page: Page) -> Locator:
    """What the page says of the sending."""
    return page.locator("form.fill > div > .note")


def lying(site: Site) -> list[tuple[Any, ...]]:
    """The submissions that lie in the installation: their instance, what each corrects, and its files."""
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True) as database:
        return database.execute(
            "select s.instance_id, s.deprecated_id, count(f.evidence_id) from forms_submission s"
            " left join forms_submissionfile f on f.submission_id = s.id group by s.id order by s.id"
        ).fetchall()


def photo(width: int = 1200, height: int = 900) -> dict[str, Any]:
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG")
    return {"name": "王小明家门口.JPG", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_form_is_filled_in_and_taken_with_its_photo(page: Page, site: Site) -> None:
    before = len(lying(site))
    fill_in(page)
    asked(page, "现场照片").locator("input").set_input_files(photo())
    canvas = asked(page, "现场照片").locator("canvas")
    expect(canvas).to_be_visible()
    asked(page, "位置").get_by_role("button", name="取得当前位置").click()
    expect(asked(page, "位置").locator("input").first).to_have_value("23.100000")
    asked(page, "到达时间").locator("input").fill("08:30")
    page.evaluate(WATCH)
    send(page)
    sent(page)
    xml, names = page.evaluate("window.posted")
    assert "王小明家门口" not in str([xml, names]), "a file's own name may say whose it is"
    assert re.search(r"<place>23.1 114.4 0.0 12.0</place><came_at>08:30:00.000[+-]\d\d:\d\d</came_at>", xml)
    assert len(names) == 2 and f"<photo>{names[1]}</photo>" in xml
    assert len(lying(site)) == before + 1 and lying(site)[-1][2] == 1
    page.get_by_role("button", name="再填一份").click()
    expect(asked(page, "从业人员数").locator("input")).to_have_value("")


def test_what_was_sent_can_be_seen_at_once(page: Page) -> None:
    fill_in(page)
    send(page)
    page.get_by_role("link", name="查看这份填报").click()
    expect(page.locator("main")).to_contain_text("测试网吧007号")


def test_a_list_that_the_server_does_not_have_is_empty_and_one_that_failed_is_said(page: Page) -> None:
    expect(asked(page, "外地名单")).to_contain_text("暂无可选项")
    page.route("**/files/areas.csv", lambda route: route.fulfill(status=500))
    page.goto("/forms/netbar")
    expect(page.locator("#fill .note.bad")).to_be_visible()


def test_questions_come_and_go_with_the_answers(page: Page) -> None:
    expect(asked(page, "其中戴口罩")).to_be_hidden()
    expect(page.get_by_role("group", name="违规营业")).to_be_hidden()
    fill_in(page)
    expect(page.get_by_text("口罩佩戴率 75 %")).to_be_visible()
    asked(page, "发现的问题").get_by_text("违规营业").click()
    expect(asked(page, "营业理由")).to_be_visible()
    page.locator(".part.one input").nth(1).fill("38。1")
    expect(page.get_by_text("发热：请立即上报。")).to_be_visible()
    asked(page, "所在镇街").get_by_text("水口街道").click()
    venue = asked(page, "检查的场所").get_by_role("combobox")
    expect(venue).to_have_value("", timeout=5000)
    venue.fill("007")
    expect(asked(page, "检查的场所").get_by_role("option")).to_have_count(0)


def test_a_mistake_stands_at_its_question_and_in_the_list_until_it_is_put_right(page: Page) -> None:
    send(page)
    expect(said(page)).to_contain_text("还有 8 处需要改正")
    expect(asked(page, "所在村").get_by_role("radio").first).to_be_focused()
    fill_in(page)
    expect(said(page)).to_have_count(0)
    for label, text, sentence in (
        ("检查日期", "2099-01-01", LATER),
        ("其中戴口罩", "13", MORE),
        ("从业人员数", "一打", "请填写整数。"),
        ("从业人员数", "501", "填写的内容不符合要求。"),
    ):
        place = asked(page, label).locator("input")
        good = place.input_value()
        place.fill(text)
        place.blur()
        expect(asked(page, label).get_by_role("alert")).to_have_text(sentence)
        expect(place).to_have_attribute("aria-invalid", "true")
        place.fill(good)
        expect(asked(page, label).get_by_role("alert")).to_be_hidden()
    asked(page, "从业人员数").locator("input").fill("１２")
    send(page)
    sent(page)


def test_a_group_is_added_and_taken_out_after_a_question(page: Page) -> None:
    page.get_by_role("button", name="添加在场人员").click()
    expect(page.locator(".part.one")).to_have_count(2)
    page.keyboard.type("李四")
    expect(page.locator(".part.one").nth(1).locator("input").first).to_have_value("李四")
    page.get_by_role("button", name="删除在场人员 1").click()
    page.get_by_role("button", name="不删除").click()
    expect(page.locator(".part.one")).to_have_count(2)
    page.get_by_role("button", name="删除在场人员 1").click()
    page.get_by_role("button", name="删除", exact=True).click()
    expect(page.locator(".part.one")).to_have_count(1)
    expect(page.locator(".part.one input").first).to_have_value("李四")
    expect(page.locator(".part.one legend").first).to_have_text("在场人员 1")


def test_a_form_that_met_no_server_is_sent_again_from_the_same_page(page: Page, site: Site) -> None:
    before = len(lying(site))
    fill_in(page)
    page.route(ANSWERS, lambda route: route.abort())
    send(page)
    expect(said(page)).to_contain_text("没有收到服务器的回执")
    expect(asked(page, "从业人员数").locator("input")).to_have_value("12")
    page.unroute(ANSWERS)
    page.get_by_role("button", name="再次提交").click()
    sent(page)
    assert len(lying(site)) == before + 1


def test_an_answer_that_got_lost_makes_no_second_record_and_keeps_a_correction(page: Page, site: Site) -> None:
    before = len(lying(site))
    fill_in(page, reason="老板说不知道")

    def taken_but_not_told(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(ANSWERS, taken_but_not_told)
    send(page)
    expect(said(page)).to_contain_text("没有收到服务器的回执")
    assert len(lying(site)) == before + 1, "it lies there, but the page cannot know"
    page.get_by_role("button", name="再次提交").click()
    expect(said(page)).to_contain_text("没有收到服务器的回执")
    assert len(lying(site)) == before + 1
    page.unroute(ANSWERS)
    asked(page, "营业理由").locator("textarea").fill("老板说知道")
    page.get_by_role("button", name="再次提交").click()
    sent(page)
    first, second = lying(site)[before:]
    assert second[1] == first[0] != second[0], "the correction names what it corrects"


def test_a_refusal_says_why_and_everything_stays(page: Page, site: Site) -> None:
    before = len(lying(site))
    fill_in(page)
    refusal = {"detail": "这个附件不能收存：文件是空的。"}
    page.route(ANSWERS, lambda route: route.fulfill(status=415, json=refusal, content_type="application/json"))
    send(page)
    expect(said(page)).to_contain_text("文件是空的")
    expect(said(page)).to_contain_text("填写的内容都还在本页")
    page.unroute(ANSWERS)
    asked(page, "从业人员数").locator("input").fill("20")
    send(page)
    sent(page)
    assert len(lying(site)) == before + 1


def test_whoever_was_signed_out_signs_in_beside_the_form_and_sends_it(page: Page, site: Site) -> None:
    before = len(lying(site))
    fill_in(page)
    page.context.clear_cookies(name="sessionid")
    send(page)
    expect(said(page)).to_contain_text("登录已过期")
    with page.expect_popup() as popup:
        said(page).get_by_role("link", name="登录").click()
    beside = popup.value
    beside.fill("#username", "alice")
    beside.fill("#password", PASSWORD)
    beside.press("#password", "Enter")
    beside.wait_for_url("**/")
    page.get_by_role("button", name="再次提交").click()
    sent(page)
    assert len(lying(site)) == before + 1


def test_nothing_that_was_typed_lies_in_the_browser_and_leaving_asks_first(page: Page) -> None:
    fill_in(page)
    kept = page.evaluate("async () => [{...localStorage}, {...sessionStorage}, await indexedDB.databases()]")
    assert "王小明" not in str(kept) and kept[2] == []
    asks: list[str] = []
    page.on("dialog", lambda dialog: (asks.append(dialog.type), dialog.accept()))
    page.click("a.brand")
    page.wait_for_url("**/")
    assert asks == ["beforeunload"]


def test_it_is_filled_in_by_keyboard_alone(page: Page) -> None:
    def keys(*pressed: str) -> None:
        for key in pressed:
            page.keyboard.press(key)

    asked(page, "所在村").get_by_role("radio").first.focus()
    keys("Space", "Tab", "ArrowDown", "Tab")
    page.keyboard.type("测试网吧02")
    keys("ArrowDown", "Enter", "Tab")
    expect(asked(page, "检查的场所").get_by_role("combobox")).to_have_value("测试网吧023号")
    page.keyboard.type("01232020")
    asked(page, "从业人员数").locator("input").focus()
    page.keyboard.type("3")
    keys("Enter", "Tab")
    page.keyboard.type("2")
    keys("Tab", "Tab", "Space")
    expect(asked(page, "发现的问题").get_by_role("checkbox").nth(1)).to_be_checked()
    page.locator(".part.one input").first.focus()
    page.keyboard.type("赵六")
    keys("Tab")
    page.keyboard.type("36.6")
    asked(page, "整改评分").locator("input").focus()
    keys("ArrowRight", "ArrowRight", "Tab", "Space", "Control+Enter")
    sent(page)


def test_the_other_language_is_the_readers_and_the_pages_own_words_are_in_it(visit: Callable[..., Page]) -> None:
    page = opened(visit("alice", language="en"))
    expect(asked(page, "Staff")).to_be_visible()
    send(page)
    expect(said(page)).to_contain_text("8 answers need attention")
    assert not re.search(r"[一-鿿]", page.locator("form.fill").inner_text().replace("中文", "").replace(EAST, ""))
    page.select_option("#fill-language", label="中文")
    expect(asked(page, "从业人员数")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_form_breaks_no_rule_of_wcag_whatever_it_shows(visit: Callable[..., Page], dark: bool) -> None:
    # As high as the form, because what lies under the bar of a phone counts as too small to touch.
    page = opened(visit("alice", 390, 4000, dark=dark))
    faults = now_broken(page, "empty")
    send(page)
    faults += now_broken(page, "with mistakes")
    fill_in(page, reason="不知道")
    asked(page, "现场照片").locator("input").set_input_files(photo())
    expect(asked(page, "现场照片").locator("canvas")).to_be_visible()
    page.get_by_role("button", name="删除在场人员 1").click()
    asked(page, "检查的场所").get_by_role("combobox").click()
    faults += now_broken(page, "with a list open and a question asked")
    page.get_by_role("button", name="不删除").click()
    page.route(ANSWERS, lambda route: route.abort())
    send(page)
    expect(said(page)).to_be_visible()
    faults += now_broken(page, "not sent")
    page.unroute(ANSWERS)
    page.get_by_role("button", name="再次提交").click()
    sent(page)
    faults += now_broken(page, "sent")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_no_size_makes_the_form_wider_than_the_window(visit: Callable[..., Page], width: int, height: int) -> None:
    page = opened(visit("alice", width, height))
    fill_in(page, reason="不知道")
    page.get_by_role("button", name="添加在场人员").click()
    send(page)
    expect(said(page)).to_be_visible()
    assert page.evaluate(WIDER) <= 0


def test_a_form_that_cannot_be_loaded_says_so_and_tries_again(visit: Callable[..., Page]) -> None:
    page = visit("alice")
    page.route("**/definition", lambda route: route.abort())
    page.goto("/forms/netbar")
    expect(page.locator("#fill")).to_contain_text("没有载入成功")
    page.unroute("**/definition")
    page.get_by_role("button", name="重新载入").click()
    expect(asked(page, "从业人员数")).to_be_visible()

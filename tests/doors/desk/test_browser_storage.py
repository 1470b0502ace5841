"""After a day at the desk a browser keeps nothing of anybody: no storage, no database, no cache, no file on disk.

Everything planted is typed into the pages themselves, as people do, and shown whole once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.inspections import inspection
from tests.doors.desk.site import PASSWORD, Site
from tests.installation import chromium

pytestmark = IN_BROWSER
MESSAGE = (
    "东湖社区来了一个人，名叫司徒静，身份证110101199003074514，电话13622223333，昨天从武汉回来。住东湖花园三号楼502房"
)
PLANTED = ("司徒静", "110101199003074514", "13622223333", "13599990000", "东湖花园三号楼", "夜里咳嗽得厉害测试语")
KEPT = """async () => {
  const databases = (await indexedDB.databases()).map((one) => one.name);
  const cached = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) cached.push(request.url);
  }
  const workers = (await navigator.serviceWorker.getRegistrations()).map((one) => one.scope);
  return { local: { ...localStorage }, session: { ...sessionStorage }, databases, cached, workers };
}"""
WHOLE = "PLANTED-THAT-IS-FOUND"


@pytest.fixture
def profile(site: Site, tmp_path: Path) -> Iterator[tuple[Path, Callable[[], BrowserContext]]]:
    """A browser with a profile on disk, and how to open it."""
    folder = tmp_path / "profile"
    with sync_playwright() as playwright:
        opened: list[BrowserContext] = []

        def start() -> BrowserContext:
            context = playwright.chromium.launch_persistent_context(
                folder, executable_path=chromium(), args=["--no-sandbox"], base_url=site.address, locale="zh-CN"
            )
            opened.append(context)
            return context

        yield folder, start
        for context in opened:
            context.close()


def kept(page: Page) -> str:
    """All that the pages of our own address have left in the browser."""
    return str(page.evaluate(KEPT)) + str(page.context.cookies()) + str(page.context.storage_state(indexed_db=True))


def at_the_desk(page: Page) -> str:
    """Sign in, put somebody on record from a message, look at them whole, hand out their link; its address."""
    page.goto("/sign-in")
    page.fill("#username", "dan")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/")
    page.goto("/people/new")
    page.fill("#text", MESSAGE)
    expect(page.locator("#name")).to_have_value("司徒静")
    expect(page.locator("#document")).to_have_value("110101199003074514")
    expect(page.locator("#phone")).to_have_value("13622223333")
    expect(page.locator("#origin")).to_have_value("武汉")
    expect(page.locator("#area_name")).to_have_value("东湖社区居委会")
    page.fill("#phone_2", "没有")  # refused, with everything typed kept on the page
    page.click("button[data-primary]")
    expect(page.locator("#name")).to_have_value("司徒静")
    page.fill("#phone_2", "13599990000")
    page.click("button[data-primary]")
    page.wait_for_url("**/people/R*")
    page.click("text=查看完整信息")
    page.fill("#why", "电话核实住址")
    page.click("#who .unmask button")
    expect(page.locator("#who")).to_contain_text("110101199003074514")
    page.reload()  # an answer has forgotten what it answers, and comes back as the page it was asked on
    expect(page.locator("#who")).to_contain_text("1101**********4514")
    page.click("text=开始医学观察 >> nth=-1")
    page.click("text=发放填报链接")
    return page.locator(".link-once code").inner_text()


def typed_and_left(page: Page) -> None:
    """Words that somebody types and then walks away from."""
    page.goto(page.url.split("/record")[0] + "/contacts")
    page.fill("#evidence", "与司徒静同桌，电话13599990000")
    page.goto("/intake")
    page.fill("#text", MESSAGE)
    page.fill("#reporter_phone", "13599990000")
    page.click("button[data-primary]")  # taken or refused, it is all the same here
    page.wait_for_load_state()


def a_form_left_half_filled(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/forms/netbar")
    page.click("text=违规营业")
    page.get_by_role("textbox", name="营业理由").fill("夜里咳嗽得厉害测试语")
    page.get_by_role("textbox", name="姓名").fill("司徒静")
    photo = {"name": "司徒静.txt", "mimeType": "image/jpeg", "buffer": b"no picture"}
    page.set_input_files("form.fill input[type=file]", photo)
    expect(page.locator("form.fill .upload")).to_contain_text("去掉这个文件")


def by_the_link(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("input[name=temperature]", "36.5")
    page.fill("textarea[name=note]", "夜里咳嗽得厉害测试语")
    page.click("button")
    expect(page.locator("main")).to_contain_text("已收到")


def search_and_import(page: Page, folder: Path) -> None:
    page.goto("/people")
    page.fill("main input[name=q]", "13622223333")
    page.press("main input[name=q]", "Enter")
    expect(page.locator("h1")).to_contain_text("司**")
    page.goto("/people/import")
    people = folder / "list.csv"
    people.write_text("姓名,联系电话,村（居）\n司徒静,13622223333,东湖社区\n", encoding="utf-8")
    page.set_input_files("input[type=file]", people)
    page.click("main form button")
    expect(page.locator("main")).to_contain_text("司**")
    people.unlink()


def test_a_browser_keeps_nothing_of_anybody(
    site: Site, tmp_path: Path, profile: tuple[Path, Callable[[], BrowserContext]]
) -> None:
    folder, start = profile
    form = tmp_path / "netbar.xlsx"
    form.write_bytes(inspection())
    site.command("forms", "add", str(form))
    context = start()
    page = context.new_page()
    link = at_the_desk(page)
    typed_and_left(page)
    a_form_left_half_filled(page)
    by_the_link(page, link)
    search_and_import(page, tmp_path)
    page.goto("/people")
    page.evaluate(f"localStorage.setItem('proof', '{WHOLE}')")  # what is kept is found
    told = kept(page)
    assert WHOLE in told
    assert not [word for word in PLANTED if word in told]
    secret = link.rsplit("/", 1)[-1]
    context.close()
    found: dict[str, list[str]] = {word: [] for word in (*PLANTED, WHOLE)}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for word in found:
            if word.encode() in content or word.encode("utf-16-le") in content:
                found[word].append(path.name)
    assert found.pop(WHOLE), "what is kept is found on disk, too"
    assert not {word: files for word, files in found.items() if files}
    # The address of a link is the person's own; a desk that opens it has it among the places it has been.
    assert secret not in told
    assert not [word for word in PLANTED if word in site.log.read_text(encoding="utf-8", errors="replace")]
    assert secret not in site.log.read_text(encoding="utf-8", errors="replace")

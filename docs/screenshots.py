"""Takes the pictures of docs/screens from a running installation, such as that of `./run demo`.

    .venv/bin/python docs/screenshots.py http://127.0.0.1:8000 NAME PASSWORD

NAME is somebody whose posts see a queue, people, map and wall, e.g. the city's duty desk. A picture over 200 kB is
refused: a reader on a phone loads it too. Colours are reduced to as many as a picture of a screen needs.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.installation import chromium

SCREENS = Path(__file__).resolve().parent / "screens"
LARGEST = 200 * 1024
COLOURS = 256
DESK = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
ROOM = {"width": 1920, "height": 1080}


def signed_in(browser: Browser, address: str, name: str, password: str, **options: object) -> Page:
    """A page of somebody signed in, at the queue."""
    page = browser.new_context(base_url=address, locale="zh-CN", **options).new_page()  # type: ignore[arg-type]
    page.goto("/sign-in")
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{address}/")
    return page


def shoot(page: Page, address: str, name: str, there: str = "main") -> None:
    """One picture of the window as it opens, once `there` is."""
    page.goto(address)
    page.wait_for_selector(there)
    page.wait_for_timeout(1500)
    path = SCREENS / f"{name}.png"
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path.name} has {size} bytes, more than {LARGEST}")
    print(f"{path.name}  {size // 1024} kB")


def first_matter(page: Page, stage: str) -> str:
    """The address of the most urgent matter at a stage."""
    page.goto(f"/?stage={stage}")
    return page.locator("a.row").first.get_attribute("href") or "/"


def first_person(page: Page) -> str:
    """The address of somebody under observation."""
    page.goto("/board")
    return page.locator("main a[href^='/people/']").first.get_attribute("href") or "/people"


def first_roster(page: Page) -> str:
    """The address of the newest roster."""
    page.goto("/rosters")
    return page.locator("main a[data-row]").first.get_attribute("href") or "/rosters"


def main(address: str, name: str, password: str) -> None:
    """The pages of a desk; the wall of a room; queue in the dark and a matter on a phone."""
    SCREENS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--lang=zh-CN"])
        desk = signed_in(browser, address, name, password, viewport=DESK)
        shoot(desk, "/", "queue")
        matter = first_matter(desk, "triage")
        shoot(desk, matter, "matter")
        shoot(desk, "/intake", "intake")
        shoot(desk, "/bulletin", "bulletin")
        shoot(desk, "/bulletin/parts", "briefing", "canvas")
        shoot(desk, first_person(desk), "person")
        shoot(desk, "/board", "board")
        shoot(desk, first_roster(desk), "roster")
        shoot(desk, "/map?measure=overdue", "map", "#map-rows > *")
        shoot(signed_in(browser, address, name, password, viewport=ROOM), "/wall", "wall", "#wall-news > *")
        shoot(signed_in(browser, address, name, password, viewport=DESK, color_scheme="dark"), "/", "queue-dark")
        shoot(signed_in(browser, address, name, password, viewport=PHONE, is_mobile=True), matter, "matter-phone")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])

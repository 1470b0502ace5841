"""Screening in a browser: by touch, keyboard and scanner, without a network, each car once, nothing personal kept."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from playwright.sync_api import Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import Site
from tests.doors.desk.test_accessibility import posted

pytestmark = IN_BROWSER
KEPT = """async () => {
  const open = indexedDB.open("wangge-screening", 1);
  const database = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const all = database.transaction("cars").objectStore("cars").getAll();
  return await new Promise((done) => (all.onsuccess = () => done(JSON.stringify(all.result))));
}"""


def asked(site: Site, sql: str) -> Any:
    with closing(sqlite3.connect(site.database)) as database:
        return database.execute(sql).fetchone()


def test_cars_are_screened_with_and_without_a_network(site: Site, visit: Callable[..., Page]) -> None:
    dan = visit("dan", 390, 844)
    said = {"kind": "joint", "name": "东湖出口", "area": "441302001001", "area_name": "东湖社区", "road": "高速"}
    address = posted(dan, "/checkpoints/new", **said, lanes="2", desk_phone="0752-1000110")
    dan.goto(f"{address}/screen")
    expect(dan.locator("#net")).to_have_text("网络正常")
    assert dan.evaluate("document.documentElement.scrollWidth") <= 390
    # By touch: plate, people, one key.
    for sign in "L12A45":
        dan.click(f"[data-char='{sign}']")
    dan.click("[data-people='2']")
    dan.click("#normal")
    expect(dan.locator("#said")).to_have_text("已登记 粤L12A45")
    # By keyboard: a digit picks the province in one key; and by a scanner, which ends with Enter.
    dan.keyboard.type("2a12345")
    expect(dan.locator("#plate")).to_have_value("鄂A12345")
    dan.keyboard.press("Enter")
    dan.keyboard.type("3")
    dan.keyboard.press("Enter")
    dan.keyboard.insert_text("粤LD12345")
    dan.keyboard.press("Enter")
    dan.keyboard.type("1\n")
    expect(dan.locator("#count-cars")).to_have_text("3")
    dan.keyboard.type("l123\n")
    expect(dan.locator("#said")).to_have_text(re.compile("车牌号有误"))
    dan.keyboard.press("Escape")

    dan.context.set_offline(True)
    dan.keyboard.type("l54321 4\n")
    expect(dan.locator("#waiting")).to_have_text("待上报 4 辆")
    kept = dan.evaluate(KEPT)
    assert kept.count("key") == 4 and "54321" not in kept and "12345" not in kept
    # A fever needs the network: it says whom to call, keeps what was typed on the page and nowhere else.
    dan.keyboard.type("l99999 2")
    dan.keyboard.press("f")
    dan.fill("#temperature", "378")
    dan.click("#ask-send")
    expect(dan.locator("#unsent")).to_contain_text("0752-1000110")
    assert "99999" not in dan.evaluate(KEPT)
    assert asked(site, "SELECT count(*) FROM checkpoints_screening")[0] == 0

    # An answer gets lost on its way: everything is sent again, and counts once.
    lost = {"left": 1}

    def lose(route: Any) -> None:
        if lost["left"] and "temperature" not in (route.request.post_data or ""):
            lost["left"] = 0
            route.fetch()
            route.abort()
        else:
            route.continue_()

    dan.route("**/rows", lose)
    dan.context.set_offline(False)
    expect(dan.locator("#person")).to_be_visible()
    dan.fill("#p-name", "岳灵珊")
    dan.fill("#p-phone", "13900000002")
    dan.click("#person-send")
    expect(dan.locator("#said")).to_have_text("人员信息已登记。")
    dan.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(dan.locator("#waiting")).to_have_text("已全部上报")
    assert lost["left"] == 0
    sums = asked(site, "SELECT sum(vehicles), sum(people), sum(fevers) FROM checkpoints_total WHERE grain = 'day'")
    assert sums == (5, 12, 1)
    assert asked(site, "SELECT count(*) FROM checkpoints_alert, checkpoints_personform")[0] == 1

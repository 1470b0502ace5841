"""Somebody under observation in a browser: their own link by axe, and every page of theirs on a phone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import Site
from tests.doors.desk.test_accessibility import now_broken
from tests.doors.desk.test_browser import WIDER
from tests.doors.desk.test_people import FORM

pytestmark = IN_BROWSER
Visit = Callable[..., Page]


def observed(page: Page, **told: str) -> str:
    """Put somebody on record and begin their observation; the address of the record."""
    page.goto("/people/new")
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    person = urlsplit(page.request.post("/people/new", form=FORM | told | {"csrfmiddlewaretoken": token}).url).path
    page.goto(person)
    page.click("#plan button:has-text('开始医学观察')")
    expect(page.locator("#plan")).to_contain_text("登记监测")
    return person


def link_of(page: Page) -> str:
    page.click("text=发放填报链接")
    return page.locator(".link-once code").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_of_a_link_breaks_no_rule_of_wcag_however_it_answers(
    site: Site, visit: Visit, browser: Browser, dark: bool
) -> None:
    dan = visit("dan")
    name = "欧阳深" if dark else "欧阳浅"
    observed(dan, key=f"link-{dark}", name=name, phone=f"1370000000{int(dark)}", document="")
    link = link_of(dan)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark" if dark else "light")
    phone = context.new_page()
    phone.goto(link)
    faults = now_broken(phone, "the form")
    phone.fill("#temperature", "三十六")
    phone.click("button")
    expect(phone.locator(".wrong")).to_be_visible()
    faults += now_broken(phone, "a refused form")
    phone.fill("#temperature", "36.5")
    phone.click("button")
    expect(phone.locator(".say.good")).to_be_visible()
    faults += now_broken(phone, "a check that was taken")
    phone.click("text=English")
    faults += now_broken(phone, "in English")
    phone.goto(f"{site.address}/c/{'x' * 24}")
    faults += now_broken(phone, "a link that is none")
    assert phone.evaluate(WIDER) <= 0
    context.close()
    assert not faults, "\n".join(faults)


def test_no_page_of_people_is_wider_than_the_phone(visit: Visit) -> None:
    dan = visit("dan", 390, 844)
    person = observed(dan, key="wide", name="欧阳宽", phone="13700000009", document="")
    wide = {}
    for address in (person, f"{person}/contacts", "/people", "/people/new", "/people/import", "/board", "/tracing",
                    "/facilities", "/releases"):  # fmt: skip
        dan.goto(address)
        if (over := dan.evaluate(WIDER)) > 0:
            wide[address] = over
    assert wide == {}


def test_what_others_do_appears_on_an_open_record(visit: Visit) -> None:
    dan, dora = visit("dan"), visit("dora")
    person = observed(dan, key="live", name="欧阳活", phone="13700000008", document="")
    dora.goto(person)
    expect(dora.locator("#plan")).to_contain_text("登记监测")
    dan.goto(person)
    dan.fill("#temperature", "36.6")
    dan.click("#plan button:has-text('登记监测')")
    expect(dora.locator("#plan-checks")).to_contain_text("36.6")
    dan.click("#deed-correct summary")
    dan.select_option("#c-field", "origin")
    dan.fill("#c-value", "湖北黄冈")
    dan.click("#deed-correct button")
    expect(dora.locator("#who")).to_contain_text("湖北黄冈")

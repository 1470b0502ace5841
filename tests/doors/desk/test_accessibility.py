"""The pages of the desk by axe, for WCAG 2.2 AA: in the light and in the dark, at a desk and on a phone."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import resolve
from playwright.sync_api import Page, expect

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import PASSWORD
from tests.doors.desk.test_browser import PAGES, WIDER, take
from tests.doors.desk.test_imports import BAD, GOOD, workbook
from tests.doors.desk.test_people import FORM
from tests.doors.field.collect import multipart, submission_xml
from tests.doors.field.test_openrosa import PICTURES
from tests.ground.responses.test_evidence import photo
from tests.spine.forms.sheets import xlsform
from wangge.doors.desk.urls import urlpatterns
from wangge.ground.kernel.ids import new_id
from wangge.picture.tables.workbook import MIME

pytestmark = IN_BROWSER
AXE = Path(settings.BASE).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# What the same page in other colours can break.
OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
LOST = "/nowhere"
# What only an administrator, the command or an auditor opens, and what there is only after a response has ended.
OF_KEYS = ["/responses", "/responses/test-2020", "/responses/test-2020/destruction", "/accesses"]
VISITS = [
    *PAGES,
    "/?end=1",
    "/search?q=1",
    "/sign-in",
    "/bulletin/parts",
    "/bulletin/settings",
    "/bulletin/figures/matters_received",
    "/imports",
    "{matter}",
    "{entry}",
    "{issued}",
    "/people",
    "/people/new",
    "/people/import",
    "{person}",
    "{person}/contacts",
    "/clinic",
    "/releases",
    "/tracing",
    "/board",
    "/facilities",
    "/fill",
    "/forms",
    "/forms/visit/versions",
    "/field-keys",
    "/submissions",
    "{submission}",
    "/venues",
    "/venues/new",
    "/venues/import",
    "{venue}",
    "{venue}/change",
    "{venue}/visit",
    "{visit}",
    "/rounds",
    "/orders",
    "/orders/new",
    "{order}",
    "{order}/notice",
    "/lodging",
    "/readiness",
    "/tasks",
    "/rosters",
    "{roster}",
    "{roster}?by=person",
    "{roster}?by=station&week=all",
    "{roster}/sheet",
    "{seat}",
    "{unit}",
    "{unit}/people",
    "{member}",
    "/duties",
    "/coverage/ahead",
    "/coverage/what-if",
    "/coverage/map",
    "/drills",
    "{drill}",
    "/checkpoints",
    "/checkpoints/new",
    "/checkpoints/totals",
    "/checkpoints/import",
    "{checkpoint}",
    "{checkpoint}/change",
    "{checkpoint}/screen",
    "{alert}",
    *OF_KEYS,
]
# Addresses that answer with a part of a page, a file or data, or lead on to a page.
NO_PAGES = {
    *("next", "sign_out", "language", "theme"),
    *("triage_fields", "unmask", "act"),
    *("intake_fields", "intake_alike", "intake_read", "person_read"),
    *("log_fields", "counter"),
    *("issue", "word", "bulletin_pdf", "bulletin_excel"),
    *("map_measures", "map_outlines", "map_layer", "wall_state"),
    *("villages", "export", "import_template", "import_take", "import_mend"),
    *("people_search", "people_import_template", "people_import_take", "people_import_mend"),
    *("person_act", "person_unmask", "person_dossier"),
    *("inbox_read", "message", "live"),
    *("person_care", "contacts_do", "tracing_export"),
    *("board_save", "facility_open", "facility_close", "room_save", "plan_deed", "keys"),
    # A person's own page, of no account: test_people_browser looks at it.
    "observe",
    # test_filling_browser looks at the page of a form, whatever it shows.
    *("form", "form_take", "form_definition", "form_media"),
    # Papers of one person, looked at below; a certificate is the notice's page with other words.
    *("measure_notice", "certificate"),
    "destruction_word",
    *("form_file", "form_switch", "field_key_revoke"),
    *("submissions_export", "submission_do", "submission_file"),
    *("venue_import_template", "venue_import_take", "venue_import_mend", "venue_unmask", "venue_count", "venue_ready"),
    *("venue_deed", "visit_photo", "visit_counter", "order_lift"),
    *("roster_search", "roster_excel", "roster_do", "swap_answer", "check_in"),
    *("calendar_new", "calendar_end", "calendar_feed", "roster_sheet_take", "roster_sheet_mend"),
    # Only for who has a duty to give away, or somebody on leave: test_roster_pages and test_roster_people read them.
    *("swap_new", "leave"),
    *("unit_person_do", "call_ill", "post_hand_over", "handover_take"),
    *("checkpoint_import_template", "checkpoint_import_take", "checkpoint_import_mend", "checkpoint_unmask"),
    *("checkpoint_deed", "screening_rows", "screening_withdraw", "screening_queue"),
    *("alert_person", "alert_handed_over"),
    # Pages behind links, of no account: test_venue_pages and test_drill_pages look at them.
    *("lodging_link", "drill_link"),
    *("coverage_hours", "drill_end", "message_answer"),
}
RUN = "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


# The letters are there, and what scripts have put right is drawn; nothing moves where people ask for that.
SETTLED = """document.fonts.ready.then(() => new Promise(
    (drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn(true)))))"""


def violations(page: Page, address: str, *, both: bool = False) -> list[str]:
    """What axe finds on a page, or on it in light and in dark: the rule, and the first elements that break it."""
    page.emulate_media(reduced_motion="reduce", **({"color_scheme": "light"} if both else {}))  # type: ignore[arg-type]
    page.goto(address)
    expect(page.locator(".waiting")).to_have_count(0)
    page.evaluate(SETTLED)
    found = now_broken(page, address)
    if both:
        page.emulate_media(color_scheme="dark")
        page.wait_for_selector("html[data-bs-theme=dark]", state="attached")
        page.evaluate(SETTLED)
        found += told(f"{address} in the dark", page.evaluate(RUN, OF_COLOURS)["violations"])
    return found


def now_broken(page: Page, name: str) -> list[str]:
    """What axe finds on a page as it stands."""
    page.evaluate(AXE.read_text())
    return told(name, page.evaluate(RUN, RULES)["violations"])


def told(address: str, found: list[dict[str, Any]]) -> list[str]:
    """Violations in a line each."""
    return [
        f"{address}: {one['id']} {one['help']}: " + " | ".join(node["html"][:160] for node in one["nodes"][:3])
        for one in found
    ]


def addresses(dan: Page, frank: Page) -> list[str]:
    """The addresses of VISITS on a site that has a matter, a log entry and an issued bulletin."""
    matter = take(dan, "三号楼有人从武汉回来，电话13912345678")
    dan.goto("/log")
    dan.fill("#area_name", "东湖")
    dan.locator("#area_list [data-code]").first.click()
    for field in dan.locator("#log-fields input").all():
        field.fill("3")
    dan.click("#log [data-primary]")
    entry = dan.locator(".entries a").first.get_attribute("href")
    dan.goto("/people/new")
    token = dan.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    person = urlsplit(dan.request.post("/people/new", form=FORM | {"csrfmiddlewaretoken": token}).url).path
    frank.goto("/bulletin")
    frank.locator("form[action='/bulletin/issue'] [data-primary]").click()
    frank.wait_for_url("**/bulletin/issued/*")
    issued = urlsplit(frank.url).path
    known = {"submission": sent_from_phone(dan, frank)}
    venue, seen, order = venue_addresses(dan, frank)
    known |= {"venue": venue, "visit": seen, "order": order}
    dan.goto("/rosters")
    dan.locator("form.card button").last.click()
    dan.wait_for_url("**/rosters/*")
    known |= {"roster": urlsplit(dan.url).path, "seat": dan.locator("a.shift").first.get_attribute("href")}
    dan.goto("/drills")
    dan.locator("form.card button").last.click()
    dan.wait_for_url("**/drills/*")
    known |= {"drill": urlsplit(dan.url).path}
    dan.goto("/rosters")
    known["unit"] = dan.locator("nav.stages a").first.get_attribute("href")
    dan.goto(f"{known['unit']}/people")
    known["member"] = dan.locator(".people-board th a").first.get_attribute("href")
    known |= checkpoint_addresses(dan)
    known |= {"matter": f"/matters/{matter}", "entry": entry, "issued": issued, "person": person}
    return [address.format(**known) for address in VISITS]


def sent_from_phone(dan: Page, frank: Page) -> str:
    """Publish a form at the desk and fill it in on a phone; the address of what was sent."""
    frank.goto("/forms")
    frank.set_input_files("#file", {"name": "visit.xlsx", "mimeType": MIME, "buffer": xlsform()})
    frank.click("main form [data-primary]")
    frank.wait_for_url("**/versions?*")
    content_type, body = multipart(submission_xml(answers=PICTURES), {"1.jpg": photo(), "2.jpg": photo("blue")})
    login = base64.b64encode(f"dan:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": content_type}
    assert dan.request.post("/or/submission", headers=headers, data=body).status == 201
    dan.goto("/submissions")
    return dan.locator("main td a").first.get_attribute("href") or ""


def posted(page: Page, form: str, **fields: Any) -> str:
    """Send a form of the desk with what its page hides in it; the address it leads to."""
    page.goto(form)
    hidden = {one: page.locator(f"[name={one}]").first.get_attribute("value") for one in ("csrfmiddlewaretoken", "key")}
    return urlsplit(page.request.post(form, form=hidden | fields, headers={"Referer": page.url}).url).path


def venue_addresses(dan: Page, frank: Page) -> tuple[str, str, str]:
    """A venue with contacts, a visit that found a fault, and an order that closes it."""
    said = {
        "kind": "bar",
        "name": "瑶池酒吧",
        "area": "441302001001",
        "area_name": "东湖社区",
        "contact_name": "王小明",
    }
    venue = posted(dan, "/venues/new", **said)
    seen = posted(dan, f"{venue}/visit", rounds="closure", a_shut="ok", a_notice="failed")
    what = {"effect": "close", "kinds": "bar", "areas": "4413", "authority": "市指挥部", "legal_basis": "第四十二条"}
    return venue, seen, posted(frank, "/orders/new", **what)


def checkpoint_addresses(dan: Page) -> dict[str, str]:
    """A checkpoint where somebody with a fever was stopped."""
    said = {"kind": "joint", "name": "东湖出口", "area": "441302001001", "area_name": "东湖社区", "road": "广惠高速"}
    checkpoint = posted(dan, "/checkpoints/new", **said, lanes="2", contact_name="王小明")
    token = {one["name"]: one["value"] for one in dan.context.cookies()}["csrftoken"]
    car = {"key": "k", "checkpoint": checkpoint.rpartition("/")[2], "ago": 1, "lane": 1, "province": "粤", "people": 2}
    headers = {"X-CSRFToken": token, "Referer": dan.url}
    answer = dan.request.post(f"{checkpoint}/rows", data={"rows": [car | {"temperature": 38.5}]}, headers=headers)
    return {"checkpoint": checkpoint, "alert": f"/checkpoints/alerts/{answer.json()['results'][0]['alert']}"}


@pytest.fixture(scope="module")
def found() -> list[str]:
    """The addresses of this module's site, once it has something at each; a bulletin is issued once a minute."""
    return []


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_no_page_breaks_a_rule_of_wcag_in_light_or_dark(
    visit: Callable[..., Page], found: list[str], screen: str
) -> None:
    desk, phone = visit("frank"), visit("dan", 390, 844)
    found.extend([] if found else addresses(phone, desk))
    page = desk if screen == "desk" else phone
    faults = [fault for address in found for fault in violations(page, address, both=True)]
    assert not faults, "\n".join(faults)


def test_the_pages_of_keys_break_none_for_those_they_are_for(visit: Callable[..., Page]) -> None:
    adam = visit("adam")
    faults = [fault for address in OF_KEYS[:2] for fault in violations(adam, address)]
    expect(adam.locator("main")).to_contain_text("更换密钥")
    assert not faults, "\n".join(faults)


def test_a_new_address_of_the_desk_is_looked_at_too() -> None:
    names = {pattern.name for pattern in urlpatterns}
    examples = {
        "matter": "/matters/1",
        "entry": f"/log/{new_id()}",
        "issued": f"/bulletin/issued/{new_id()}",
        "person": "/people/1",
        "submission": f"/submissions/{new_id()}",
        "venue": "/venues/V1",
        "visit": f"/visits/{new_id()}",
        "order": f"/orders/{new_id()}",
        "roster": f"/rosters/{new_id()}",
        "seat": f"/seats/{new_id()}",
        "unit": f"/rosters/units/{new_id()}",
        "member": f"/rosters/units/{new_id()}/people/{new_id()}",
        "drill": f"/drills/{new_id()}",
        "checkpoint": "/checkpoints/K1",
        "alert": f"/checkpoints/alerts/{new_id()}",
    }
    visited = {resolve(address.format(**examples).partition("?")[0]).url_name for address in VISITS if address != LOST}
    assert names - visited - NO_PAGES == set(), "add an address to VISITS, or its name to NO_PAGES"
    assert names >= NO_PAGES and not NO_PAGES & visited


def test_what_a_form_answers_breaks_none_either(visit: Callable[..., Page]) -> None:
    dan = visit("dan", dark=True)
    number = take(dan, "村口有人聚餐", kind="gathering")
    dan.goto(f"/matters/{number}")
    dan.locator("#deed-report_add").evaluate("(one) => { one.open = true; }")
    dan.locator("#deed-report_add form").evaluate("(one) => { one.noValidate = true; }")
    dan.locator("#deed-report_add button").last.click()
    faults = now_broken(dan, "a refused action")
    dan.goto("/imports")
    rows = workbook(GOOD, BAD[0][0])
    dan.set_input_files("#file", {"name": "log.xlsx", "mimeType": MIME, "buffer": rows})
    dan.click("main form [data-primary]")
    expect(dan.locator("main")).to_contain_text("西湖社区")
    faults += now_broken(dan, "an import with mistakes")
    faults += violations(dan, "/surge") + violations(dan, "/search?q=1")
    assert not faults, "\n".join(faults)


def test_papers_of_a_person_break_none_either(visit: Callable[..., Page]) -> None:
    hana = visit("hana")
    # Somebody else than the one of `addresses`, whom the same site may have on record already.
    other = {"key": "papers", "name": "赵春兰", "document": "", "phone": "13900139000", "address": "西湖花园1号楼"}
    person = posted(hana, "/people/new", **FORM | other)
    hana.goto(person)
    hana.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    measure = hana.locator("form[action$='/care/measure']")
    measure.locator("[name=institution]").fill("惠城区人民医院")
    measure.locator("[name=authority]").fill("惠城区公安分局")
    measure.locator("select[name=basis]").select_option(index=1)
    measure.locator("button").last.click()
    notice = hana.locator("a[href$='/notice']").first
    faults = violations(hana, notice.get_attribute("href") or "")
    hana.goto(person)
    hana.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    asked = hana.locator("form[action$='/record/dossier']")
    asked.locator("[name=reason]").fill("本人来人申请查阅")
    asked.locator("button").first.click()
    expect(hana.locator("h1")).to_have_text("个人信息查阅件")
    faults += now_broken(hana, "a dossier")
    assert not faults, "\n".join(faults)


def test_pages_that_say_what_went_wrong_break_none_either(visit: Callable[..., Page]) -> None:
    faults = []
    for dark, name in ((False, "dan"), (True, "dora")):
        page = visit(name, dark=dark)
        number = take(page, "村口有人聚餐", kind="gathering")
        for address, said in (("/responses", "403"), ("/matters/1", "404"), ("/nowhere", "404")):
            faults += violations(page, address)
            expect(page.locator(".lone-status")).to_have_text(said)
            expect(page.locator(".nav-main")).to_be_visible()
        page.goto(f"/matters/{number}")
        page.locator("#deed-acknowledge [name=version]").evaluate("(one) => { one.value = '7'; }")
        page.locator("#deed-acknowledge button").first.click()
        expect(page.locator("[role=alert]").first).to_be_visible()
        faults += now_broken(page, "an action on what somebody else has changed")
        page.locator("#deed-acknowledge [name=csrfmiddlewaretoken]").first.evaluate("(one) => { one.value = 'x'; }")
        page.locator("#deed-acknowledge button").first.click()
        expect(page.locator(".lone-status")).to_have_text("403")
        faults += now_broken(page, "a form whose token has run out")
        page.context.clear_cookies()
        # As it looks where the database is away, too: without a frame.
        faults += violations(page, "/nowhere")
        expect(page.locator(".nav-main")).to_have_count(0)
    assert not faults, "\n".join(faults)


def test_the_sign_in_page_and_a_form_with_mistakes_break_none_either(visit: Callable[..., Page]) -> None:
    dan = visit("dan")
    dan.goto("/intake")
    dan.fill("#text", "2月30日菜园墩有人聚餐，电话13912345678，身份证441302199001011234")
    dan.wait_for_selector(".read mark.doubt")
    dan.evaluate(AXE.read_text())
    found = dan.evaluate(RUN, RULES)["violations"]
    dan.context.clear_cookies()
    faults = [*told("/intake", found), *violations(dan, "/sign-in")]
    assert not faults, "\n".join(faults)


def test_the_map_with_its_layers_on_breaks_none_in_either_language(visit: Callable[..., Page]) -> None:
    faults = []
    for language in ("zh-hans", "en"):
        page = visit("frank", language=language)
        page.goto("/map?measure=rate&area=441302001")
        for box in page.locator("[data-layer]").all():
            box.focus()
            page.keyboard.press("Space")
        page.wait_for_selector("#map-layers-said p")
        page.evaluate(AXE.read_text())
        faults += told("/map", page.evaluate(RUN, RULES)["violations"])
        faults += violations(page, "/wall")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width", [1366, 800, 390])
def test_what_the_navigation_has_no_room_for_is_in_its_menu(visit: Callable[..., Page], width: int) -> None:
    page = visit("frank", width, language="en")
    page.goto("/surge")
    assert page.evaluate(WIDER) == 0
    menu = page.locator(".nav-more summary")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".nav-main a[aria-current]:visible")).to_have_text("Surge")
    shown = page.locator(".nav-main a:visible").evaluate_all("(all) => all.map((one) => one.pathname)")
    assert len(shown) == len(set(shown)) == page.locator(".nav-main > a").count()
    faults = now_broken(page, "the menu of the navigation")
    assert not faults, "\n".join(faults)
    page.keyboard.press("Escape")
    expect(page.locator(".nav-rest a:visible")).to_have_count(0)
    expect(menu).to_be_focused()

"""The pages of the desk by axe, for WCAG 2.2 AA: in the light and in the dark, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.test_browser import PAGES, take

pytestmark = IN_BROWSER
AXE = Path(settings.BASE).parents[1] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


def violations(page: Page, address: str) -> list[str]:
    """What axe finds on a page: the rule, and the first elements that break it."""
    page.goto(address)
    page.wait_for_timeout(300)
    page.evaluate(AXE.read_text())
    return told(address, page.evaluate(RUN, RULES)["violations"])


def told(address: str, found: list[dict[str, Any]]) -> list[str]:
    """Violations in a line each."""
    return [
        f"{address}: {one['id']} {one['help']}: " + " | ".join(node["html"][:160] for node in one["nodes"][:3])
        for one in found
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_page_breaks_a_rule_of_wcag(visit: Callable[..., Page], dark: bool) -> None:
    desk, phone = visit("frank", dark=dark), visit("dan", 390, 844, dark=dark)
    number = take(visit("dan", dark=dark), "三号楼有人从武汉回来，电话13912345678")
    pages = [*PAGES, f"/matters/{number}"]
    faults = {fault for address in pages for page in (desk, phone) for fault in violations(page, address)}
    assert not faults, "\n".join(sorted(faults))


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

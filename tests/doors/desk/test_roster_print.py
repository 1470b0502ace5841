"""A roster on paper: a week on A4, a month on A3, headings on every page and no column cut off."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from tests.conftest import OPERATOR, START, City
from tests.doors.desk.conftest import IN_BROWSER
from tests.duties.rosters.test_services import MONDAY, make
from tests.installation import chromium
from wangge.duties.rosters.models import Roster
from wangge.ground.accounts import services as accounts

pytestmark = IN_BROWSER
VILLAGES = [
    *("东湖", "新建", "菜园墩", "芦洲", "西湖", "南坛", "江南", "江北", "水口", "永湖", "三栋", "汝湖", "小金口"),
    *("河南岸", "良井", "桥西", "平潭", "上排村民委员会"),
]
# Fonts know some characters by the number of the radical that looks the same.
RADICALS = str.maketrans("⺠", "民")
POINTS = 72 / 25.4


@pytest.fixture
def month(city: City, monkeypatch: pytest.MonkeyPatch) -> Roster:
    """31 days of a station of 18 villages, each with its officer, and a desk."""
    monkeypatch.setattr("wangge.ground.kernel.clock.now", lambda: START)
    for number, village in enumerate(VILLAGES):
        name = f"{'欧阳' if number % 5 == 0 else '李'}{village[0]}明"
        person = accounts.person_add(actor=OPERATOR, username=f"p{number}", display_name=name, now=START)
        upon: dict[str, Any] = {"actor": OPERATOR, "now": START}
        area = city.area("441302001003")
        post = accounts.post_open(name=f"{village}驻村民警", role="village_officer", area_id=area, **upon)
        accounts.post_hold(post_id=post.id, person_id=person.id, **upon)
    return make(city, days=31)


def printed(pages: dict[str, str]) -> dict[str, bytes]:
    """Each page as the browser prints it, on the paper that its styles ask for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page, papers = browser.new_page(viewport={"width": 1366, "height": 768}), {}
        for name, html in pages.items():
            page.set_content(html)
            papers[name] = page.pdf(prefer_css_page_size=True)
        browser.close()
    return papers


def width_of_ink(page: Any) -> float:
    """How far to the right the last letter begins, in points."""
    right = [0.0]

    def seen(text: str, ours: list[float], theirs: list[float], *_: Any) -> None:
        if text.strip():
            right.append(ours[0] * theirs[4] + ours[2] * theirs[5] + ours[4])

    page.extract_text(visitor_text=seen)
    return max(right)


def test_a_week_on_a4_and_a_month_on_a3(month: Roster, at_desk: Callable[[str], Client]) -> None:
    styles = (Path(settings.BASE) / "static" / "built" / "desk.css").read_text()
    dan, pages = at_desk("dan"), {}
    for week in ("0", "all"):
        for by in ("station", "post", "person"):
            html = dan.get(f"/rosters/{month.id}?week={week}&by={by}").content.decode()
            pages[f"{week} {by}"] = re.sub(r"<script.*?</script>|<link [^>]*>", "", html, flags=re.S).replace(
                "</head>", f"<style>{styles}</style></head>"
            )
    with ThreadPoolExecutor(1) as beside:  # Django asks no database in a thread where a browser is driven
        papers = beside.submit(printed, pages).result()
    for name, content in papers.items():
        week, by = name.split()
        reader = PdfReader(io.BytesIO(content))
        width, height = (420, 297) if week == "all" else (297, 210)
        days = [MONDAY + timedelta(days=number) for number in range(31 if week == "all" else 7)]
        first, last = (f"{day.month}/{day.day}" for day in (days[0], days[-1]))
        assert len(reader.pages) <= (4 if by == "station" else 2), (name, len(reader.pages))
        texts = [normalize("NFKC", page.extract_text()).translate(RADICALS) for page in reader.pages]
        for page, text in zip(reader.pages, texts, strict=True):
            box = page.mediabox
            assert (box.width, box.height) == pytest.approx((width * POINTS, height * POINTS), abs=1), name
            assert width_of_ink(page) < (width - 10) * POINTS, name
            for heading in ("日期", "白班", "夜班") if by == "station" else (first, last):
                assert heading in text, (name, heading)
        whole = re.sub(r"\s", "", "".join(texts))
        assert all(f"{day.month}/{day.day}" in whole for day in days), name
        for village in VILLAGES:
            shown = f"{village}驻村民警" if by != "person" else f"{village[0]}明"
            assert shown in whole, (name, shown)
        assert "导出Excel" not in whole and "工时与夜班" not in whole and "惠城区桥东街道2020-02-03" in whole

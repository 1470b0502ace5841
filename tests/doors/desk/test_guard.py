"""Every page is closed to people who have not signed in, and shows an outsider nothing of others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from wangge.doors.desk import urls
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_log
from wangge.ground.kernel import clock
from wangge.ground.responses.queries import pack_of
from wangge.picture.bulletins.services import bulletin_issue

OPEN = {"sign_in", "language", "theme", "observe", "lodging_link", "calendar_feed", "drill_link"}
UNKNOWN = {
    "number": "441302001001-20200203-0001",
    "report_id": UUID(int=1),
    "delivery_id": UUID(int=1),
    "entry_id": UUID(int=1),
    "bulletin_id": UUID(int=1),
    "facility_id": UUID(int=1),
    "visit_id": UUID(int=1),
    "order_id": UUID(int=1),
    "roster_id": UUID(int=1),
    "seat_id": UUID(int=1),
    "unit_id": UUID(int=1),
    "person_id": UUID(int=1),
    "leave_id": UUID(int=1),
    "post_id": UUID(int=1),
    "handover_id": UUID(int=1),
    "swap_id": UUID(int=1),
    "duty_id": UUID(int=1),
    "drill_id": UUID(int=1),
    "measure_id": UUID(int=1),
    "alert_id": UUID(int=1),
    "version_id": UUID(int=1),
    "name": "matters",
    "deed": "correct",
    "secret": "x" * 24,
    "code": "acknowledge",
    "version": "1",
    "kind": "xlsx",
    "form": "csv",
    "key_id": UUID(int=1),
    "submission_id": UUID(int=1),
    "evidence_id": UUID(int=1),
    "size": "small",
}


def pages() -> Iterator[tuple[str, str]]:
    for pattern in urls.urlpatterns:
        gaps = {name: UNKNOWN[name] for name in pattern.pattern.converters}
        yield str(pattern.name), reverse(f"desk:{pattern.name}", kwargs=gaps)


def test_every_address_of_the_desk_is_walked() -> None:
    assert len(list(pages())) == len(urls.urlpatterns) > 25
    first = [found for found in get_resolver().url_patterns if not isinstance(found, URLPattern)]
    assert any(found.url_patterns == urls.urlpatterns for found in first)


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_sees_a_page_without_signing_in(client: Client, method: str) -> None:
    for name, address in pages():
        if name not in OPEN:
            answer = getattr(client, method)(address)
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/sign-in?next="), name


@pytest.mark.django_db
def test_a_part_asked_for_by_script_says_so_too(client: Client) -> None:
    answer = client.get("/villages?q=东湖", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/sign-in")


@pytest.fixture
def foreign(city: Any, report: Callable[..., Any]) -> dict[str, str]:
    """Addresses of things that lie in another county than the outsider's."""
    matter, now = report(), clock.now()
    seen_report = matter.reports.get()
    kind = next(iter(pack_of(city.response).log_kinds.values()))
    draft = EntryDraft(kind.code, city.area("441302001001"), kind.place_kinds[0].code, {kind.main.code: 3})
    entry = entry_log(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)
    bulletin = bulletin_issue(
        actor=city.actor("erin"),
        response_id=city.response_id,
        area_id=city.area("441302"),
        cutoff=now.replace(second=0, microsecond=0),
        now=now,
    )
    number = {"number": matter.number}
    return {
        "matter": reverse("desk:matter", kwargs=number),
        "act": reverse("desk:act", kwargs=number | {"code": "acknowledge"}),
        "triage_fields": reverse("desk:triage_fields", kwargs=number),
        "unmask": reverse("desk:unmask", kwargs=number | {"report_id": seen_report.id}),
        "search": f"/search?q={matter.number}",
        "entry": reverse("desk:entry", kwargs={"entry_id": entry.entry_id}),
        "counter": reverse("desk:counter", kwargs={"entry_id": entry.entry_id}),
        "issued": reverse("desk:issued", kwargs={"bulletin_id": bulletin.id}),
        "word": reverse("desk:word", kwargs={"bulletin_id": bulletin.id}),
        "figure": "/bulletin/figures/matters_received?area=441302",
        "bulletin": "/bulletin?area=441302",
        "queue": "/?area=441302001001",
    }


def test_endings_keys_and_the_access_record_are_for_those_they_concern(at_desk: Callable[[str], Client]) -> None:
    for address in ("/responses", "/responses/test-2020", "/responses/test-2020/destruction", "/accesses"):
        for who in ("olga", "erin"):
            assert at_desk(who).get(address).status_code == 403, (who, address)
    for form in (
        {"do": "ask", "basis": "终止应急响应的决定"},
        {"do": "rotate"},
        {"do": "approve", "ending": UUID(int=1)},
    ):
        assert at_desk("olga").post("/responses/test-2020", form).status_code == 403


POSTED = {"act", "unmask", "counter"}


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_an_outsider_is_refused_everything_of_another_village(
    foreign: dict[str, str], at_desk: Callable[[str], Client], who: str
) -> None:
    client = at_desk(who)
    for name, address in foreign.items():
        form = {"version": "1", "reason": "想看看是谁"}
        answer = client.post(address, form) if name in POSTED else client.get(address)
        assert answer.status_code in {403, 404}, (name, answer.status_code)
        assert not {"13812345678", "138****5678"} & set(re.findall(r"[\d*]{11}", answer.content.decode()))


def test_the_same_addresses_open_for_those_concerned(foreign: dict[str, str], at_desk: Callable[[str], Client]) -> None:
    client = at_desk("erin")
    for name, address in foreign.items():
        if name not in POSTED:
            assert client.get(address).status_code in {200, 302}, name


def test_an_outsider_sees_an_empty_queue_and_finds_no_foreign_village(
    foreign: dict[str, str], at_desk: Callable[[str], Client]
) -> None:
    client = at_desk("olga")
    assert list(client.get("/").context["rows"]) == []
    assert client.get("/villages?q=东湖").context["found"] == []
    assert client.get("/coverage").status_code == 403
    assert client.get("/surge").status_code == 403


INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)


@pytest.mark.once
def test_pages_hold_nothing_inline_and_are_never_cached(at_desk: Callable[[str], Client]) -> None:
    frank = at_desk("frank")
    for address in ("/", "/intake", "/log", "/bulletin", "/coverage", "/inbox", "/surge", "/profile"):
        answer = frank.get(address)
        assert answer.status_code == 200, address
        assert "unsafe" not in answer["Content-Security-Policy"], address
        assert answer["Cache-Control"] == "no-store", address
        assert INLINE.findall(answer.content.decode()) == [], address


def test_what_people_write_is_shown_as_text(at_desk: Callable[[str], Client], report: Callable[..., Any]) -> None:
    matter = report(text="<img src=x onerror=alert(1)>看见聚集", address="<b>东湖路</b>一号")
    page = at_desk("dan").get(f"/matters/{matter.number}").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_words(city: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.person("dan"))
    answer = client.post("/sign-out")
    assert answer.status_code == 403
    assert "未保存" in answer.content.decode()


def test_an_unknown_address_has_a_page(at_desk: Callable[[str], Client]) -> None:
    answer = at_desk("dan").get("/nothing-here")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()

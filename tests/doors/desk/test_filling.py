"""The list of forms to fill in, the page of one, and what is posted from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import named, xlsform
from wangge.doors.desk.fill_words import WORDS
from wangge.spine.forms.models import FormVersion, Submission
from wangge.spine.forms.services.publishing import form_publish

SOURCES = Path(settings.BASE).parents[1] / "frontend" / "src"
FILLED = (
    '<data id="visit" version="1"><place_kind>shop</place_kind><places>{places}</places>'
    "<meta><instanceID>uuid:1</instanceID></meta></data>"
)


@pytest.fixture
def form(city, now) -> FormVersion:
    return publish(city, now, xlsform())


def publish(city, now, content) -> FormVersion:
    return form_publish(
        actor=KEEPER, response_id=city.response_id, file_name="form.xlsx", content=content, now=now
    ).version


def post(client, xml, **more):
    part = SimpleUploadedFile("submission.xml", xml.encode(), "text/xml")
    return client.post("/fill/filled", {"xml_submission_file": part, **more})


def test_the_list_holds_what_may_be_filled_in(city, at_desk, form, now):
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="b.xlsx",
        content=xlsform(settings=named("lodging", "旅馆日报")),
        now=now,
    )
    page = at_desk("alice").get("/fill").content.decode()
    assert "走访登记" in page and "旅馆日报" in page and 'href="/forms/lodging"' in page
    assert at_desk("alice").get("/").content.decode().count('href="/fill"') == 1, "it stands in the navigation"


def test_the_list_asks_as_much_for_many_forms_as_for_one(city, at_desk, form, now):
    alice = at_desk("alice")
    alice.get("/fill")
    with CaptureQueriesContext(connection) as one:
        alice.get("/fill")
    for number in range(5):
        publish(city, now, xlsform(settings=named(f"form{number}", f"表单 {number}")))
    with CaptureQueriesContext(connection) as many:
        alice.get("/fill")
    assert len(many) == len(one) < 12


def test_who_may_fill_in_nothing_sees_no_form(at_desk, form):
    adam = at_desk("adam")
    assert adam.get("/fill").status_code == adam.get("/forms/visit").status_code == 403
    assert adam.get(f"/fill/{form.id}/definition").status_code == 403
    assert 'href="/fill"' not in adam.get("/").content.decode()


def test_only_the_page_of_a_form_may_compile_webassembly(at_desk, form):
    alice = at_desk("alice")
    policy = alice.get("/forms/visit")["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "'unsafe-eval'" not in policy and "unsafe-inline" not in policy
    for page in ("/fill", "/", "/log"):
        assert "script-src 'self';" in alice.get(page)["Content-Security-Policy"]


def test_the_page_leads_to_the_form_that_field_apps_get(at_desk, form):
    alice = at_desk("alice")
    page = alice.get("/forms/visit").content.decode()
    [address] = re.findall(r'data-form="([^"]+)"', page)
    answer = alice.get(address)
    assert answer["Content-Type"].startswith("text/xml")
    assert answer.content.decode() == form.xform
    assert alice.get("/forms/nothing").status_code == 404


def test_what_is_posted_is_taken_once(at_desk, form):
    alice = at_desk("alice")
    first, second = post(alice, FILLED.format(places=3)), post(alice, FILLED.format(places=3))
    assert first.status_code == second.status_code == 201
    assert first.json()["submission"] == second.json()["submission"]
    assert Submission.objects.count() == 1


def test_a_refusal_is_a_sentence_in_the_readers_language(at_desk, form):
    alice = at_desk("alice")
    post(alice, FILLED.format(places=3))
    answer = post(alice, FILLED.format(places=4))
    assert answer.status_code == 409 and "内容与本次不同" in answer.json()["detail"]
    alice.cookies["django_language"] = "en"
    assert "another content" in post(alice, FILLED.format(places=4)).json()["detail"]
    nothing = alice.post("/fill/filled", {})
    assert nothing.status_code == 400 and "xml_submission_file" in nothing.json()["detail"]
    assert Submission.objects.count() == 1


def test_somebody_without_the_right_has_nothing_taken(at_desk, form):
    assert post(at_desk("adam"), FILLED.format(places=3)).status_code == 403
    assert Submission.objects.count() == 0


def test_every_word_of_the_page_is_said_and_none_is_left_over():
    script = "".join(path.read_text() for path in [SOURCES / "fill.ts", *(SOURCES / "fill").glob("*.ts")])
    said = set(re.findall(r'\bword\("(\w+)"', script))
    assert said <= WORDS.keys()
    assert sorted(name for name in WORDS if f'"{name}"' not in script and name not in {"required", "constraint"}) == []

"""The part of a record's page about observation: started, checked, corrected, changed, and the link handed out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from tests.duties.observation.watching import Watch, add_person
from wangge.duties.observation.models import Check, Plan
from wangge.ground.kernel import clock


@pytest.fixture
def watch(city, now, monkeypatch) -> Watch:
    add_person(city, "nora", "health_staff", "441302001001", now - timedelta(days=1))
    watch = Watch(city, now)
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    return watch


def test_a_person_is_observed_from_the_page_of_the_record(watch, at_desk):
    person, nora = watch.individual(), at_desk("nora")
    page = f"/people/{person.number}"
    assert "开始医学观察" in nora.get(page).content.decode()
    assert nora.post(f"{page}/plan/start", {"setting": "facility"}).status_code == 422
    assert nora.post(f"{page}/plan/start", {"setting": "home", "exposure_on": "2020-01-30"}).status_code == 302
    wrong = nora.post(f"{page}/plan/check", {"which": "2020-02-03_0", "temperature": "50"})
    assert wrong.status_code == 422 and 'value="50"' in wrong.content.decode()
    nora.post(f"{page}/plan/check", {"which": "2020-02-03_0", "temperature": "39.5", "note": "精神好"})
    first = Check.objects.get()
    nora.post(f"{page}/plan/replace", {"check": str(first.id), "temperature": "36.5"})
    text = nora.get(page).content.decode()
    assert "36.5℃" in text and "<s>39.5℃</s>" in text, "what stood there before stays to be seen"
    plan = Plan.objects.get()
    later = {"version": str(plan.version), "exposure_on": "2020-02-02"}
    assert nora.post(f"{page}/plan/change", later).status_code == 302
    assert nora.post(f"{page}/plan/change", later).status_code == 409, "somebody was faster"
    assert Plan.objects.get().ends_on.isoformat() == "2020-02-16"


def test_the_link_is_shown_once_and_opens(watch, at_desk):
    plan, nora = watch.plan(), at_desk("nora")
    page = f"/people/{plan.individual.number}"
    shown = nora.post(f"{page}/plan/link").content.decode()
    [address] = set(re.findall(r"http://testserver(/c/[\w-]{24})", shown))
    code = shown.partition("<svg")[2].partition("</svg>")[0]
    assert code and "style=" not in code, "the policy of the desk forbids it"
    assert Client().get(address).status_code == 200
    assert address not in nora.get(page).content.decode()


def test_strangers_and_others_may_not(watch, at_desk):
    plan = watch.plan()
    page = f"/people/{plan.individual.number}"
    for deed, form in (
        ("check", {"temperature": "36.5"}),
        ("link", {}),
        ("change", {"version": "1", "setting": "hospital"}),
    ):
        assert at_desk("olga").post(f"{page}/plan/{deed}", form).status_code == 404
        if deed != "change":
            assert at_desk("erin").post(f"{page}/plan/{deed}", form).status_code == 403
        else:
            assert at_desk("alice").post(f"{page}/plan/{deed}", form).status_code == 403
    assert not Check.objects.exists() and not Plan.objects.get().link_digest

"""A person's own link: a page without an account that opens for nobody else and tells nothing it need not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.duties.observation.watching import Watch, add_person
from wangge.doors.desk.pages import observe
from wangge.duties.observation.models import Alarm, Check
from wangge.duties.observation.services import plans
from wangge.duties.observation.services.links import link_make
from wangge.ground.kernel import clock
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret


@pytest.fixture
def watch(city, now, monkeypatch) -> Watch:
    watch = Watch(city, now)
    add_person(city, "nora", "health_staff", "441302001001", now - timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: watch.now)
    observe.WRONG.forget()
    observe._known.clear()
    return watch


@pytest.fixture
def plan(watch):
    one = watch.individual()
    vault.put_many(response_id=watch.city.response_id, secrets=[Secret(one.id, "name", "name", "王小明")])
    return watch.plan(one)


@pytest.fixture
def secret(watch, plan):
    return link_make(actor=watch.actor("nora"), individual_id=plan.individual_id, now=watch.now)


def test_a_person_enters_a_check_without_an_account_or_script(watch, plan, secret):
    phone = Client(enforce_csrf_checks=True)
    page = phone.get(f"/c/{secret}")
    text = page.content.decode()
    assert page.status_code == 200 and not page.cookies
    assert "王" not in text and plan.individual.number not in text and "尾号 0001" in text
    assert "<script" not in text and secret not in text
    assert page["Referrer-Policy"] == "no-referrer" and page["Cache-Control"] == "no-store"
    assert "noindex" in page["X-Robots-Tag"] and "script" not in page["Content-Security-Policy"]
    done = phone.post(f"/c/{secret}", {"temperature": "36.5", "note": "睡得好"}, follow=True)
    assert "已收到" in done.content.decode() and "✓ 36.5℃" in done.content.decode()
    assert Check.objects.get().source == "self"
    again = phone.post(f"/c/{secret}", {"temperature": "36.6"}, follow=True).content.decode()
    assert "已经填报过" in again and Check.objects.count() == 1
    phone.post(f"/c/{secret}", {"temperature": "36.6", "symptoms": ["cough"]})
    assert Alarm.objects.get().what == "symptom", "what is found later is never turned away"


@pytest.mark.parametrize("typed", ["", "99", "三十六", "nan", "1e400", "-36.5"])
def test_impossible_temperatures_are_refused_at_the_field_and_kept(secret, typed):
    answer = Client().post(f"/c/{secret}", {"temperature": typed, "note": "头有点晕"})
    text = answer.content.decode()
    assert answer.status_code == 422 and 'id="wrong-temperature"' in text
    assert "头有点晕" in text and not Check.objects.exists()


def test_late_over_and_ended_are_said_clearly(watch, plan, secret):
    watch.at("11:00")
    assert "没有按时填报" in Client().get(f"/c/{secret}").content.decode()
    watch.at("09:00", days=15)
    assert "观察期已满" in Client().get(f"/c/{secret}").content.decode()
    plans.plan_end(actor=watch.actor("nora"), individual_id=plan.individual_id, outcome="released", now=watch.now)
    ended, never = Client().get(f"/c/{secret}"), Client().get("/c/AAAAAAAAAAAAAAAAAAAAAAAA")
    assert (ended.status_code, never.status_code) == (404, 404)
    assert ended.content == never.content, "nothing is to be learned by trying"


def test_guessing_is_slowed_down_without_locking_out_the_neighbours(secret):
    assert Client().get(f"/c/{secret}").status_code == 200
    answers = {Client().get(f"/c/guess{n}").status_code for n in range(30)}
    assert answers == {404, 429}
    assert Client().get(f"/c/{secret}").status_code == 200, "behind the same address, and known to be good"
    assert Client(REMOTE_ADDR="198.51.100.7").get("/c/guess").status_code == 404


def test_english_is_plain_too(secret):
    text = Client().get(f"/c/{secret}?en").content.decode()
    assert 'lang="en"' in text and "Temperature" in text

"""Checks by link over the ASGI server: many at once are written together, each for its own plan only."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from django.db import connection

from tests.duties.observation.watching import Watch, add_person
from wangge.asgi import application
from wangge.doors.desk.link_door import close_links
from wangge.doors.desk.pages import observe
from wangge.duties.observation.models import Alarm, Check, Plan
from wangge.duties.observation.services.links import link_make
from wangge.ground.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def watch(city, now, monkeypatch):
    add_person(city, "nora", "health_staff", "441302001001", now - timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: now)
    # The page answers some of these in threads of its own, whose connections must not outlive the test.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    observe.WRONG.forget()
    return Watch(city, now)


def send(sendings):
    """Post forms all at once: (secret, form); the answers in order."""

    async def run():
        transport = httpx.ASGITransport(app=application)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = await asyncio.gather(*(client.post(f"/c/{secret}", data=form) for secret, form in sendings))
        await close_links()
        return answers

    try:
        return asyncio.run(run())
    finally:
        connection.close()


def test_many_at_once_each_for_their_own_plan(watch):
    plans = [watch.plan() for _ in range(12)]
    links = [link_make(actor=watch.actor("nora"), individual_id=plan.individual_id, now=watch.now) for plan in plans]
    forms = [(secret, {"temperature": f"36.{n % 10}"}) for n, secret in enumerate(links)]
    forms += [
        (links[0], {"temperature": "38.5"}),
        (links[1], {"temperature": "99"}),
        ("nobody", {"temperature": "36.5"}),
    ]
    answers = send(forms)
    assert [answer.status_code for answer in answers[:12]] == [303] * 12
    assert {answer.headers["location"] for answer in answers[:12]} <= {f"/c/{one}?said=saved" for one in links}
    assert answers[0].headers["referrer-policy"] == "no-referrer"
    assert [answer.status_code for answer in answers[13:]] == [422, 404]
    assert "34.0" in answers[13].text and "99" in answers[13].text, "the page answers with what was typed"
    standing = Check.objects.filter(replaced_by__isnull=True)
    assert dict(standing.values_list("plan_id", "temperature_tenths")) == {
        plan.id: 385 if n == 0 else 360 + n % 10 for n, plan in enumerate(plans)
    }
    assert list(Plan.objects.values_list("made", flat=True)) == [1] * 12
    assert Alarm.objects.get().plan_id == plans[0].id
    said = send([(links[2], {"temperature": "36.9"})])[0]
    assert said.headers["location"] == f"/c/{links[2]}?said=taken"

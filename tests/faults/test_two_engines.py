"""Two engines on one database: everything is done, and each thing once."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections

from wangge import engine
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import intake
from wangge.duties.venues.models import Gap, Swept
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services.register import venues_register
from wangge.ground.journal import seal
from wangge.ground.journal.readers import Event, position_of
from wangge.spine.messaging.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def engine_process(now):
    """A forked engine that ticks at one instant until it is told to end."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        stopping = []
        signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
        while not stopping:
            if not engine.tick(now):
                time.sleep(0.01)
    finally:
        os._exit(0)


def test_two_engines_share_the_work(city, now):
    drafts = [
        ReportDraft(kind="arrival", area_id=city.area("441302001001"), source="phone", text=f"第{n}起")
        for n in range(120)
    ]
    later = now + timedelta(minutes=31)
    children = [engine_process(later), engine_process(later)]
    try:
        for start in range(0, len(drafts), 10):
            intake.matters_receive(
                actor=city.actor("alice"), response_id=city.response_id, drafts=drafts[start : start + 10], now=now
            )
        wait_until_quiet()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    told = Counter(
        (event.subject_id, event.type, event.data.get("step"), event.data.get("level"))
        for event in Event.objects.exclude(subject_id=None).filter(type__startswith="matter.")
    )
    assert max(told.values()) == 1
    # each: received, reminded, overdue, and three rungs of the ladder
    assert sum(told.values()) == 120 * 6
    assert Delivery.objects.filter(template="matter.push", channel="inapp", state="sent").count() == 240
    assert Delivery.objects.filter(template="matter.escalate", state="sent").count() == 120 * 4
    assert seal.verify().ok


def test_of_two_engines_that_look_for_missing_lodging_reports_one_finds_each_place_once(city, now):
    names, area = [f"{first}{last}" for first in "甲乙丙丁戊己" for last in "子丑寅卯辰"], city.area("441302001001")
    drafts = [VenueDraft("hotel", area, f"{name}宾馆") for name in names]
    yesterday = now - timedelta(days=1)
    upon = {"actor": city.actor("alice", yesterday), "response_id": city.response_id}
    venues_register(drafts=drafts, now=yesterday, source="list", **upon)
    at = now.replace(hour=21, minute=1)
    children = [engine_process(at), engine_process(at)]
    try:
        wait_until_quiet()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    told = Counter(Event.objects.filter(type="lodging.missing").values_list("subject_id", flat=True))
    assert len(told) == len(names) and set(told.values()) == {1}
    assert Swept.objects.count() == 1
    linked = set(Gap.objects.values_list("matter_id", flat=True))
    assert len(linked) == Matter.objects.filter(kind="lodging_unregistered").count() == len(names)


def wait_until_quiet():
    """Until the engines have read everything and nothing has changed for a second; a minute at most."""
    last, since = None, time.monotonic()
    deadline = since + 60
    while time.monotonic() < deadline:
        end = Event.objects.order_by("-tx", "-id").values_list("tx", "id").first()
        counts = end, Delivery.objects.filter(state="sent").count()
        if counts != last or min(map(position_of, ("flows", "figures", "seal"))) < end:
            last, since = counts, time.monotonic()
        elif time.monotonic() - since > 1.5:
            return
        time.sleep(0.1)
    raise AssertionError("the engines did not come to rest")

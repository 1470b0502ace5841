"""A minute at which many checks fall due: each missed once, with two engines, and after a kill at every commit."""

from __future__ import annotations

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest

from tests.conftest import settle_fully
from tests.duties.observation.conftest import watch  # noqa: F401 - a fixture
from tests.faults.conftest import Deadly, in_child
from tests.faults.test_two_engines import engine_process, wait_until_quiet
from wangge import engine
from wangge.duties.matters.models import Matter, Report
from wangge.duties.observation.models import Alarm, Plan
from wangge.duties.observation.services import alarms
from wangge.ground.journal import seal
from wangge.ground.journal.readers import Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def assert_missed_once(people, times=1):
    told = Counter(
        (event.subject_id, event.type, event.data.get("day"), event.data.get("slot"), event.data.get("alarm"))
        for event in Event.objects.filter(type__in=["check.missed", "alarm.raised"])
    )
    assert max(told.values()) == 1
    assert sum(told.values()) == 2 * people * times
    assert list(Plan.objects.values_list("missed", flat=True)) == [times] * people
    assert Alarm.objects.filter(matter_id__isnull=False).count() == people * times
    assert (Matter.objects.count(), Report.objects.count()) == (people, people * times)
    assert seal.verify().ok


def test_two_engines_miss_each_check_once(watch, monkeypatch):  # noqa: F811
    monkeypatch.setattr(alarms, "BATCH", 7)
    for _ in range(60):
        watch.plan()
    children = [engine_process(watch.at("18:00").now), engine_process(watch.now)]
    try:
        wait_until_quiet()
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
    assert_missed_once(60, times=2)


@pytest.mark.parametrize("after", [False, True], ids=["before-commit", "after-commit"])
def test_an_engine_killed_at_every_commit_misses_each_check_once(watch, monkeypatch, after):  # noqa: F811
    monkeypatch.setattr(alarms, "BATCH", 2)
    for _ in range(5):
        watch.plan()
    moment = watch.at("10:00").now
    nth, killed = 0, True
    while killed:
        nth += 1
        killed, _ = in_child(lambda say: engine.settle(moment), Deadly(nth, after))
        if nth == 1 and not after:
            assert not Alarm.objects.exists()
    assert nth >= 2
    settle_fully(moment + timedelta(minutes=1))
    assert_missed_once(5)

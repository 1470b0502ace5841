"""A process dies at every commit point of a matter's stages: nothing is lost, nothing happens twice."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.conftest import settle_fully
from tests.faults.conftest import Deadly, in_child
from wangge import engine
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import handling, intake, triage
from wangge.ground.journal import seal
from wangge.ground.journal.readers import Event
from wangge.spine.clocks.models import Clock
from wangge.spine.messaging.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
ONCE = ["acknowledged", "triaged", "overdue", "reminded", "escalated", "accepted", "worked"]


def day_of_a_matter(city, now):
    """The work of a web worker and an engine on one matter, in one process: it may die anywhere."""

    def work(say):
        alice, dan, paul = (city.actor(name, now) for name in ("alice", "dan", "paul"))
        draft = ReportDraft(
            kind="arrival",
            area_id=city.area("441302001001"),
            source="phone",
            text="有人从武汉回来",
            reporter_phone="13800000000",
        )
        got = intake.matter_receive(actor=alice, response_id=city.response_id, draft=draft, now=now)
        say(f"received {got.number}")
        engine.settle(now + timedelta(minutes=5))
        engine.settle(now + timedelta(minutes=10))
        later = now + timedelta(minutes=12)
        triage.matter_acknowledge(actor=alice, matter_id=got.matter_id, version=1, now=later)
        say("acknowledged")
        triage.matter_triage(actor=dan, matter_id=got.matter_id, version=2, lead="police", joint=[], now=later)
        say("triaged")
        engine.settle(later)
        police = city.agencies["police/441302001"]
        handling.matter_accept(actor=paul, matter_id=got.matter_id, agency_id=police, now=later)
        handling.matter_work(
            actor=paul, matter_id=got.matter_id, agency_id=police, what="worked", text="已处置", now=later
        )
        say("worked")
        engine.settle(later)

    return work


def assert_whole(said, matters, now):
    """What must hold after any crash, once an engine has run again."""
    settle_fully(now)
    acknowledged = [line.split()[1] for line in said if line.startswith("received")]
    kept = set(Matter.objects.values_list("number", flat=True))
    assert set(acknowledged) <= kept, "an acknowledged report was lost"
    for matter in matters:
        told = Counter(
            (event.type, event.data.get("stage"), event.data.get("step"), event.data.get("level"))
            for event in Event.objects.filter(subject_id=matter.id)
        )
        doubled = [key for key, times in told.items() if times > 1]
        assert not doubled, f"a step happened twice: {doubled}"
        assert Event.objects.filter(subject_id=matter.id, type="matter.received").count() == 1
        alive = Clock.objects.filter(subject_id=matter.id).exclude(state="stopped")
        assert [clock.what for clock in alive] == [f"matter.{matter.stage}"], "a clock was forgotten"
        pushed = Delivery.objects.filter(subject_id=matter.id, template="matter.push", channel="inapp")
        assert sorted(pushed.values_list("person__username", flat=True)) == ["alice", "bob"]
    assert not Delivery.objects.filter(state__in=["pending", "sending"]).exists()


def test_killed_at_every_commit_point(city, now):
    """Killed before each commit, which is after the one before it: between two, nothing is kept anywhere."""
    nth, killed, everything_said = 0, True, []
    while killed:
        nth += 1
        moment = now + timedelta(hours=nth)
        killed, said = in_child(day_of_a_matter(city, moment), Deadly(nth, after=False))
        everything_said += said
        assert_whole(said, Matter.objects.filter(received_at=moment), moment + timedelta(minutes=12))
    assert nth > 12, f"only {nth} commit points were met"
    assert said[-1] == "worked"
    assert_whole(everything_said, Matter.objects.all(), moment + timedelta(minutes=12))
    assert Matter.objects.count() > 12, "hardly a matter came to be"
    verdict = seal.verify()
    assert verdict.ok and verdict.unsealed == 0, verdict

"""What happens when nobody acts: reminded once, then up the ladder one rung at a time, each step exactly once."""

from __future__ import annotations

from datetime import timedelta

from wangge import engine
from wangge.duties.matters.models import Matter
from wangge.duties.matters.services import escalation, triage
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Holding
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.spine.clocks import services as clocks
from wangge.spine.messaging.models import Delivery

ENGINE = system_actor("engine", "matter.escalate", "delivery.send")


def steps(story):
    """Type, level and the code of the area an escalation went to, in order."""
    found = Event.objects.filter(subject_id=story.id, type__regex="reminded|escalat|overdue").order_by("id")
    return [(event.type.removeprefix("matter."), event.data.get("level")) for event in found]


def told(story, template):
    rows = Delivery.objects.filter(subject_id=story.id, template=template, channel="inapp")
    return sorted(rows.values_list("person__username", flat=True))


def test_nobody_acknowledges_and_it_climbs_to_the_city(story, settle):
    story.receive()  # an arrival: ten minutes to acknowledge
    settle(story.now)
    assert told(story, "matter.push") == ["alice", "bob"]
    settle(story.now + timedelta(minutes=4))
    assert steps(story) == []
    settle(story.now + timedelta(minutes=5))
    assert steps(story) == [("reminded", None)]
    settle(story.now + timedelta(minutes=10))
    assert steps(story)[1:] == [("overdue", None), ("escalated", 1)]
    assert told(story, "matter.escalate") == ["dan", "dora"]
    settle(story.now + timedelta(minutes=20))
    settle(story.now + timedelta(minutes=30))
    settle(story.now + timedelta(hours=5))
    assert steps(story)[3:] == [("escalated", 2), ("escalated", 3)]
    assert told(story, "matter.escalate") == ["dan", "dora", "erin", "frank"]


def test_an_engine_that_slept_catches_up_with_every_step_once(story, settle):
    story.receive()
    settle(story.now + timedelta(hours=2))
    assert [name for name, _ in steps(story)] == ["reminded", "overdue", "escalated", "escalated", "escalated"]


def test_a_rung_with_nobody_on_duty_is_skipped_at_once_and_says_so(story, city, settle):
    for holding in Holding.objects.filter(person_id__in=[city.people["dan"], city.people["dora"]]):
        adam = city.actor("adam")
        accounts.post_leave(actor=adam, holding_id=holding.id, now=story.now)
    story.later(minutes=1).receive()
    settle(story.now + timedelta(minutes=10))
    assert steps(story)[1:] == [("overdue", None), ("escalation_skipped", 1), ("escalated", 2)]
    assert told(story, "matter.escalate") == ["erin"]


def test_in_time_means_no_escalation(story, settle):
    story.receive().later(minutes=9).acknowledged()
    settle(story.now + timedelta(minutes=10))
    assert steps(story) == [("reminded", None)] or steps(story) == []
    event = Event.objects.get(subject_id=story.id, type="matter.acknowledged")
    assert event.data["in_time"] is True


def test_late_before_the_engine_looked_counts_as_overdue_once(story, settle):
    story.receive().later(minutes=11).act(triage.matter_acknowledge, "alice")
    settle(story.now)
    assert [name for name, _ in steps(story)] == ["overdue"]
    assert Event.objects.get(subject_id=story.id, type="matter.acknowledged").data["in_time"] is False


def test_a_step_already_claimed_is_not_taken_twice(story):
    story.receive().later(minutes=5)
    [due] = clocks.due(story.now, 10)
    assert escalation.matter_escalate(actor=ENGINE, due=due, now=story.now) is True
    assert escalation.matter_escalate(actor=ENGINE, due=due, now=story.now) is False
    assert steps(story) == [("reminded", None)]


def test_an_escalation_does_not_spoil_the_form_that_a_desk_has_open(story, settle):
    story.receive()
    version = story.matter.version
    settle(story.now + timedelta(minutes=10))
    story.later(minutes=11).act(triage.matter_acknowledge, "dan", version=version)
    assert story.matter.stage == "triage"


def test_with_no_responsible_post_the_desk_is_told(story, city, settle):
    story.receive(who="dan", area="441302001003")
    settle(story.now)
    assert told(story, "matter.push") == ["dan", "dora"]


def test_a_matter_reopened_starts_its_ladder_higher(story, settle):
    story.receive().closed()
    from_level = story.matter.base_level
    Matter.objects.filter(id=story.id).update(base_level=1)
    assert from_level == 0
    story.receive()
    Matter.objects.filter(id=story.id).update(base_level=1, level=1)
    settle(story.now + timedelta(minutes=10))
    assert ("escalated", 2) in steps(story)


def test_two_ticks_at_the_same_instant_do_nothing_twice(story, settle):
    story.receive()
    settle(story.now + timedelta(minutes=10))
    before = Event.objects.count(), Delivery.objects.count()
    for _ in range(3):
        engine.tick(story.now + timedelta(minutes=10))
    assert (Event.objects.count(), Delivery.objects.count()) == before

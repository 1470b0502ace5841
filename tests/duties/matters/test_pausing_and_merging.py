"""Hold, park, merge, surge, exercise: what stands still, what goes together, what does not count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wangge.duties.matters import queries
from wangge.duties.matters.models import Matter
from wangge.duties.matters.services import handling, merging, pausing, surging, triage
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import (
    HoldPending,
    InputInvalid,
    MatterPaused,
    MergeImpossible,
    NotPermitted,
    NotYourOwnApproval,
    SurgeState,
)
from wangge.spine.clocks.models import Clock
from wangge.spine.messaging.models import Delivery


def ask(story, who="dan", hours=3):
    story.act(
        pausing.matter_ask_hold,
        who,
        reason="awaiting_result",
        text="等核酸结果",
        until=story.now + timedelta(hours=hours),
    )


def test_a_hold_needs_a_reason_and_somebody_elses_approval(story):
    story.receive().acknowledged()
    with pytest.raises(InputInvalid):
        story.act(pausing.matter_ask_hold, "dan", reason="because", text="等", until=story.now + timedelta(hours=1))
    ask(story)
    with pytest.raises(HoldPending):
        ask(story)
    assert story.matter.pause == ""
    with pytest.raises((NotYourOwnApproval, NotPermitted)):
        story.act(pausing.matter_decide_hold, "dan", approve=True)
    story.act(pausing.matter_decide_hold, "erin", approve=True)
    assert (story.matter.pause, story.matter.due_at) == ("held", None)
    with pytest.raises(MatterPaused):
        story.act(triage.matter_triage, "dan")


def test_a_hold_ends_by_itself_and_the_deadline_moves_by_exactly_the_pause(story, settle):
    story.receive().acknowledged()
    before = story.matter.due_at
    ask(story, hours=3)
    story.act(pausing.matter_decide_hold, "erin", approve=True)
    held_at = story.now
    settle(story.now + timedelta(hours=2, minutes=59))
    assert story.fresh().pause == "held"
    settle(held_at + timedelta(hours=3))
    assert story.fresh().pause == ""
    assert story.matter.due_at == before + timedelta(hours=3)


def test_nothing_escalates_while_the_clock_stands_still(story, settle):
    story.receive().acknowledged()
    ask(story, hours=24)
    story.act(pausing.matter_decide_hold, "erin", approve=True)
    settle(story.now + timedelta(hours=23))
    assert not Event.objects.filter(subject_id=story.id, type="matter.escalated").exists()


def test_parked_stands_in_the_open_with_an_owner_and_comes_back_for_review(story, city, settle):
    story.receive().acknowledged()
    story.act(
        pausing.matter_park,
        "dan",
        reason="no_basis",
        text="暂无政策",
        owner_id=city.people["dan"],
        review_at=story.now + timedelta(days=7),
    )
    event = Event.objects.get(subject_id=story.id, type="matter.parked")
    assert event.data["owner"] == str(city.people["dan"])
    settle(story.now + timedelta(days=7))
    assert story.fresh().pause == ""
    assert Delivery.objects.filter(subject_id=story.id, template="matter.review", person__username="dan").exists()


def test_a_second_hand_back_goes_to_the_common_superior(story, city, settle):
    police = city.agencies["police/441302001"]
    story.receive().triaged(lead="police", joint=[])
    story.act(handling.matter_hand_back, "paul", agency_id=police, reason="not_mine", text="属卫健职责")
    assert (story.matter.stage, story.matter.arbiter_id) == ("triage", None)
    story.act(triage.matter_triage, "dan", lead="health", joint=[])
    story.act(
        handling.matter_hand_back,
        "hana",
        agency_id=city.agencies["health/441302001"],
        reason="not_mine",
        text="属公安职责",
    )
    assert story.matter.arbiter_id == city.area("441302")
    with pytest.raises(NotPermitted):
        story.act(triage.matter_triage, "dan", lead="police", joint=[])
    story.act(triage.matter_triage, "erin", lead="police", joint=[])
    assert Event.objects.filter(subject_id=story.id, type="matter.triaged", data__arbitrated=True).count() == 1
    with pytest.raises(InputInvalid):
        story.act(handling.matter_hand_back, "paul", agency_id=police, reason="not_mine", text="仍不属我")
    settle(story.now)
    assert Delivery.objects.filter(subject_id=story.id, template="matter.arbitrate", person__username="erin").exists()


def test_merged_reports_all_hear_back_and_old_numbers_resolve(story, city, settle):
    story.receive(reporter_id=city.people["carol"])
    old = Matter.objects.get(id=story.id)
    story.receive(reporter_id=city.people["alice"])
    keep = story.id
    merging.matter_merge(actor=city.actor("dan"), matter_id=old.id, version=old.version, into_id=keep, now=story.now)
    assert queries.resolved(queries.matter_by_number(old.number, actor=city.actor("dan"))).id == keep
    story.closed()
    settle(story.now)
    told = Delivery.objects.filter(template="matter.answer", channel="inapp").values_list("person__username", flat=True)
    assert sorted(told) == ["alice", "carol"]


def test_undoing_a_merge_puts_stage_and_clock_back(story, city):
    story.receive()
    other = story.id
    story.receive().acknowledged()
    due = story.matter.due_at
    story.act(merging.matter_merge, "dan", into_id=other)
    assert story.matter.ending == "merged"
    story.later(minutes=20).act(merging.merge_undo, "dan")
    assert (story.matter.stage, story.matter.ending, story.matter.merged_into_id) == ("triage", "", None)
    assert story.matter.due_at == due + timedelta(minutes=20)
    with pytest.raises(MergeImpossible):
        story.act(merging.merge_undo, "frank")


def test_merging_in_circles_or_into_the_closed_is_refused(story, city):
    story.receive()
    first = Matter.objects.get(id=story.id)
    story.receive()
    with pytest.raises(MergeImpossible):
        story.act(merging.matter_merge, "dan", into_id=story.id)
    story.act(merging.matter_merge, "dan", into_id=first.id)
    with pytest.raises(MergeImpossible):
        merging.matter_merge(
            actor=city.actor("dan"), matter_id=first.id, version=first.version, into_id=story.id, now=story.now
        )


def test_a_surge_changes_the_clocks_of_new_matters_only(story, city):
    story.receive()
    usual = story.matter.due_at - story.now
    surging.surge_start(
        actor=city.actor("frank"), area_id=city.area("441302"), factor=0.5, reason="新增病例较多", now=story.now
    )
    assert story.fresh().due_at - story.now == usual
    story.receive()
    assert story.matter.due_at - story.now < usual
    with pytest.raises(SurgeState):
        surging.surge_start(
            actor=city.actor("frank"), area_id=city.area("441302"), factor=0.5, reason="再次启动", now=story.now
        )
    with pytest.raises(NotPermitted):
        surging.surge_end(actor=city.actor("alice"), area_id=city.area("441302"), now=story.now)
    surging.surge_end(actor=city.actor("frank"), area_id=city.area("441302"), now=story.now)
    story.receive()
    assert story.matter.due_at - story.now == usual


def test_an_exercise_is_marked_everywhere(story, settle):
    story.receive(who="frank", exercise=True)
    settle(story.now)
    assert story.matter.exercise
    assert all(Event.objects.filter(subject_id=story.id).values_list("exercise", flat=True))
    assert all(Delivery.objects.filter(subject_id=story.id).values_list("exercise", flat=True))


def test_a_later_edit_of_the_pack_does_not_change_a_running_matter(story, city):
    story.receive()
    kept = story.matter.policy_id
    story.acknowledged()
    clock = Clock.objects.get(subject_id=story.id, what="matter.triage")
    assert clock.seconds == 30 * 60
    assert story.matter.policy_id == kept

"""The four firsts, from report to closing, and what each stage refuses."""

from __future__ import annotations

from typing import Any

import pytest

from wangge.duties.matters import queries
from wangge.duties.matters.services import finishing, handling, triage
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import (
    InputInvalid,
    NoAgency,
    NotFound,
    NotInvolved,
    NotPermitted,
    NotTheHandler,
    StaleAction,
    WrongStage,
)


def told(story: Any) -> list[str]:
    return list(Event.objects.filter(subject_id=story.id).order_by("id").values_list("type", flat=True))


def test_a_report_goes_all_the_way(story):
    story.receive().closed()
    assert (story.matter.stage, story.matter.ending, story.matter.outcome) == ("closed", "settled", "home_observation")
    assert told(story) == [
        "matter.received", "matter.acknowledged", "matter.triaged", "matter.accepted", "matter.accepted",
        "matter.worked", "matter.coordinated", "matter.verified", "matter.closed",
    ]  # fmt: skip
    stages = Event.objects.filter(subject_id=story.id, data__in_time=True).order_by("id")
    assert [event.data["stage"] for event in stages] == ["push", "triage", "coordinate", "verify"]


def test_the_number_is_area_date_and_running_number(story):
    first = story.receive().matter.number
    second = story.receive().matter.number
    assert (first, second) == ("441302001001-20200203-0001", "441302001001-20200203-0002")


def test_words_and_people_go_to_the_vault_only(story, city):
    story.receive(
        reporter_name="王大明", reporter_phone="13812345678", address="东湖花园三号楼502", text="王大明电话13812345678"
    )
    view = queries.matter_view(story.matter, actor=city.actor("dan"))
    shown = view.private[view.reports[0].id]
    assert shown["reporter_name"] == "王**"
    assert shown["reporter_phone"] == "138****5678"
    assert "13812345678" not in shown["text"]
    for event in Event.objects.filter(subject_id=story.id):
        assert "王大明" not in str(event.data) and "13812345678" not in str(event.data)


def test_an_outsider_neither_sees_nor_acts(story, city):
    story.receive()
    with pytest.raises(NotPermitted):
        story.act(triage.matter_acknowledge, "olga")
    with pytest.raises(NotFound):
        queries.matter_by_number(story.matter.number, actor=city.actor("olga"))
    assert queries.queue(actor=city.actor("olga")).matters == []
    assert [matter.id for matter in queries.queue(actor=city.actor("dan")).matters] == [story.id]
    assert [matter.id for matter in queries.queue(actor=city.actor("frank")).matters] == [story.id]


def test_the_second_of_two_gets_a_conflict(story):
    story.receive()
    version = story.matter.version
    story.act(triage.matter_acknowledge, "alice", version=version)
    with pytest.raises(StaleAction):
        story.act(triage.matter_acknowledge, "bob", version=version)


def test_a_repeated_click_changes_nothing(story):
    story.receive()
    version = story.matter.version
    story.act(triage.matter_acknowledge, "alice", version=version)
    story.later(seconds=2).act(triage.matter_acknowledge, "alice", version=version)
    assert told(story).count("matter.acknowledged") == 1


def test_stages_cannot_be_jumped(story):
    story.receive()
    with pytest.raises(WrongStage):
        story.act(triage.matter_triage, "dan")
    with pytest.raises(WrongStage):
        story.act(finishing.matter_close, "dan", outcome="home_observation", told="call")


def test_a_village_officer_may_not_triage(story):
    story.receive().acknowledged()
    with pytest.raises(NotPermitted):
        story.act(triage.matter_triage, "alice")


def test_triage_may_change_the_kind_and_keeps_the_policy_of_receipt(story):
    story.receive().triaged(kind="gathering", lead="police", joint=[])
    assert story.matter.kind == "gathering"
    assert story.matter.severity == story.city_pack.kinds["gathering"].severity
    event = Event.objects.get(subject_id=story.id, type="matter.triaged")
    assert (event.data["from_kind"], event.data["kind"], event.data["agency"]) == ("arrival", "gathering", "police")


def test_an_agency_that_is_not_there_cannot_lead(story, city):
    story.receive(who="olga", area="441323001001")
    story.act(triage.matter_acknowledge, "olga")
    with pytest.raises(NoAgency):
        story.act(triage.matter_triage, "omar", lead="culture")


def test_the_handler_may_not_verify_and_somebody_else_may(story):
    story.receive().handled()
    with pytest.raises(NotTheHandler):
        story.act(finishing.matter_verify, "paul", passed=True, method="spot", text="没问题")
    story.act(finishing.matter_verify, "carol", passed=True, method="call", text="电话核实,情况属实")
    assert story.matter.stage == "close"


def test_a_failed_verification_goes_back_to_work_one_level_higher(story):
    story.receive().handled()
    story.act(finishing.matter_verify, "carol", passed=False, method="spot", text="人不在家")
    assert (story.matter.stage, story.matter.base_level) == ("coordinate", 1)
    story.later(minutes=1).act(
        handling.matter_work, "paul", agency_id=story.city.agencies["police/441302001"], what="worked", text="再次到户"
    )
    assert story.matter.stage == "verify"


def test_an_agency_that_was_not_asked_is_refused(story, city):
    story.receive().triaged(lead="police", joint=[])
    with pytest.raises(NotInvolved):
        story.act(handling.matter_accept, "hana", agency_id=city.agencies["health/441302001"])


def test_work_waits_for_every_joint_agency(story, city):
    story.receive().triaged(lead="police", joint=["health"])
    police, health = city.agencies["police/441302001"], city.agencies["health/441302001"]
    story.act(handling.matter_accept, "paul", agency_id=police)
    story.act(handling.matter_work, "paul", agency_id=police, what="arrived", text="")
    story.act(handling.matter_work, "paul", agency_id=police, what="worked", text="已劝返")
    assert story.matter.stage == "coordinate"
    story.act(handling.matter_accept, "hana", agency_id=health)
    assert story.matter.stage == "verify"


def test_words_are_demanded_where_they_are_the_proof(story):
    story.receive().acknowledged()
    with pytest.raises(InputInvalid):
        story.act(triage.matter_dismiss, "dan", reason="no_matter", text=" ")
    story.act(triage.matter_dismiss, "dan", reason="no_matter", text="已核实,并无此事")
    assert (story.matter.stage, story.matter.ending) == ("closed", "dismissed")


def test_a_closed_matter_can_be_reopened_one_level_higher(story):
    story.receive().closed()
    story.act(finishing.matter_reopen, "dan", text="报告人反映问题依旧")
    assert (story.matter.stage, story.matter.ending, story.matter.base_level) == ("triage", "", 1)
    event = Event.objects.get(subject_id=story.id, type="matter.reopened")
    assert event.data["outcome"] == "home_observation"


def test_its_reporter_may_reopen_without_a_desk_and_others_may_not(story, city):
    story.receive(reporter_id=city.people["carol"]).closed()
    with pytest.raises(NotPermitted):
        story.act(finishing.matter_reopen, "hana", text="没有解决")
    story.act(finishing.matter_reopen, "carol", text="没有解决")
    assert story.matter.stage == "triage"


def test_the_forms_own_names_and_phones_are_masked_like_the_reporters(story, city):
    story.receive(fields={"person_name": "欧阳小明", "person_phone": "13912345678", "origin": "武汉"})
    view = queries.matter_view(story.matter, actor=city.actor("dan"))
    shown = view.private[view.reports[0].id]
    assert shown["person_name"] == "欧***"
    assert shown["person_phone"] == "139****5678"
    assert view.reports[0].fields == {"origin": "武汉"}

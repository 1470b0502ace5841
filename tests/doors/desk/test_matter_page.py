"""The page of a matter: the one next action, the forms, and what happens when two act at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import handling, intake, merging, triage
from wangge.duties.observation.services.records import RecordDraft, individual_register
from wangge.ground.areas.tree import tree
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock

Report = Callable[..., Any]
AtDesk = Callable[[str], Client]


def act(client: Client, matter: Any, code: str, **form: Any) -> Any:
    matter.refresh_from_db()
    form = {"version": str(matter.version), **form}
    return client.post(f"/matters/{matter.number}/do/{code}", form)


def first(answer: Any) -> list[str]:
    return [deed.code for deed in answer.context["first"]]


def test_the_whole_loop_by_those_whose_turn_it_is(city: Any, at_desk: AtDesk, report: Report) -> None:
    matter = report()
    alice, dan, paul, carol = (at_desk(name) for name in ("alice", "dan", "paul", "carol"))
    page = f"/matters/{matter.number}"
    assert first(alice.get(page)) == ["acknowledge"]
    assert act(alice, matter, "acknowledge").status_code == 302
    assert first(alice.get(page)) == []
    assert "等待值班台分流" in alice.get(page).content.decode()
    assert act(dan, matter, "triage", kind="arrival", severity="2", lead="police", joint="health").status_code == 302
    police = str(city.agencies["police/441302001"])
    health = str(city.agencies["health/441302001"])
    assert first(paul.get(page)) == ["accept"]
    act(paul, matter, "accept", agency=police)
    act(at_desk("hana"), matter, "accept", agency=health)
    assert first(paul.get(page)) == ["arrived", "work"]
    act(paul, matter, "arrived", agency=police)
    assert act(paul, matter, "work", agency=police, text="已到户核实登记").status_code == 302
    assert first(paul.get(page)) == []
    assert "您参与过本事项的处置，请交他人核查" in paul.get(page).content.decode()
    assert first(carol.get(page)) == ["verify"]
    assert "您参与过本事项的处置" not in carol.get(page).content.decode()
    refused = act(paul, matter, "verify", passed="yes", method="spot", text="我自己看过了")
    assert refused.status_code == 403
    assert "处置人以外" in refused.content.decode()
    assert act(carol, matter, "verify", passed="yes", method="spot", text="本人在家").status_code == 302
    assert act(dan, matter, "close", outcome="home_observation", told="call").status_code == 302
    matter.refresh_from_db()
    assert (matter.stage, matter.ending) == ("closed", "settled")
    closed = dan.get(page)
    assert [step["in_time"] for step in closed.context["steps"]] == [True] * 4
    assert [line.label for line in closed.context["timeline"]][:2] == ["结案", "核查通过"]


def test_a_conflict_says_what_changed_and_keeps_what_was_typed(at_desk: AtDesk, report: Report, do: Any) -> None:
    matter = do(triage.matter_acknowledge, report(), "dan")
    page = at_desk("dan").get(f"/matters/{matter.number}").content.decode()
    version, seen = (re.search(f'name="{name}" value="([^"]+)"', page)[1] for name in ("version", "seen"))  # type: ignore[index]
    do(triage.matter_dismiss, matter, "dora", reason="no_matter", text="查无此人")
    answer = at_desk("dan").post(
        f"/matters/{matter.number}/do/triage",
        {
            "version": version,
            "seen": seen,
            "kind": "arrival",
            "severity": "2",
            "lead": "police",
            "text": "请尽快上门<核实>",
        },
    )
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "有人先您一步" in shown
    assert [line.label for line in answer.context["changed"]] == ["不予受理"]
    assert "请尽快上门&lt;核实&gt;" in shown


def test_a_form_that_still_fits_is_shown_again_with_its_words(at_desk: AtDesk, report: Report, do: Any) -> None:
    matter = do(triage.matter_acknowledge, report(), "dan")
    stale = matter.version
    do(intake.report_add, matter, "alice", draft=ReportDraft("arrival", matter.area_id, "visit", text="又见一人"))
    answer = at_desk("dan").post(
        f"/matters/{matter.number}/do/dismiss", {"version": str(stale), "reason": "no_matter", "text": ""}
    )
    assert answer.status_code == 422
    assert "请写明理由" in answer.content.decode()
    assert '<option value="no_matter" selected' in answer.content.decode()


def test_a_second_click_changes_nothing(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    alice = at_desk("alice")
    again = {"version": str(matter.version)}
    for _ in range(2):
        assert alice.post(f"/matters/{matter.number}/do/acknowledge", again).status_code == 302
    assert Event.objects.filter(subject_id=matter.id, type="matter.acknowledged").count() == 1


def test_broken_forms_are_answered_in_words(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    client = at_desk("dan")
    for form in ({}, {"version": "x"}, {"version": "1e9"}):
        assert client.post(f"/matters/{matter.number}/do/acknowledge", form).status_code == 422
    assert client.post(f"/matters/{matter.number}/do/explode", {"version": "1"}).status_code == 404
    assert act(client, matter, "merge", into="").status_code == 422
    assert (
        act(client, matter, "park", reason="no_basis", text="无依据", owner="nobody", review_on="soon").status_code
        == 422
    )


def test_triage_suggests_a_kind_with_its_reason(at_desk: AtDesk, report: Report, do: Any) -> None:
    matter = do(triage.matter_acknowledge, report("other", text="祠堂里摆酒席聚餐三十人"), "dan")
    options = at_desk("dan").get(f"/matters/{matter.number}").context["first"][0].options
    assert options["suggested"].code == options["kind"].code == "gathering"
    assert options["lead"] == "police"
    part = at_desk("dan").get(f"/matters/{matter.number}/triage-fields?kind=fever_suspected").context["options"]
    assert part["lead"] == "health"


def test_what_is_personal_is_masked_until_a_reason_is_given(at_desk: AtDesk, report: Report) -> None:
    matter = report(reporter_name="王小明", reporter_phone="13912345678")
    alice, whole = at_desk("alice"), f"/matters/{matter.number}/reports/{matter.reports.get().id}/whole"
    assert "王小明" not in alice.get(f"/matters/{matter.number}").content.decode()
    assert "王小明" not in alice.post(whole, {"reason": ""}).content.decode()
    answer = alice.post(whole, {"reason": "电话回访核实"})
    assert "王小明" in answer.content.decode()
    assert "13912345678" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert Event.objects.filter(type="vault.unmasked").count() == 1
    assert at_desk("carol").post(whole, {"reason": "想看看是谁"}).status_code == 403


def test_an_old_number_shows_where_its_matter_went(at_desk: AtDesk, report: Report, do: Any) -> None:
    first_one, second = report(), report()
    dan = at_desk("dan")
    assert act(dan, second, "merge", into=first_one.number).status_code == 302
    old = dan.get(f"/matters/{second.number}").content.decode()
    assert f'href="/matters/{first_one.number}"' in old
    assert "本事项已并入" in old
    assert second.number in dan.get(f"/matters/{first_one.number}").content.decode()
    assert act(dan, second, "merge_undo").status_code == 302
    second.refresh_from_db()
    assert second.stage == "push"


def test_a_wrong_clock_is_flagged_and_both_times_are_shown(at_desk: AtDesk, report: Report) -> None:
    matter = report(observed_at=clock.now() + timedelta(hours=5))
    assert "对方手机时钟有误" in at_desk("dan").get(f"/matters/{matter.number}").content.decode()


def test_who_was_told_is_on_the_page(at_desk: AtDesk, report: Report, settle: Callable[..., None]) -> None:
    matter = report()
    settle(clock.now())
    told = at_desk("dan").get(f"/matters/{matter.number}").context["told"]
    assert {item["row"].person.display_name for item in told} == {"Alice", "Bob"}


def test_hold_is_asked_by_one_and_decided_by_another(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    until = (clock.local(clock.now()) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    act(at_desk("dan"), matter, "ask_hold", reason="cannot_reach", text="联系不上", until=until)
    erin = at_desk("erin")
    assert "decide_hold" in first(erin.get(f"/matters/{matter.number}"))
    assert "decide_hold" not in first(at_desk("dan").get(f"/matters/{matter.number}"))
    assert act(erin, matter, "decide_hold", approve="yes").status_code == 302
    assert first(at_desk("dan").get(f"/matters/{matter.number}")) == ["resume"]


def test_the_number_of_queries_does_not_grow(at_desk: AtDesk, report: Report, do: Any) -> None:
    client, spent = at_desk("dan"), []
    matter = report()
    client.get(f"/matters/{matter.number}")  # fills what a process keeps
    for rounds in (1, 12):
        for _ in range(rounds):
            draft = ReportDraft("arrival", matter.area_id, "visit", text="又有一人报告")
            do(intake.report_add, matter, "alice", draft=draft)
        tree()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/matters/{matter.number}").status_code == 200
        spent.append(len(asked))
    assert spent[0] == spent[1], [query["sql"][:100] for query in asked]


@pytest.mark.parametrize("stage", ["handled", "handed back"])
def test_handing_back_needs_a_reason_and_returns_to_triage(
    city: Any, at_desk: AtDesk, report: Report, do: Any, stage: str
) -> None:
    matter = do(triage.matter_acknowledge, report(), "dan")
    do(triage.matter_triage, matter, "dan", lead="police", joint=[])
    agency = city.agencies["police/441302001"]
    paul = at_desk("paul")
    assert act(paul, matter, "hand_back", agency=str(agency), reason="", text="不归我们").status_code == 422
    if stage == "handled":
        do(handling.matter_accept, matter, "paul", agency_id=agency)
    assert act(paul, matter, "hand_back", agency=str(agency), reason="not_mine", text="不归我们").status_code == 302
    matter.refresh_from_db()
    assert matter.stage == "triage"
    assert "退回" in at_desk("dan").get(f"/matters/{matter.number}").content.decode()


def test_merging_is_undone_only_where_there_is_a_merge(at_desk: AtDesk, report: Report, do: Any) -> None:
    one, other = report(), report()
    do(merging.matter_merge, one, "dan", into_id=other.id)
    codes = [deed.code for deed in at_desk("dan").get(f"/matters/{one.number}").context["first"]]
    assert codes == ["merge_undo"]


def test_what_a_pack_says_in_chinese_only_is_marked_on_an_english_page(at_desk: AtDesk, report: Report) -> None:
    matter, dan = report(), at_desk("dan")
    page = f"/matters/{matter.number}"
    said = str(dan.get(page).context["kind"].close_when)
    assert f"<dd>{said}</dd>" in dan.get(page).content.decode()
    dan.post("/language", {"language": "en", "next": page})
    english = dan.get(page).content.decode()
    assert f'<dd><span lang="zh-Hans">{said}</span></dd>' in english


def test_the_people_that_a_matter_led_to_are_on_its_page_for_those_who_may_see_people(
    city: Any, at_desk: AtDesk, report: Report
) -> None:
    matter = report()
    page = f"/matters/{matter.number}"
    link = f"/people/new?matter={matter.number}"
    assert link in at_desk("dan").get(page).content.decode()
    person = individual_register(
        actor=city.actor("dan", clock.now()),
        response_id=city.response_id,
        draft=RecordDraft(role="arrival", area_id=matter.area_id, name="王小明"),
        matter_id=matter.id,
        now=clock.now(),
    )
    shown = at_desk("dan").get(page).content.decode()
    assert f"/people/{person.number}" in shown and "王**" in shown and "王小明" not in shown
    other = at_desk("paul").get(page).content.decode()
    assert person.number not in other and link not in other

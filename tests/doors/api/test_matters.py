"""Matters over the API: read within one's area, moved by version, each action once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import City
from tests.doors.api.conftest import GATHERING, Caller
from wangge.duties.matters.models import Matter
from wangge.ground.journal.models import Event

Named = Callable[[str], Caller]
Reported = Callable[..., str]


def act(who: Caller, number: str, action: str, key: str | None = None, **fields: Any) -> dict[str, Any]:
    """An action that goes through; the matter as it then stands."""
    answer = who.post(f"/matters/{number}/{action}", fields, key=key)
    assert answer.status_code == 200, answer.content
    matter: dict[str, Any] = answer.json()
    return matter


def at_coordination(caller: Named, number: str) -> int:
    """Acknowledge and triage; the version reached."""
    act(caller("alice"), number, "acknowledge", version=1)
    version: int = act(caller("dan"), number, "triage", version=2)["version"]
    return version


def test_a_matter_goes_from_push_to_close(caller: Named, reported: Reported, city: City) -> None:
    number = reported()
    at_coordination(caller, number)
    dan = caller("dan")
    whole = dan.get(f"/matters/{number}").json()
    assert whole["stage"] == "coordinate"
    for part in whole["involvements"]:
        act(dan, number, "accept", agency_id=part["agency_id"])
    paul = caller("paul")
    lead = next(part["agency_id"] for part in whole["involvements"] if part["role"] == "lead")
    act(paul, number, "work", agency_id=lead, what="arrived")
    verify = act(paul, number, "work", agency_id=lead, what="worked", text="已劝散。")
    assert verify["stage"] == "verify"
    version = verify["version"]
    close = act(caller("carol"), number, "verify", version=version, passed=True, method="spot", text="现场已无人聚集。")
    settled = act(dan, number, "close", version=close["version"], outcome="dispersed", told="call")
    assert (settled["stage"], settled["ending"], settled["outcome"]) == ("closed", "settled", "dispersed")
    types = [event["type"] for event in dan.get(f"/matters/{number}/timeline").json()["events"]]
    assert types[0] == "matter.received"
    assert types[-1] == "matter.closed"
    reopened = act(caller("alice"), number, "reopen", version=settled["version"], text="又聚集了。")
    assert (reopened["stage"], reopened["ending"]) == ("triage", "")


def test_the_second_of_two_gets_a_conflict_and_nothing_is_overwritten(caller: Named, reported: Reported) -> None:
    number = reported()
    act(caller("alice"), number, "acknowledge", version=1)
    answer = caller("dan").post(f"/matters/{number}/acknowledge", {"version": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-action")
    assert answer.json()["details"]["current_version"] == 2


def test_an_action_sent_again_changes_nothing_and_answers_the_same(caller: Named, reported: Reported) -> None:
    number, alice = reported(), caller("alice")
    first = act(alice, number, "acknowledge", key="k", version=1)
    act(caller("dan"), number, "triage", version=2)
    assert act(alice, number, "acknowledge", key="k", version=1) == first
    assert Event.objects.filter(type="matter.acknowledged").count() == 1


def test_a_key_of_one_action_does_not_answer_another(caller: Named, reported: Reported) -> None:
    one, two, alice = reported(), reported(), caller("alice")
    act(alice, one, "acknowledge", key="k", version=1)
    answer = alice.post(f"/matters/{two}/acknowledge", {"version": 1}, key="k")
    assert answer.json()["code"] == "idempotency-conflict"


ACTIONS: dict[str, dict[str, Any]] = {
    "acknowledge": {"version": 1},
    "triage": {"version": 1},
    "dismiss": {"version": 1, "reason": "no_matter", "text": "不属实"},
    "accept": {"agency_id": "00000000-0000-0000-0000-000000000001"},
    "work": {"agency_id": "00000000-0000-0000-0000-000000000001", "what": "arrived"},
    "hand-back": {
        "version": 1, "agency_id": "00000000-0000-0000-0000-000000000001", "reason": "not_mine", "text": "不归我管",
    },
    "verify": {"version": 1, "passed": True, "method": "spot", "text": "属实"},
    "close": {"version": 1, "outcome": "dispersed", "told": "call"},
    "reopen": {"version": 1, "text": "再查"},
    "hold": {"version": 1, "reason": "cannot_reach", "text": "联系不上", "until": "2030-01-01T00:00:00Z"},
    "hold-decision": {"version": 1, "approve": True},
    "resume": {"version": 1},
    "park": {"version": 1, "reason": "no_basis", "text": "无依据", "review_at": "2030-01-01T00:00:00Z"},
    "merge": {"version": 1, "into": "441302001001-20200203-0001"},
    "merge-undo": {"version": 1},
}  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_an_outsider_does_not_even_learn_that_the_matter_exists(caller: Named, reported: Reported, action: str) -> None:
    number, olga = reported(), caller("olga")
    here = olga.post(f"/matters/{number}/{action}", ACTIONS[action])
    nowhere = olga.post(f"/matters/{number[:-4]}9999/{action}", ACTIONS[action])
    assert (here.status_code, nowhere.status_code) == (404, 404)
    assert Matter.objects.get(number=number).version == 1


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_needs_a_key(caller: Named, reported: Reported, action: str) -> None:
    answer = caller("alice").post(f"/matters/{reported()}/{action}", ACTIONS[action], key="")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


def test_an_outsider_sees_neither_queue_nor_matter_nor_timeline(caller: Named, reported: Reported) -> None:
    number, olga = reported(), caller("olga")
    assert olga.get("/matters").json()["matters"] == []
    assert olga.get(f"/matters/{number}").status_code == 404
    assert olga.get(f"/matters/{number}/timeline").status_code == 404
    assert olga.get("/matters", area="441302001001").status_code == 403


def test_the_queue_is_narrowed_and_paged_without_gap_or_repeat(caller: Named, reported: Reported) -> None:
    numbers = [reported(text=f"第{place}件") for place in range(7)]
    other = reported(kind="gambling")
    dan = caller("dan")
    seen: list[str] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        page = dan.get("/matters", kind="gathering", area="441302001", limit=3, cursor=cursor).json()
        seen += [matter["number"] for matter in page["matters"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (numbers, 3)
    assert [matter["number"] for matter in dan.get("/matters", kind="gambling").json()["matters"]] == [other]
    assert dan.get("/matters", stage="verify").json()["matters"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"stage": "x"},
        {"cursor": "x"},
        {"cursor": "AAAA"},
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(caller: Named, query: dict[str, Any]) -> None:
    answer = caller("dan").get("/matters", **query)
    assert answer.status_code == 422
    assert answer.json()["details"]["field"] in query


def test_closed_matters_are_narrowed_and_paged_like_open_ones(caller: Named, reported: Reported, city: City) -> None:
    numbers = [reported() for _ in range(3)]
    other = reported(kind="gambling")
    dan, erin = caller("dan"), caller("erin")
    for number in [*numbers, other]:
        act(caller("alice"), number, "acknowledge", version=1)
        act(dan, number, "dismiss", version=2, reason="no_matter", text="不属实")
    village, beside = "441302001001", "441302001003"
    assert listed(dan, kind="gambling") == [other]
    assert sorted(listed(erin, area=village)) == sorted([*numbers, other])
    assert listed(erin, area=beside) == []
    assert sorted(listed(erin, area="441302", kind="gathering")) == sorted(numbers)
    first = dan.get("/matters", stage="closed", kind="gathering", limit=2).json()
    rest = dan.get("/matters", stage="closed", kind="gathering", limit=2, cursor=first["next"]).json()
    assert [matter["number"] for page in (first, rest) for matter in page["matters"]] == numbers[::-1]
    assert rest["next"] == ""
    assert caller("omar").get("/matters", stage="closed", area=village).status_code == 403
    assert listed(caller("omar")) == []


def listed(who: Caller, **query: Any) -> list[str]:
    return [matter["number"] for matter in who.get("/matters", stage="closed", **query).json()["matters"]]


def test_a_list_of_closed_matters_takes_as_many_queries_as_it_is_long_or_not(caller: Named, reported: Reported) -> None:
    dan = caller("dan")
    counts = []
    for _ in range(2):
        for number in [reported() for _ in range(3)]:
            act(caller("alice"), number, "acknowledge", version=1)
            act(dan, number, "dismiss", version=2, reason="no_matter", text="不属实")
        with CaptureQueriesContext(connection) as asked:
            listed(dan, area="441302001", kind="gathering")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_personal_words_are_masked_and_hidden_from_roles_that_may_not_see_them(
    caller: Named, reported: Reported
) -> None:
    number = reported(reporter_phone="13812345678", reporter_name="张三丰")
    [report] = caller("dan").get(f"/matters/{number}").json()["reports"]
    assert report["private"]["reporter_phone"] == "138****5678"
    assert report["private"]["reporter_name"] == "张**"
    [hidden] = caller("hana").get(f"/matters/{number}").json()["reports"]
    assert hidden["private"] == {}


def test_a_merged_matter_says_where_it_went_and_comes_back(caller: Named, reported: Reported) -> None:
    one, two, dan = reported(), reported(), caller("dan")
    merged = act(dan, two, "merge", version=1, into=one)
    assert (merged["ending"], merged["merged_into"]) == ("merged", one)
    assert dan.get(f"/matters/{two}").json()["merged_into"] == one
    closed = dan.get("/matters", stage="closed").json()["matters"]
    assert [matter["number"] for matter in closed] == [two]
    back = act(dan, two, "merge-undo", version=merged["version"])
    assert (back["stage"], back["merged_into"]) == ("push", "")


def test_a_hold_is_decided_by_somebody_else_and_ends_by_hand(caller: Named, reported: Reported) -> None:
    number, dan, erin = reported(), caller("dan"), caller("erin")
    until = "2099-01-01T00:00:00Z"
    late = dan.post(f"/matters/{number}/hold", ACTIONS["hold"] | {"until": until})
    assert (late.status_code, late.json()["details"]["field"]) == (422, "until")
    soon = Matter.objects.get(number=number).due_at
    assert soon is not None
    asked = act(dan, number, "hold", **(ACTIONS["hold"] | {"until": soon.isoformat()}))
    own = dan.post(f"/matters/{number}/hold-decision", {"version": asked["version"], "approve": True})
    assert own.status_code == 403
    held = act(erin, number, "hold-decision", version=asked["version"], approve=True)
    assert (held["pause"], held["due_at"]) == ("held", None)
    running = act(dan, number, "resume", version=held["version"])
    assert running["pause"] == ""
    assert running["due_at"] is not None


def test_what_is_parked_has_an_owner_the_caller_if_none_is_named(caller: Named, reported: Reported, city: City) -> None:
    number = reported()
    matter = Matter.objects.get(number=number)
    review = matter.queue_at.isoformat()
    parked = act(caller("dan"), number, "park", **(ACTIONS["park"] | {"review_at": review}))
    assert parked["pause"] == "parked"
    assert Event.objects.get(type="matter.parked").data["owner"] == str(city.people["dan"])


def test_a_dismissed_matter_is_closed_with_its_reason(caller: Named, reported: Reported) -> None:
    number = reported()
    act(caller("alice"), number, "acknowledge", version=1)
    done = act(caller("dan"), number, "dismiss", version=2, reason="no_matter", text="现场无人聚集。")
    assert (done["stage"], done["ending"]) == ("closed", "dismissed")


def test_an_agency_hands_back_what_is_not_its_own(caller: Named, reported: Reported) -> None:
    number = reported()
    version = at_coordination(caller, number)
    parts = caller("dan").get(f"/matters/{number}").json()["involvements"]
    lead = next(part["agency_id"] for part in parts if part["role"] == "lead")
    back = act(
        caller("dan"), number, "hand-back", version=version, agency_id=lead, reason="not_mine", text="不属公安职责。"
    )
    assert back["stage"] == "triage"
    assert GATHERING["kind"] == back["kind"]

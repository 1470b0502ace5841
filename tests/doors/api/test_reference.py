"""Areas, figures, bulletins and one's own account over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.conftest import City
from tests.doors.api.conftest import EAST_LAKE, Caller
from wangge.ground.kernel import clock
from wangge.picture.bulletins.services import bulletin_issue

Named = Callable[[str], Caller]


def test_an_area_is_found_by_name_and_by_code(caller: Named) -> None:
    olga = caller("olga")
    [found] = olga.get("/areas", search="东湖").json()["areas"]
    assert (found["code"], found["path"]) == (EAST_LAKE, "惠城区 桥东街道 东湖社区")
    assert olga.get(f"/areas/{EAST_LAKE}").json() == found
    [town] = olga.get("/areas", search="441323001", limit=1).json()["areas"]
    assert town["name"] == "平山街道"
    assert olga.get("/areas", search="东湖", within="441323").json()["areas"] == []


def test_a_code_nobody_holds_is_not_found(caller: Named) -> None:
    answer = caller("olga").get("/areas/123456")
    assert (answer.status_code, answer.json()["code"]) == (404, "area-unknown")


def test_one_learns_who_one_is(caller: Named) -> None:
    me = caller("dan").get("/me").json()
    assert me["name"] == "Dan"
    assert [(post["role"], post["area"]) for post in me["posts"]] == [("duty_desk", "441302001")]
    assert "matter.triage" in me["posts"][0]["verbs"]


def test_figures_count_what_was_logged_and_outsiders_are_refused(caller: Named) -> None:
    entry = {
        "kind": "leaflets_handed_out", "area": EAST_LAKE, "place_kind": "household", "quantities": {"copies": 30},
    }  # fmt: skip
    assert caller("alice").post("/log", entry).status_code == 201
    until = (clock.now() + timedelta(minutes=1)).isoformat()
    answer = caller("dan").get("/figures", area="441302001", until=until)
    assert answer.status_code == 200, answer.content
    totals = {figure["code"]: figure["total"] for figure in answer.json()["figures"]}
    assert 30 in totals.values()
    assert caller("olga").get("/figures", area="441302001").status_code == 403


def test_a_log_entry_sent_twice_counts_once(caller: Named) -> None:
    entry = {
        "kind": "leaflets_handed_out", "area": EAST_LAKE, "place_kind": "household", "quantities": {"copies": 30},
    }  # fmt: skip
    alice = caller("alice")
    first, second = (alice.post("/log", entry, key="k") for _ in range(2))
    assert first.json() == second.json()
    assert caller("olga").post("/log", entry).status_code == 403


def test_bulletins_are_listed_and_read_where_one_may(caller: Named, city: City) -> None:
    now = clock.now().replace(second=0, microsecond=0)
    issued = bulletin_issue(
        actor=city.actor("erin", now),
        response_id=city.response_id,
        area_id=city.area("441302"),
        cutoff=now - timedelta(minutes=5),
        now=now,
    )
    erin, omar = caller("erin"), caller("omar")
    [listed] = erin.get("/bulletins", area="441302").json()["bulletins"]
    assert listed["bulletin_id"] == str(issued.id)
    assert erin.get(f"/bulletins/{issued.id}").json()["content"]["title"]
    assert omar.get("/bulletins").json()["bulletins"] == []
    assert omar.get(f"/bulletins/{issued.id}").status_code == 404


@pytest.mark.parametrize("path", ["/nothing", "/matters/x/y/z", "/"])
def test_an_address_that_does_not_exist_is_a_problem_too(caller: Named, path: str) -> None:
    answer = caller("dan").get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_method_that_does_not_belong_is_a_problem_too(caller: Named) -> None:
    answer = caller("dan").get("/reports")
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, "POST", "method-not-allowed")

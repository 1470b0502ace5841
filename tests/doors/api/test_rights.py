"""Who gets in to what over the API: every operation of the OpenAPI document × every role, inside the area and outside.

Operations come from the document itself, so that a new one has to be given a line here. Each call is undone. Nothing
planted stands whole in any answer, and an outsider is told of no record and no matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client

from tests.conftest import OPERATOR, START
from tests.doors.api.conftest import EAST_LAKE, GATHERING, Caller
from tests.doors.api.test_document import OPERATIONS
from tests.rights import INSIDE, OUTSIDE, PLANTED, ROLES, Scene, scene_make, verbs_of
from wangge.ground.accounts import services as accounts
from wangge.ground.journal.readers import Event


class Call(NamedTuple):
    """What may be asked: whose verb opens it, with which content; "" for what anybody with a token may read.

    `listed`: one finds what lies in one's own areas, and nothing of others. `clinic`: the clinic that somebody was
    sent to gets in, too. `depends`: the stage of a matter or the agency decides as well, so only refusals are exact.
    """

    verb: str
    content: Any = None
    listed: bool = False
    clinic: bool = False
    depends: bool = False


def act(verb: str, **content: Any) -> Call:
    return Call(verb, {"version": 1, "text": "记下情况", **content}, depends=True)


AGENCY = {"agency_id": "00000000-0000-0000-0000-000000000001"}
SOMEBODY = {"role": "arrival", "area": EAST_LAKE, "name": "赵六", "phones": ["13700001111"]}
ENTRY = {"kind": "leaflets_handed_out", "area": EAST_LAKE, "place_kind": "household", "quantities": {"copies": 3}}
CHECK = {"temperature": 36.5}
COUNT = {"number": "V441302001001-0001", "guests": 3, "registered": 3, "uploaded": 3}
SCREENING = {"checkpoint": "K441302001001-001", "at": "2020-02-03T09:00:00+08:00", "people": 2}
CALLS = {
    ("post", "/reports"): Call("matter.report", GATHERING),
    ("post", "/reports/batch"): Call("matter.report", [GATHERING]),
    ("post", "/log"): Call("duty.log", ENTRY),
    ("post", "/log/batch"): Call("duty.log", [ENTRY]),
    ("get", "/matters"): Call("matter.view", listed=True),
    ("get", "/matters/{number}"): Call("matter.view"),
    ("get", "/matters/{number}/timeline"): Call("matter.view"),
    ("post", "/matters/{number}/acknowledge"): act("matter.acknowledge"),
    ("post", "/matters/{number}/triage"): act("matter.triage"),
    ("post", "/matters/{number}/dismiss"): act("matter.triage", reason="no_matter"),
    ("post", "/matters/{number}/accept"): Call("matter.accept", AGENCY, depends=True),
    ("post", "/matters/{number}/work"): Call("matter.work", {**AGENCY, "what": "worked", "text": "x"}, depends=True),
    ("post", "/matters/{number}/hand-back"): act("matter.return", **AGENCY, reason="not_mine"),
    ("post", "/matters/{number}/verify"): act("matter.verify", passed=True, method="spot"),
    ("post", "/matters/{number}/close"): act("matter.close", outcome="stopped", told="call"),
    ("post", "/matters/{number}/reopen"): act("matter.reopen"),
    ("post", "/matters/{number}/hold"): act("matter.hold", reason="waiting", until="2030-01-01T00:00:00+08:00"),
    ("post", "/matters/{number}/hold-decision"): Call("matter.approve_hold", {"version": 1, "approve": True},
                                                      depends=True),
    ("post", "/matters/{number}/resume"): Call("matter.hold", {"version": 1}, depends=True),
    ("post", "/matters/{number}/park"): act("matter.park", reason="unsolvable", review_at="2030-01-01T00:00:00+08:00"),
    ("post", "/matters/{number}/merge"): Call("matter.merge", {"version": 1, "into": "x"}, depends=True),
    ("post", "/matters/{number}/merge-undo"): Call("matter.merge", {"version": 1}, depends=True),
    ("post", "/people"): Call("person.register", SOMEBODY),
    ("get", "/people/{number}"): Call("person.view", clinic=True),
    ("post", "/people/{number}/checks"): Call("person.check", CHECK),
    ("post", "/people/checks/batch"): Call("person.check", [CHECK | {"number": "{planted}"}]),
    ("post", "/lodging/counts"): Call("lodging.report", COUNT),
    ("post", "/lodging/counts/batch"): Call("lodging.report", [COUNT]),
    ("post", "/checkpoints/screenings/batch"): Call("checkpoint.screen", [SCREENING], depends=True),
    ("get", "/areas"): Call("", {"search": "东湖"}),
    ("get", "/areas/{code}"): Call(""),
    ("get", "/me"): Call(""),
    ("get", "/figures"): Call("figure.view", {"area": INSIDE}),
    ("get", "/bulletins"): Call("figure.view", listed=True),
    ("get", "/bulletins/{bulletin_id}"): Call("figure.view", depends=True),
}  # fmt: skip


def test_every_operation_has_a_line() -> None:
    assert {(method, path.removeprefix("/api/v1")) for method, path in OPERATIONS} == set(CALLS), "say who gets in"


@pytest.fixture
def scene(city: Any) -> Scene:
    return scene_make(city)


def allowed(call: Call, role: str, area: str) -> bool:
    """Who gets in, by the verbs of the pack."""
    verbs = verbs_of(role)
    if role == "fever_clinic" and call.clinic:
        return area == INSIDE
    return not call.verb or (call.verb in verbs and area == INSIDE)


def asked(caller: Caller, method: str, path: str, call: Call, scene: Scene) -> tuple[int, str, int]:
    """The status (in a batch that of its line), the whole answer, how many events it made; then all is as it was."""
    number = scene.numbers["matter" if path.startswith("/matters") else "planted"]
    filled = path.format(number=number, code="4413", bulletin_id=scene.ids["matter"])
    with transaction.atomic():
        before = Event.objects.count()
        if method == "get":
            answer = caller.get(filled, **(call.content or {}))
        elif isinstance(call.content, list):
            lines = [json.dumps({**one, "key": "1"}).replace("{planted}", number) for one in call.content]
            answer = caller.post(filled, "\n".join(lines).encode(), key="")
        else:
            answer = caller.post(filled, call.content)
        made = Event.objects.count() - before
        transaction.set_rollback(True)
    said = answer.content.decode()
    status: int = answer.status_code
    if isinstance(call.content, list) and status == 200:
        line = json.loads(said)
        for one in line.get("problems", [line]):
            status = one["problem"]["status"] if "problem" in one else one["status"]
    return status, said, made


def faults(scene: Scene, city: Any, role: str, area: str) -> Iterator[str]:
    token = accounts.token_issue(
        actor=OPERATOR, person_id=city.people[scene.people[role, area]], name="test", now=START
    )
    caller = Caller(token)
    for (method, path), call in CALLS.items():
        status, said, made = asked(caller, method, path, call, scene)
        where = f"{role} {'inside' if area == INSIDE else 'outside'} {method} {path}: {status}"
        may = allowed(call, role, area)
        if may and not call.depends and status in (403, 404):
            yield f"{where}, but should get in"
        if not may and ((status < 400 and not call.listed) or made):
            yield f"{where}, but should be refused ({made} events)"
        if not may and status < 400 and any(number in said for number in scene.numbers.values()):
            yield f"{where} names a record or a matter"
        if shown := [text for text in PLANTED if text in said]:
            yield f"{where} shows {len(shown)} planted words"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_exactly_those_get_in_and_nothing_planted_is_shown(scene: Scene, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []


def test_masked_fields_go_only_to_those_who_look_into_the_vault(scene: Scene, city: Any) -> None:
    for (role, area), name in scene.people.items():
        token = accounts.token_issue(actor=OPERATOR, person_id=city.people[name], name="test", now=START)
        answer = Client().get(
            f"/api/v1/people/{scene.numbers['planted']}", headers={"Authorization": f"Bearer {token}"}
        )
        sees = answer.status_code == 200 and "vault.view" in verbs_of(role)
        shown = answer.json().get("private", {})
        assert bool(shown) == sees, (role, area)
        assert not sees or shown["name"] == "王**", (role, area)

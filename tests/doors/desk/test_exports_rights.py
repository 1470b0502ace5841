"""Who gets which list as a file: every list × every role, inside the area and outside; nobody a planted word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.rights import INSIDE, OUTSIDE, PLANTED, ROLES, Scene, opened, scene_make, verbs_of
from wangge.doors.desk.listings import LISTINGS
from wangge.duties.drills.models import Drill
from wangge.duties.drills.services import drill_call
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor

CALLER = system_actor("test", "drill.call")

VERBS = {
    "queue": "matter.view",
    "closed": "matter.view",
    "log": "figure.view",
    "people": "person.view",
    "board": "person.view",
    "facilities": "person.view",
    "checkpoints": "checkpoint.view",
    "screened": "checkpoint.view",
    "venues": "venue.view",
    "rounds": "venue.view",
    "orders": "venue.view",
    "lodging": "venue.view",
    "readiness": "venue.view",
    "rosters": "roster.view",
    "duties": "roster.view",
    "coverage": "coverage.view",
    "villages": "coverage.view",
    "gaps": "coverage.view",
    "figure": "figure.view",
    "accesses": "vault.audit",
    "drill": "coverage.view",
}
# The lists in which a planted person or matter has a row.
ROWS = {"people": "planted", "queue": "matter", "figure": "matter"}


def test_every_list_has_a_line() -> None:
    assert set(LISTINGS) == set(VERBS), "say in VERBS whose verb opens it"


@pytest.fixture
def scene(city: Any) -> Scene:
    for area in (INSIDE, OUTSIDE):
        drill_call(actor=CALLER, area_id=city.area(area), minutes=30, now=clock.now())
    return scene_make(city)


def file_of(client: Client, code: str, area: str) -> tuple[int, str]:
    query = {"area": area} | ({"figure": "matters_received"} if code == "figure" else {})
    if code == "drill":
        node = tree().by_code(area)
        assert node is not None
        query["drill"] = str(Drill.objects.get(area_id=node.id).id)
    answer = client.get(f"/exports/{code}", query)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer.status_code, opened(body)


def faults(scene: Scene, city: Any, role: str, stands: str) -> Iterator[str]:
    client = Client()
    client.force_login(city.person(scene.people[role, stands]))
    for code, verb in VERBS.items():
        for area in (INSIDE, OUTSIDE):
            status, text = file_of(client, code, area)
            where = f"{role} of {stands} asks for {code} of {area}: {status}"
            may = verb in verbs_of(role) and stands == area
            if may != (status == 200):
                yield f"{where}, should {'get' if may else 'not get'} it"
            if shown := [word for word in PLANTED if word in text]:
                yield f"{where} shows {len(shown)} planted words"
            if not may and any(number in text for number in scene.numbers.values()):
                yield f"{where} names a record or a matter"
            if may and area == INSIDE and code in ROWS and scene.numbers[ROWS[code]] not in text:
                yield f"{where} lacks its row"
            if may and code == "people" and area == INSIDE and ("王**" in text) != ("vault.view" in verbs_of(role)):
                yield f"{where} shows masked names to the wrong people"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_a_list_goes_to_those_of_its_area_who_may_see_it(scene: Scene, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []

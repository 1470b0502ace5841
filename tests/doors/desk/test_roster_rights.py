"""Who gets in to what of rosters, duties and coverage: every address of the desk × every role, inside and outside.

Each request is undone. What is one's own, duties and their calendar, is open to everybody, and to nobody for another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from tests.doors.desk.roster_doors import TOWN, rosters_make
from tests.rights import INSIDE, OUTSIDE, ROLES, hire, undone, verbs_of
from wangge.doors.desk.urls import urlpatterns
from wangge.ground.kernel import clock

NOBODY, EVERYBODY = "", "everybody"
OURS = ("rosters", "seats", "swaps", "duties", "coverage", "d/")


class Gate(NamedTuple):
    """One thing that can be asked for: by whose verb, everywhere or only where it stands, with which form.

    NOBODY: it is somebody's own, and none of those who ask.
    """

    name: str
    verb: str
    form: dict[str, Any] | None = None
    anywhere: bool = False
    deed: str = ""


GATES = [
    Gate("rosters", "roster.view", anywhere=True),
    Gate("rosters", "roster.manage", {"key": "k1", "unit": TOWN, "pattern": "two", "days": "1", "since": ""}),
    Gate("roster", "roster.view"),
    Gate("roster_search", "roster.view"),
    Gate("roster_excel", "roster.view"),
    Gate("roster_seat", "roster.view"),
    Gate("roster_seat", "roster.manage", {"person": "", "version": "1"}),
    Gate("roster_sheet", "roster.manage"),
    Gate("roster_sheet", "roster.manage", {}),
    Gate("roster_sheet_take", "roster.manage", {}),
    Gate("roster_sheet_mend", "roster.manage", {}),
    Gate("roster_do", "roster.publish", {"version": "1"}, deed="publish"),
    Gate("roster_do", "roster.manage", {"version": "1"}, deed="drop"),
    Gate("roster_do", "roster.manage", {"version": "1", "seconds": "5"}, deed="improve"),
    Gate("roster_do", "roster.manage", {}, deed="stop"),
    Gate("roster_do", "roster.manage", {}, deed="leave"),
    Gate("unit_today", "roster.view"),
    Gate("unit_people", "roster.view"),
    Gate("unit_person", "roster.manage"),
    Gate("unit_person_do", "roster.manage", {}, deed="skills"),
    Gate("swap_new", NOBODY),
    Gate("swap_new", NOBODY, {}),
    Gate("swap_answer", NOBODY, {"yes": "no"}),
    Gate("check_in", "roster.manage", {}),
    Gate("duties", EVERYBODY),
    Gate("call_ill", EVERYBODY, {}),
    Gate("calendar_new", EVERYBODY, {}),
    Gate("calendar_end", EVERYBODY, {}),
    Gate("calendar_feed", NOBODY),
    Gate("coverage", "coverage.view", anywhere=True),
    Gate("coverage_ahead", "coverage.view", anywhere=True),
    Gate("coverage_map", "coverage.view", anywhere=True),
    Gate("coverage_hours", "coverage.view", anywhere=True),
    Gate("coverage_what_if", "coverage.view", anywhere=True),
]


def test_every_address_of_rosters_has_a_line() -> None:
    names = {str(one.name) for one in urlpatterns if str(one.pattern).startswith(OURS)}
    assert names - {gate.name for gate in GATES} == set(), "say in GATES who gets in"


@pytest.fixture
def scene(city: Any) -> Any:
    now = clock.now()
    made = rosters_make(city, now)
    made.people = {(role, area): hire(city, role, area, now) for role in ROLES for area in (INSIDE, OUTSIDE)}
    return made


def asked(client: Client, gate: Gate, scene: Any) -> tuple[int, str, int]:
    """The status, the whole answer, and how many events it made; then everything is as it was."""
    known = {
        "roster_id": scene.draft.id, "seat_id": scene.seat.id, "swap_id": scene.swap.id, "duty_id": scene.duty.id,
        "deed": gate.deed, "secret": "x" * 32, "unit_id": scene.draft.area_id, "person_id": scene.duty.person_id,
    }  # fmt: skip
    [pattern] = [one for one in urlpatterns if one.name == gate.name]
    where = reverse(f"desk:{gate.name}", kwargs={name: known[name] for name in pattern.pattern.converters})
    return undone(lambda: client.get(where) if gate.form is None else client.post(where, gate.form))


def faults(scene: Any, city: Any, role: str, area: str) -> Iterator[str]:
    client, verbs = Client(), verbs_of(role)
    client.force_login(city.person(scene.people[role, area]))
    for gate in GATES:
        status, body, made = asked(client, gate, scene)
        where = f"{role} {'inside' if area == INSIDE else 'outside'} {gate.name} {gate.deed}: {status}"
        # The rosters of a unit are made on the page that lists them, by those who see it.
        seen = gate.name in ("check_in", "roster_seat") or "roster.view" in verbs or not gate.verb.startswith("roster.")
        may = gate.verb == EVERYBODY or (gate.verb in verbs and seen and (gate.anywhere or area == INSIDE))
        if may and status in (403, 404):
            yield f"{where}, but should get in"
        if not may and (status < 400 or made):
            yield f"{where}, but should be refused ({made} events)"
        if area == OUTSIDE and status < 400 and any(name in body for name in ("Alice", "Bob")):
            yield f"{where} names people on duty to an outsider"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_exactly_those_get_in(scene: Any, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []

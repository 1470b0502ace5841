"""Who gets in to what of checkpoints: every address of the desk × every role, inside the area and outside.

Each request is undone. The planted contact stands whole in no answer but that of a look.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from tests.doors.desk.checkpoint_doors import checkpoints_make
from tests.rights import INSIDE, OUTSIDE, ROLES, hire, undone, verbs_of
from wangge.doors.desk.urls import urlpatterns
from wangge.ground.kernel import clock

CONTACT = "王小明"
PERSON = {"name": "岳灵珊", "document": "110101199003070038", "phone": "13900000002", "address": "东湖路1号"}
SAID = {"kind": "mobile", "name": "老街路口", "road": "县道", "lanes": "2"}


class Gate(NamedTuple):
    """One thing that can be asked for: by whose verb, everywhere or only where it stands, with which form."""

    name: str
    verb: str
    form: dict[str, Any] | None = None
    anywhere: bool = False
    deed: str = ""
    json: bool = False


GATES = [
    Gate("checkpoints", "checkpoint.view", anywhere=True),
    Gate("checkpoint_totals", "checkpoint.view", anywhere=True),
    Gate("checkpoint_new", "checkpoint.manage", anywhere=True),
    Gate("checkpoint_import", "checkpoint.manage", anywhere=True),
    Gate("checkpoint_import_template", "checkpoint.manage", anywhere=True),
    Gate("checkpoint_import_take", "checkpoint.manage", {}, anywhere=True),
    Gate("checkpoint_import_mend", "checkpoint.manage", {}, anywhere=True),
    Gate("checkpoint", "checkpoint.view"),
    Gate("checkpoint_change", "checkpoint.manage"),
    Gate("checkpoint_change", "checkpoint.manage", {"version": "1", **SAID}),
    Gate("checkpoint_unmask", "vault.unmask", {"reason": "核对值班安排"}),
    Gate("checkpoint_deed", "checkpoint.manage", {"version": "1"}, deed="close"),
    Gate("checkpoint_deed", "checkpoint.screen", {"queue": "12"}, deed="queue"),
    Gate("screen", "checkpoint.screen"),
    Gate("screening_rows", "checkpoint.screen", {"rows": []}, json=True),
    Gate("screening_withdraw", "checkpoint.screen", {"keys": []}, json=True),
    Gate("screening_queue", "checkpoint.screen", {"vehicles": 5}, json=True),
    Gate("checkpoint_alert", "checkpoint.view"),
    Gate("alert_person", "checkpoint.screen", PERSON),
    Gate("alert_handed_over", "checkpoint.screen", {}),
]


def test_every_address_of_checkpoints_has_a_line() -> None:
    names = {str(one.name) for one in urlpatterns if str(one.pattern).startswith("checkpoints")}
    assert names - {gate.name for gate in GATES} == set(), "say in GATES who gets in"


@pytest.fixture
def scene(city: Any) -> Any:
    now = clock.now()
    made = checkpoints_make(city, now)
    made.people = {(role, area): hire(city, role, area, now) for role in ROLES for area in (INSIDE, OUTSIDE)}
    return made


def asked(client: Client, gate: Gate, scene: Any) -> tuple[int, str, int]:
    """The status, the whole answer, and how many events it made; then everything is as it was."""
    known = {"number": scene.here.number, "deed": gate.deed, "alert_id": scene.alert}
    [pattern] = [one for one in urlpatterns if one.name == gate.name]
    where = reverse(f"desk:{gate.name}", kwargs={name: known[name] for name in pattern.pattern.converters})
    sent_as = {"content_type": "application/json"} if gate.json else {}
    return undone(lambda: client.get(where) if gate.form is None else client.post(where, gate.form, **sent_as))


def faults(scene: Any, city: Any, role: str, area: str) -> Iterator[str]:
    client, verbs = Client(), verbs_of(role)
    client.force_login(city.person(scene.people[role, area]))
    for gate in GATES:
        status, body, made = asked(client, gate, scene)
        where = f"{role} {'inside' if area == INSIDE else 'outside'} {gate.name} {gate.deed}: {status}"
        # A program sends what it counts without looking at pages; everybody else sees what they write to.
        seen = "checkpoint.view" in verbs or (gate.verb == "checkpoint.screen" and not gate.deed)
        may = gate.verb in verbs and seen and (gate.anywhere or area == INSIDE)
        if may and status in (403, 404):
            yield f"{where}, but should get in"
        if not may and (status < 400 or made):
            yield f"{where}, but should be refused ({made} events)"
        if CONTACT in body and not (gate.name == "checkpoint_unmask" and may):
            yield f"{where} shows the planted contact"
        if area == OUTSIDE and scene.here.number in body and status < 400:
            yield f"{where} names a checkpoint to an outsider"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_exactly_those_get_in_and_nothing_planted_is_shown(scene: Any, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []

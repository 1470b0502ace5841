"""Who gets in to what of people under observation: every address of the desk × every role, inside the area and outside.

The same for the API stands in tests/doors/api/test_rights.py, for files and messages in the two tests beside this.

Addresses are found by what their pages import, so that a new one has to be given a line here. Each request is undone.
Nothing planted (name, phone, document, address) stands whole in any answer, however it is asked for.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from tests.conftest import huizhou_pack
from tests.rights import INSIDE, OUTSIDE, PLANTED, ROLES, Scene, scene_make, undone
from wangge.doors.desk.pages import people_care, people_deeds, people_plan_deeds
from wangge.doors.desk.urls import urlpatterns

# Anywhere: whoever has the verb in any area, but sees only what lies in it.
ANYWHERE, HERE, AT_CLINIC = "anywhere", "here", "at the clinic"


class Gate(NamedTuple):
    """One thing that can be asked for: where, with which form (None: looked at), and by whose verbs it opens."""

    name: str
    verbs: tuple[str, ...]
    reach: str = HERE
    form: dict[str, Any] | None = None
    deed: str = ""
    whole: bool = False


def deed(name: str, code: str, *verbs: str, reach: str = HERE, **form: Any) -> Gate:
    return Gate(name, verbs, reach, {"version": 1, **form}, code)


REFERRAL = {"referral": "{referral}", "note": "x", "escort": "x", "result": "observe"}
MEASURE = {"measure": "{measure}", "note": "x", "cause": "complied", "clinic": "{clinic}"}
GATES = [
    Gate("people", ("person.view", "clinic.answer"), ANYWHERE),
    Gate("people_search", ("person.view", "clinic.answer"), ANYWHERE, {"q": PLANTED[1]}),
    Gate("person_new", ("person.register",), ANYWHERE),
    Gate("person_read", ("person.register",), ANYWHERE, {"text": "有人从武汉来"}),
    Gate("people_import", ("person.import",), ANYWHERE),
    Gate("people_import_template", ("person.import",), ANYWHERE),
    Gate("people_import_take", ("person.import",), ANYWHERE, {}),
    Gate("people_import_mend", ("person.import",), ANYWHERE, {}),
    Gate("accesses", ("vault.audit",), ANYWHERE),
    Gate("clinic", ("clinic.answer",), ANYWHERE),
    Gate("releases", ("person.plan",), ANYWHERE),
    Gate("tracing", ("person.view",), ANYWHERE),
    Gate("tracing_export", ("person.view",), ANYWHERE),
    Gate("person", ("person.view",), AT_CLINIC),
    Gate("person_unmask", ("vault.unmask",), AT_CLINIC, {"reason": "电话核实情况"}, whole=True),
    Gate("person_dossier", ("person.hand_over",), HERE, {"reason": "本人到场申请", "form": "page"}, whole=True),
    Gate("contacts", ("person.view",)),
    Gate("measure_notice", ("person.measure",)),
    Gate("certificate", ("person.plan",)),
    deed("person_act", "correct", "person.register", field="origin", value="武汉"),
    deed("person_act", "household", "person.register", **{"with": "{other}"}),
    deed("person_act", "move", "person.register", area="441302001003"),
    deed("person_act", "notified", "person.check"),
    deed("person_act", "role", "person.plan", role="suspected"),
    deed("person_act", "withdraw", "person.plan"),
    deed("person_act", "merge", "person.merge", into="{other}"),
    deed("person_act", "undo", "person.merge"),
    deed("person_care", "refer", "person.refer", **MEASURE),
    deed("person_care", "cancelled", "person.refer", **REFERRAL),
    deed("person_care", "on_way", "person.refer", reach=AT_CLINIC, **REFERRAL),
    deed("person_care", "arrived", "person.refer", reach=AT_CLINIC, **REFERRAL),
    Gate("board", ("person.view",), ANYWHERE),
    Gate("facilities", ("person.view", "facility.manage"), ANYWHERE),
    deed("plan_deed", "start", "person.plan", setting="home"),
    deed("plan_deed", "change", "person.plan", setting="hospital"),
    deed("plan_deed", "check", "person.check", temperature="36.5"),
    deed("plan_deed", "replace", "person.check", check="{check}", temperature="36.5"),
    deed("plan_deed", "link", "person.check"),
    *(deed("person_care", code, "clinic.answer", reach=AT_CLINIC, **REFERRAL)
      for code in ("accepted", "declined", "examined", "answer", "discharge")),
    deed("person_care", "measure", "person.measure", **MEASURE),
    deed("person_care", "review", "person.measure", **MEASURE),
    deed("person_care", "end", "person.measure", **MEASURE),
    deed("person_care", "release", "person.plan", exception="专家组同意"),
    deed("person_care", "dependant", "person.register", kind="child", need="x"),
    deed("contacts_do", "add", "person.register", exposed="{other}", setting="meal"),
    deed("contacts_do", "source", "person.plan", contact="{contact}", infector="no"),
]  # fmt: skip


# What names places, a matter or a batch of checks rather than a person, and a person's own link: told in tests of
# their own.
SHOWN_ELSEWHERE = {
    "board_save", "facility_open", "room_save", "facility_close", "observe", "matter", "act", "unmask",
}  # fmt: skip


def of_people(pattern: URLPattern) -> bool:
    """Whether the page behind an address touches the room of people."""
    module = sys.modules[inspect.unwrap(pattern.callback).__module__]
    imported = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)]
    return any((node.module or "").startswith("wangge.duties.observation") for node in imported)


def test_every_address_of_people_has_a_line() -> None:
    wanted = {pattern.name for pattern in urlpatterns if of_people(pattern)}
    assert wanted - {gate.name for gate in GATES} - SHOWN_ELSEWHERE == set(), "say in GATES who gets in"
    tables = {"person_act": people_deeds, "person_care": people_care, "plan_deed": people_plan_deeds}
    for name, deeds in ((name, module.DEEDS) for name, module in tables.items()):
        assert {gate.deed for gate in GATES if gate.name == name} == set(deeds)


@pytest.fixture
def scene(city: Any) -> Scene:
    return scene_make(city)


def address(gate: Gate, scene: Scene) -> str:
    wanted = {"number": scene.numbers["gone" if gate.name == "certificate" else "planted"], "deed": gate.deed}
    wanted["measure_id"] = str(scene.ids["measure"])
    [pattern] = [one for one in urlpatterns if one.name == gate.name]
    needed = pattern.pattern.converters  # type: ignore[attr-defined]
    return reverse(f"desk:{gate.name}", kwargs={name: wanted[name] for name in needed})


def allowed(gate: Gate, role: str, area: str) -> bool:
    """Who gets in, by the verbs of the pack: in the area of the record, or as the clinic that it was sent to."""
    verbs = set(huizhou_pack().roles[role].verbs)
    if role == "fever_clinic":
        return (area == INSIDE and gate.reach == AT_CLINIC) or (
            gate.reach == ANYWHERE and bool(verbs & set(gate.verbs))
        )
    if not verbs & set(gate.verbs) or (gate.reach != ANYWHERE and "person.view" not in verbs):
        return False
    return gate.reach == ANYWHERE or area == INSIDE


def asked(client: Client, gate: Gate, scene: Scene) -> tuple[int, str, int]:
    """The status, the whole answer, and how many events it made; then everything is as it was."""
    known = {name: str(value) for name, value in (*scene.ids.items(), *scene.numbers.items())}
    where = address(gate, scene)
    if gate.form is None:
        return undone(lambda: client.get(where))
    form = {name: str(value).format(**known) for name, value in gate.form.items()}
    return undone(lambda: client.post(where, form))


def faults(scene: Scene, city: Any, role: str, area: str) -> Iterator[str]:
    client = Client()
    client.force_login(city.person(scene.people[role, area]))
    for gate in GATES:
        status, body, made = asked(client, gate, scene)
        where = f"{role} {'inside' if area == INSIDE else 'outside'} {gate.name} {gate.deed}: {status}"
        may = allowed(gate, role, area)
        if may and status in (403, 404):
            yield f"{where}, but should get in"
        if not may and (status < 400 or made):
            yield f"{where}, but should be refused ({made} events)"
        shown = [text for text in PLANTED if text in body]
        if shown and not (gate.whole and may):
            yield f"{where} shows {len(shown)} planted words"
        if area == OUTSIDE and scene.numbers["planted"] in body and gate.reach == ANYWHERE:
            yield f"{where} names the record to an outsider"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_exactly_those_get_in_and_nothing_planted_is_shown(scene: Scene, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []

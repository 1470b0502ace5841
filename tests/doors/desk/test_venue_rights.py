"""Who gets in to what of venues: every address of the desk × every role, inside the area and outside.

Each request is undone. Nothing planted (operator, contact, telephone) stands whole in any answer but that of a look.
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

from tests.doors.desk.venue_doors import CONTACT, venues_make
from tests.rights import INSIDE, OUTSIDE, ROLES, hire, undone, verbs_of
from wangge.doors.desk.urls import urlpatterns
from wangge.ground.kernel import clock

ANYWHERE, HERE = "anywhere", "here"
PLANTED = (*CONTACT.values(),)
VISIT = {"key": "k", "aware": "yes"}
COUNT = {"guests": "3", "registered": "3", "uploaded": "3"}
ORDER = {"key": "k", "effect": "close", "kinds": "hotel", "areas": "441302001", "authority": "指挥部",
         "legal_basis": "第四十二条"}  # fmt: skip


class Gate(NamedTuple):
    """One thing that can be asked for: where, of which venue or record, with which form, and by whose verbs."""

    name: str
    verbs: tuple[str, ...]
    reach: str = HERE
    form: dict[str, Any] | None = None
    of: str = "cafe"
    deed: str = ""
    whole: bool = False


GATES = [
    Gate("venues", ("venue.view",), ANYWHERE),
    Gate("venue_new", ("venue.manage",), ANYWHERE),
    Gate("venue_import", ("venue.manage",), ANYWHERE),
    Gate("venue_import_template", ("venue.manage",), ANYWHERE),
    Gate("venue_import_take", ("venue.manage",), ANYWHERE, {}),
    Gate("venue_import_mend", ("venue.manage",), ANYWHERE, {}),
    Gate("venue", ("venue.view",)),
    Gate("venue_change", ("venue.manage",)),
    Gate("venue_change", ("venue.manage",), form={"version": "1", "kind": "internet_cafe", "name": "别名网吧"}),
    Gate("venue_unmask", ("vault.unmask",), form={"reason": "电话通知停业"}, whole=True),
    Gate("venue_deed", ("venue.manage",), form={"version": "1"}, deed="end"),
    Gate("venue_deed", ("venue.manage",), form={"version": "2"}, of="gone", deed="resume"),
    Gate("venue_deed", ("lodging.report",), form={}, of="hotel", deed="link"),
    Gate("venue_count", ("lodging.report",), form=COUNT, of="hotel"),
    Gate("venue_ready", ("readiness.record",), form={"do": "record", "met": "plan"}, of="school"),
    Gate("visit_new", ("venue.visit",)),
    Gate("visit_new", ("venue.visit",), form=VISIT),
    Gate("visit", ("venue.view",)),
    Gate("visit_photo", ("vault.view",)),
    Gate("visit_counter", ("duty.counter",), form={"reason": "记错了"}),
    Gate("rounds", ("venue.view",), ANYWHERE),
    Gate("orders", ("venue.view",), ANYWHERE),
    Gate("order_new", ("venue.order",), ANYWHERE),
    Gate("order_new", ("venue.order",), form=ORDER),
    Gate("order", ("venue.view",)),
    Gate("order_notice", ("venue.view",)),
    Gate("lodging", ("venue.view",), ANYWHERE),
    Gate("readiness", ("venue.view",), ANYWHERE),
    Gate("tasks", ("figure.view",), ANYWHERE),
]
# The place's own page, of no account; lifting, which takes the right in all of an order's areas; lists as files, which
# have a table of their own.
SHOWN_ELSEWHERE = {"lodging_link", "order_lift", "map_layer", "figure", "exports", "export"}


def of_venues(pattern: URLPattern) -> bool:
    """Whether the page behind an address touches the room of venues."""
    module = sys.modules[inspect.unwrap(pattern.callback).__module__]
    imported = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.ImportFrom)]
    return any((node.module or "").startswith("wangge.duties.venues") for node in imported)


def test_every_address_of_venues_has_a_line() -> None:
    wanted = {pattern.name for pattern in urlpatterns if of_venues(pattern)}
    of_bulletins = {name for name in wanted if name and name.startswith(("bulletin", "issue", "word"))}
    assert wanted - {gate.name for gate in GATES} - SHOWN_ELSEWHERE - of_bulletins == set(), "say in GATES who gets in"


@pytest.fixture
def scene(city: Any) -> Any:
    now = clock.now()
    made = venues_make(city, now)
    made.people = {(role, area): hire(city, role, area, now) for role in ROLES for area in (INSIDE, OUTSIDE)}
    return made


def address(gate: Gate, scene: Any) -> str:
    known = {
        "number": getattr(scene, gate.of).number, "deed": gate.deed, "visit_id": scene.visit.id,
        "order_id": scene.order.id, "evidence_id": scene.visit.evidence[0], "size": "small",
    }  # fmt: skip
    [pattern] = [one for one in urlpatterns if one.name == gate.name]
    needed = pattern.pattern.converters  # type: ignore[attr-defined]
    return reverse(f"desk:{gate.name}", kwargs={name: known[name] for name in needed})


def asked(client: Client, gate: Gate, scene: Any) -> tuple[int, str, int]:
    """The status, the whole answer, and how many events it made; then everything is as it was."""
    where = address(gate, scene)
    return undone(lambda: client.get(where) if gate.form is None else client.post(where, gate.form))


def faults(scene: Any, city: Any, role: str, area: str) -> Iterator[str]:
    client, verbs = Client(), verbs_of(role)
    client.force_login(city.person(scene.people[role, area]))
    for gate in GATES:
        status, body, made = asked(client, gate, scene)
        where = f"{role} {'inside' if area == INSIDE else 'outside'} {gate.name} {gate.deed}: {status}"
        seen = gate.reach == ANYWHERE or gate.name == "order_new" or "venue.view" in verbs
        may = bool(verbs & set(gate.verbs)) and seen and (gate.reach == ANYWHERE or area == INSIDE)
        if may and status in (403, 404):
            yield f"{where}, but should get in"
        if not may and (status < 400 or made):
            yield f"{where}, but should be refused ({made} events)"
        if any(text in body for text in PLANTED) and not (gate.whole and may):
            yield f"{where} shows planted words"
        if (
            area == OUTSIDE
            and gate.reach == ANYWHERE
            and any(getattr(scene, one).number in body for one in ("cafe", "hotel", "school"))
        ):
            yield f"{where} names a venue to an outsider"


@pytest.mark.once
@pytest.mark.parametrize("stands", [INSIDE, OUTSIDE])
def test_exactly_those_get_in_and_nothing_planted_is_shown(scene: Any, city: Any, stands: str) -> None:
    assert [fault for role in ROLES for fault in faults(scene, city, role, stands)] == []

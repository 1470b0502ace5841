"""People over the API: put on record once, read masked, refused to outsiders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.doors.api.conftest import EAST_LAKE, Caller
from wangge.duties.observation.models import Individual

Named = Callable[[str], Caller]
PERSON: dict[str, Any] = {
    "role": "arrival",
    "area": EAST_LAKE,
    "name": "王小明",
    "document_kind": "id_card",
    "document": "110101199003070038",
    "phones": ["13800138000"],
    "origin": "武汉",
    "legs": [],
}


def test_somebody_is_put_on_record_once_and_read_masked(caller: Named) -> None:
    dan = caller("dan")
    first = dan.post("/people", PERSON, key="one")
    assert first.status_code == 201, first.content
    assert dan.post("/people", PERSON, key="one").json() == first.json()
    number = first.json()["number"]
    shown = dan.get(f"/people/{number}").json()
    assert shown["private"] == {"name": "王**", "document": "1101**********0038", "phone": "138****8000"}
    again = dan.post("/people", PERSON)
    assert (again.status_code, again.json()["code"]) == (409, "record-known")
    assert again.json()["details"]["numbers"] == [number]
    assert dan.post("/people", PERSON | {"not_the_same": True}).status_code == 201
    assert Individual.objects.count() == 2


def test_what_cannot_be_right_and_who_may_not_is_refused(caller: Named) -> None:
    wrong = caller("dan").post("/people", PERSON | {"document": "110101199003070031"})
    assert (wrong.status_code, wrong.json()["details"]["field"]) == (422, "document")
    number = caller("dan").post("/people", PERSON).json()["number"]
    for who in ("olga", "paul", "adam"):
        assert caller(who).post("/people", PERSON | {"name": "某某"}).status_code == 403, who
        assert caller(who).get(f"/people/{number}").status_code == 404, who

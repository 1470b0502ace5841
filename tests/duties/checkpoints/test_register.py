"""The register of checkpoints, and how shifts hand over to each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import City
from wangge.duties.checkpoints import rules
from wangge.duties.checkpoints.models import Checkpoint, Handover
from wangge.duties.checkpoints.queries.register import checkpoint_by_number, checkpoint_view, checkpoints
from wangge.duties.checkpoints.rules import CheckpointDraft
from wangge.duties.checkpoints.services.handing import shift_hand_over, shift_take_over
from wangge.duties.checkpoints.services.register import (
    checkpoint_change,
    checkpoint_close,
    checkpoint_register,
    checkpoint_reopen,
    checkpoints_register,
)
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import (
    CheckpointChanged,
    CheckpointClosed,
    CheckpointKnown,
    HandoverOwn,
    HandoverTaken,
    InputInvalid,
    NotFound,
    NotPermitted,
)

Register = Callable[..., Checkpoint]
Told = Callable[[str], list[Event]]


def test_a_checkpoint_has_a_number_and_its_contact_is_sealed(city: City, register: Register, told: Told) -> None:
    found = register(
        agencies=("police", "health"), opens_at=time(7), closes_at=time(19),
        contact_name="令狐冲", contact_phone="13900000001",
    )  # fmt: skip
    assert found.number == "K441302001001-001"
    assert register(name="老街路口", kind="mobile").number == "K441302001001-002"
    view = checkpoint_view(checkpoint_by_number(found.number.lower(), actor=city.actor("dan")), actor=city.actor("dan"))
    assert view.private["contact_name"] != "令狐冲" and "0000" not in view.private["contact_phone"]
    [event, _] = told("checkpoint.registered")
    assert event.data == {"kind": "joint", "source": "desk"}
    assert [one.number for one in checkpoints(actor=city.actor("alice"), response_id=city.response_id)] == [
        found.number,
        "K441302001001-002",
    ]


def test_outsiders_neither_see_nor_register_nor_change(city: City, register: Register, now: datetime) -> None:
    found = register()
    draft = CheckpointDraft("joint", found.area_id, "别处", "国道")
    for who in ("olga", "omar", "alice"):
        with pytest.raises(NotPermitted):
            checkpoint_register(actor=city.actor(who), response_id=city.response_id, draft=draft, now=now)
        with pytest.raises(NotPermitted):
            checkpoint_close(actor=city.actor(who), checkpoint_id=found.id, version=1, now=now)
    assert checkpoints(actor=city.actor("olga"), response_id=city.response_id) == []
    with pytest.raises(NotFound):
        checkpoint_by_number(found.number, actor=city.actor("olga"))
    with pytest.raises(NotPermitted):
        shift_hand_over(actor=city.actor("olga"), checkpoint_id=found.id, notes="", now=now)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "none"}, "kind"),
        ({"lanes": 0}, "lanes"),
        ({"agencies": ("army",)}, "agencies"),
        ({"opens_at": time(7)}, "opens_at"),
        ({"lon": 114.4}, "lon"),
        ({"lon": 1.0, "lat": 1.0}, "lon"),
        ({"name": " "}, "name"),
        ({"road": "路" * 81}, "road"),
        ({"desk_phone": "12"}, "desk_phone"),
        ({"contact_phone": "abc"}, "contact_phone"),
        ({"equipment": "测温枪\0"}, "equipment"),
    ],
)
def test_what_cannot_be_is_named(register: Register, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        register(**wrong)
    assert refused.value.details["field"] == field


def test_a_list_sent_twice_registers_nothing_twice(city: City, told: Told, now: datetime) -> None:
    drafts = [CheckpointDraft("mobile", city.area("441302001001"), f"路口{one}", "县道") for one in "甲乙甲"]
    drafts.append(CheckpointDraft("mobile", city.area("441323001001"), "外县", "县道"))
    for taken in (2, 0):
        results = checkpoints_register(actor=city.actor("dan"), response_id=city.response_id, drafts=drafts, now=now)
        assert sum(isinstance(one, Checkpoint) for one in results) == taken
        assert isinstance(results[2], CheckpointKnown) and isinstance(results[3], NotPermitted)
    assert [event.data for event in told("checkpoint.list_imported")] == [{"rows": 4, "taken": 2}]


def test_of_two_who_change_one_is_told(city: City, register: Register, told: Told, now: datetime) -> None:
    found = register(contact_name="令狐冲")
    dan = city.actor("dan")
    draft = CheckpointDraft("joint", found.area_id, "东湖出口", "广惠高速", lanes=5)
    checkpoint_change(actor=dan, checkpoint_id=found.id, draft=draft, version=1, now=now)
    with pytest.raises(CheckpointChanged):
        checkpoint_change(actor=dan, checkpoint_id=found.id, draft=draft, version=1, now=now)
    assert told("checkpoint.changed")[0].data["fields"] == ["lanes", "desk_phone"]
    assert checkpoint_view(found, actor=dan).private["contact_name"]
    checkpoint_close(actor=dan, checkpoint_id=found.id, version=2, now=now)
    with pytest.raises(CheckpointClosed):
        shift_hand_over(actor=dan, checkpoint_id=found.id, notes="", now=now)
    again = register()
    with pytest.raises(CheckpointKnown):
        checkpoint_reopen(actor=dan, checkpoint_id=found.id, version=3, now=now)
    checkpoint_close(actor=dan, checkpoint_id=again.id, version=1, now=now)
    assert checkpoint_reopen(actor=dan, checkpoint_id=found.id, version=3, now=now).closed_on is None


def test_a_shift_is_handed_over_and_taken_over_once(city: City, register: Register, told: Told, now: datetime) -> None:
    found, alice, bob = register(), city.actor("alice"), city.actor("bob")
    record, notes = uuid4(), "2号测温枪电池不足；王某某家属明早来取车"
    for _ in range(2):
        handover = shift_hand_over(actor=alice, checkpoint_id=found.id, notes=notes, now=now, record_id=record)
    with pytest.raises(HandoverOwn):
        shift_take_over(actor=alice, handover_id=handover.id, now=now)
    with pytest.raises(NotPermitted):
        shift_take_over(actor=city.actor("olga"), handover_id=handover.id, now=now)
    shift_take_over(actor=bob, handover_id=handover.id, now=now + timedelta(minutes=5))
    with pytest.raises(HandoverTaken):
        shift_take_over(actor=city.actor("carol"), handover_id=handover.id, now=now)
    kept = Handover.objects.get()
    assert (kept.shift, kept.by_id, kept.taken_by_id) == ("day", city.people["alice"], city.people["bob"])
    # The words are in the vault, and the journal has none of them.
    assert checkpoint_view(found, actor=alice).notes[kept.id].startswith("2号测温枪")
    assert [event.data for event in told("checkpoint.shift_handed_over")] == [{"kind": "joint", "shift": "day"}]
    assert not any("测温枪" in str(event.data) for event in Event.objects.all())


def test_opening_times_may_cross_midnight(now: datetime) -> None:
    nine = now
    assert rules.is_open(None, None, nine) and rules.is_open(time(9), time(17), nine)
    assert not rules.is_open(time(9, 1), time(17), nine) and not rules.is_open(time(7), time(9), nine)
    assert rules.is_open(time(22), time(10), nine) and not rules.is_open(time(22), time(6), nine)

"""A checkpoint of the small city where somebody was stopped, and every form that is about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from wangge.duties.checkpoints.models import Checkpoint
from wangge.duties.checkpoints.rules import CheckpointDraft, Row
from wangge.duties.checkpoints.services.handing import shift_hand_over
from wangge.duties.checkpoints.services.register import checkpoint_close, checkpoint_register
from wangge.duties.checkpoints.services.screening import Taken, screenings_take
from wangge.ground.kernel.ids import new_id

VILLAGE = "441302001001"
DoorRow = tuple[str, str, dict[str, Any], dict[str, Any]]


def checkpoints_make(city: Any, now: datetime) -> SimpleNamespace:
    """One that stands, with a fever and a shift handed over, and one that was closed."""
    at = now - timedelta(hours=1)
    dan: dict[str, Any] = {"actor": city.actor("dan", at), "now": at}

    def register(name: str) -> Checkpoint:
        draft = CheckpointDraft("joint", city.area(VILLAGE), name, "广惠高速", lanes=2, contact_name="王小明")
        return checkpoint_register(response_id=city.response_id, draft=draft, **dan)

    here, gone = register("东湖出口"), register("旧卡口")
    checkpoint_close(checkpoint_id=gone.id, version=1, **dan)
    rows = [Row(here.id, "car", at, 1, "粤", people=2), Row(here.id, "ill", at, 1, people=2, temperature=38.5)]
    _, taken = screenings_take(
        actor=city.actor("alice", at), response_id=city.response_id, rows=rows, now=at, source="phone"
    )
    assert isinstance(taken, Taken)
    handover = shift_hand_over(actor=city.actor("alice", at), checkpoint_id=here.id, notes="换班", now=at)
    return SimpleNamespace(here=here, gone=gone, alert=taken.alert_id, handover=handover.id)


def checkpoint_doors(world: SimpleNamespace) -> list[DoorRow]:
    """(name, who, form, address) of every form of checkpoints, as the table of all forms has them."""
    made = world.checkpoints
    said: dict[str, Any] = {
        "kind": ("choice", "mobile"), "name": ("text", "老街路口"), "road": ("text", "县道"),
        "direction": ("text", "入城"), "lanes": ("number", "2"), "lon": ("number", "114.4"), "lat": ("number", "23.1"),
        "agencies": ("choice", "police"), "equipment": ("text", "额温枪"), "desk_phone": ("text", "0752-1000110"),
        "contact_name": ("text", "李四"), "contact_phone": ("text", "13912345679"),
    }  # fmt: skip
    area = {"area": ("hidden", VILLAGE), "area_name": ("text", "东湖社区")}
    person = {
        "name": ("text", "岳灵珊"), "document": ("document", "110101199003070038"), "phone": ("text", "13900000002"),
        "address": ("text", "东湖路1号"), "note": ("text", "同车两人"),
    }  # fmt: skip
    here, alert = {"number": made.here.number}, {"alert_id": made.alert}

    def deed(name: str, **form: Any) -> DoorRow:
        return ("checkpoint_deed", "dan", form, here | {"deed": name})

    return [
        ("checkpoint_new", "dan", {"key": ("key", "c0"), **said, **area}, {}),
        ("checkpoint_change", "dan", {"version": ("stale", "1"), **said}, here),
        ("checkpoint_unmask", "dan", {"reason": ("text", "核对值班")}, here),
        ("checkpoint", "dan", {}, here),
        deed("close", version=("stale", "1")),
        ("checkpoint_deed", "dan", {"version": ("stale", "2")}, {"number": made.gone.number, "deed": "reopen"}),
        deed("queue", queue=("number", "12")),
        deed("hand-over", key=("hidden", str(new_id())), notes=("text", "二号枪没电")),
        deed("take-over", handover=("row", str(made.handover))),
        ("alert_person", "dan", person, alert),
        ("alert_handed_over", "dan", {}, alert),
        ("checkpoint_alert", "dan", {}, alert),
        *((name, "dan", {}, here) for name in ("screening_rows", "screening_withdraw", "screening_queue")),
        ("checkpoint_import", "dan", {"file": ("hidden", "")}, {}),
        ("checkpoint_import_take", "dan", {"sent": ("hidden", "")}, {}),
        ("checkpoint_import_mend", "dan", {"sent": ("hidden", "")}, {}),
    ]

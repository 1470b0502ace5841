"""Who hears of an alert, after the fact: the duty desks of its place. What is sent names nobody."""

from __future__ import annotations

from datetime import datetime

from wangge.duties.checkpoints import events
from wangge.duties.checkpoints.models import Alert
from wangge.ground.accounts.queries import desk_near
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many

WHAT = {"fever": ("发热人员", "a fever"), "origin": ("疫情发生地来的人员", "somebody from an outbreak area")}


def tell_desk(happened: list[Event], now: datetime) -> None:
    """A passenger was stopped: the nearest duty desks above the checkpoint that have somebody hear it at once."""
    ids = [event.subject_id for event in happened if event.subject_id]
    numbers = dict(Alert.objects.filter(id__in=ids).values_list("id", "checkpoint__number"))
    desks = desk_near({event.area_id for event in happened if event.area_id}, now)
    notices = []
    for event in happened:
        if event.area_id is None or event.subject_id not in numbers:
            continue
        zh, en = WHAT[str(event.data["what"])]
        params = {"number": numbers[event.subject_id], "lane": event.data["lane"] or "—", "what": zh, "what_en": en}
        notices += [
            Notice(person, f"event:{event.tx}.{event.id}", events.SAY_ALERT, params, event.subject_id, event.exercise)
            for person in desks[event.area_id]
        ]
    notify_many(notices, now=now)

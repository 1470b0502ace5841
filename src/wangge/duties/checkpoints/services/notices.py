"""Who hears of an alert, after the fact: the duty desks of its place. What is sent names nobody."""

from __future__ import annotations

from datetime import datetime

from wangge.duties.checkpoints import events
from wangge.duties.checkpoints.models import Alert
from wangge.ground.accounts.queries import standings
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.spine.messaging.services import Notice, notify_many

WHAT = {"fever": ("发热人员", "a fever"), "origin": ("疫情发生地来的人员", "somebody from an outbreak area")}


def tell_desk(happened: list[Event], now: datetime) -> None:
    """A passenger was stopped: the nearest duty desks above the checkpoint that have somebody hear it at once."""
    ids = [event.subject_id for event in happened if event.subject_id]
    numbers = dict(Alert.objects.filter(id__in=ids).values_list("id", "checkpoint__number"))
    areas = tree()
    upper = {event.area_id: sorted(areas.superiors(event.area_id).items(), key=lambda one: one[1])
             for event in happened if event.area_id}  # fmt: skip
    desks = standings({area for steps in upper.values() for area, _ in steps}, "desk", now)
    notices = []
    for event in happened:
        if event.area_id is None or event.subject_id not in numbers:
            continue
        manned = [step for area, step in upper[event.area_id] if any(one.people for one in desks.get(area, ()))]
        near = [area for area, step in upper[event.area_id] if manned and step == manned[0]]
        people = [person for area in near for desk in desks.get(area, ()) for person in desk.people]
        zh, en = WHAT[str(event.data["what"])]
        params = {"number": numbers[event.subject_id], "lane": event.data["lane"] or "—", "what": zh, "what_en": en}
        notices += [
            Notice(person, f"event:{event.tx}.{event.id}", events.SAY_ALERT, params, event.subject_id, event.exercise)
            for person in dict.fromkeys(people)
        ]
    notify_many(notices, now=now)

"""Alarms as flows need them: which still have to become matters, and which matters a person has by them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from wangge.duties.observation.models import Alarm

__all__ = ["Alarm", "alarms_waiting", "matters_by_alarm"]


def alarms_waiting(alarm_ids: Iterable[UUID]) -> list[Alarm]:
    """Those of the alarms that have no matter yet, the oldest first; locked until the transaction ends."""
    rows = Alarm.objects.select_for_update(of=("self",)).select_related("plan__individual")
    return list(rows.filter(id__in=list(alarm_ids), matter_id__isnull=True).order_by("at", "id"))


def matters_by_alarm(person_ids: Iterable[UUID]) -> dict[tuple[UUID, bool], list[UUID]]:
    """The matters that alarms of these people have become, newest first: by person, and whether a check was missed."""
    rows = Alarm.objects.filter(plan__individual_id__in=set(person_ids), matter_id__isnull=False).order_by("-at")
    found: dict[tuple[UUID, bool], list[UUID]] = {}
    for person_id, what, matter_id in rows.values_list("plan__individual_id", "what", "matter_id"):
        of_person = found.setdefault((person_id, what == "missed"), [])
        if matter_id and matter_id not in of_person:
            of_person.append(matter_id)
    return found

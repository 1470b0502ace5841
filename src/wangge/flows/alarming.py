"""From people under observation to matters: a missed check, a fever, a symptom has to be settled by somebody."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from wangge.duties.matters.queries import still_open
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matters_receive, reports_add
from wangge.duties.observation.queries.alarms import Alarm, alarms_waiting, matters_by_alarm
from wangge.duties.observation.services.alarms import alarms_linked
from wangge.duties.observation.services.moves import pack_for
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import Problem
from wangge.ground.responses.packs.schema import ObservationDef

Taken = TypeVar("Taken")
Key = tuple[UUID, bool]  # whose alarm it is, and whether a check was missed
ALARMING = system_actor("alarming", "matter.report", "exercise.run")
WORDS = {
    "missed": "{number} 应于 {month}月{day}日 {until} 前完成的监测未完成，请联系本人。",
    "fever": "{number} {month}月{day}日监测发现发热，请立即处置。",
    "symptom": "{number} {month}月{day}日监测出现症状，请立即处置。",
}


def open_matters(happened: list[Event], now: datetime) -> None:
    """Each alarm becomes a matter of the pack's kind; while one is open, the person's next alarm is added to it.

    Done twice it changes nothing: an alarm that has its matter is passed over.
    """
    waiting = alarms_waiting(UUID(event.data["alarm"]) for event in happened)
    by_response: dict[UUID, list[Alarm]] = {}
    for alarm in waiting:
        by_response.setdefault(alarm.plan.individual.response_id, []).append(alarm)
    for response_id, alarms in by_response.items():
        _settle(response_id, alarms, now)


def _settle(response_id: UUID, alarms: list[Alarm], now: datetime) -> None:
    definition = pack_for(response_id)[1]
    standing = _standing(alarms)
    first: dict[Key, Alarm] = {}
    for alarm in alarms:
        if _key(alarm) not in standing:
            first.setdefault(_key(alarm), alarm)
    drafts = [_draft(alarm, definition) for alarm in first.values()]
    opened = matters_receive(actor=ALARMING, response_id=response_id, drafts=drafts, now=now)
    standing |= {key: _taken(result).matter_id for key, result in zip(first, opened, strict=True)}
    further = [alarm for alarm in alarms if first.get(_key(alarm)) is not alarm]
    added = [(standing[_key(alarm)], _draft(alarm, definition)) for alarm in further]
    for result in reports_add(actor=ALARMING, added=added, now=now):
        _taken(result)
    alarms_linked({alarm.id: standing[_key(alarm)] for alarm in alarms})


def _key(alarm: Alarm) -> Key:
    return alarm.plan.individual_id, alarm.what == "missed"


def _standing(alarms: list[Alarm]) -> dict[Key, UUID]:
    """The open matter to which a further alarm of somebody is added, where there is one."""
    by_alarm = matters_by_alarm({alarm.plan.individual_id for alarm in alarms})
    open_now = still_open({matter_id for matters in by_alarm.values() for matter_id in matters})
    found = {key: [open_now[one] for one in matters if one in open_now] for key, matters in by_alarm.items()}
    return {key: matters[0] for key, matters in found.items() if matters}


def _taken(result: Taken | Problem) -> Taken:
    if isinstance(result, Problem):
        raise result
    return result


def _draft(alarm: Alarm, definition: ObservationDef) -> ReportDraft:
    plan = alarm.plan
    text = WORDS[alarm.what].format(
        number=plan.individual.number, month=alarm.day.month, day=alarm.day.day, until=plan.slots[alarm.slot]
    )
    return ReportDraft(
        kind=definition.missed if alarm.what == "missed" else definition.found,
        area_id=plan.area_id,
        source="system",
        text=text,
        observed_at=alarm.at,
        exercise=plan.exercise,
    )

"""From people under observation to matters: a missed check, a fever, a symptom has to be settled by somebody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wangge.duties.matters.queries import still_open
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matters_receive, report_add
from wangge.duties.observation.queries.alarms import Alarm, alarms_waiting, matters_by_alarm
from wangge.duties.observation.services.alarms import alarm_linked
from wangge.duties.observation.services.moves import pack_for
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import Problem

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
    by_matter = matters_by_alarm({_key(alarm)[0] for alarm in waiting})
    open_now = still_open({matter_id for matters in by_matter.values() for matter_id in matters})
    fresh: dict[tuple[UUID, bool], list[Alarm]] = {}
    for alarm in waiting:
        standing = next((open_now[one] for one in by_matter.get(_key(alarm), []) if one in open_now), None)
        if standing is None:
            fresh.setdefault(_key(alarm), []).append(alarm)
        else:
            _add(standing, [alarm], now)
    by_response: dict[UUID, list[list[Alarm]]] = {}
    for alarms in fresh.values():
        by_response.setdefault(alarms[0].plan.individual.response_id, []).append(alarms)
    for response_id, groups in by_response.items():
        _open(response_id, groups, now)


def _key(alarm: Alarm) -> tuple[UUID, bool]:
    return alarm.plan.individual_id, alarm.what == "missed"


def _open(response_id: UUID, groups: list[list[Alarm]], now: datetime) -> None:
    drafts = [_draft(alarms[0]) for alarms in groups]
    opened = matters_receive(actor=ALARMING, response_id=response_id, drafts=drafts, now=now)
    for alarms, received in zip(groups, opened, strict=True):
        if isinstance(received, Problem):
            raise received
        alarm_linked(alarm_id=alarms[0].id, matter_id=received.matter_id)
        _add(received.matter_id, alarms[1:], now)


def _add(matter_id: UUID, alarms: list[Alarm], now: datetime) -> None:
    for alarm in alarms:
        report_add(actor=ALARMING, matter_id=matter_id, draft=_draft(alarm), now=now)
        alarm_linked(alarm_id=alarm.id, matter_id=matter_id)


def _draft(alarm: Alarm) -> ReportDraft:
    plan, (_, definition) = alarm.plan, pack_for(alarm.plan.individual.response_id)
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

"""From checkpoints to matters: whoever was stopped has to be settled by somebody, and is put on record from there.

The alert becomes a matter at once, with its place and lane; the person form, filled in while the car waits, is added
to it as a report, from which the person is put on record. Done twice it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from wangge.duties.checkpoints.queries.alerts import Alert, alerts_waiting, forms_waiting
from wangge.duties.checkpoints.queries.register import pack_for
from wangge.duties.checkpoints.services.alerts import alerts_linked, forms_linked
from wangge.duties.matters.queries import still_open
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matters_receive, reports_add
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import Problem
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import MatterKind
from wangge.ground.responses.vault import Secret

Taken = TypeVar("Taken")
SCREENING = system_actor("screening", "matter.report", "exercise.run")
PERSONAL = ("name", "document", "phone", "address")


def open_matters(happened: list[Event], now: datetime) -> None:
    """Each alert becomes a matter of the pack's kind."""
    by_response: dict[UUID, list[Alert]] = {}
    for alert in alerts_waiting(event.subject_id for event in happened if event.subject_id):
        by_response.setdefault(alert.checkpoint.response_id, []).append(alert)
    for response_id, alerts in by_response.items():
        secrets = _known(response_id, [alert.id for alert in alerts])
        drafts = [_draft(alert, secrets.get(alert.id, {})) for alert in alerts]
        opened = matters_receive(actor=SCREENING, response_id=response_id, drafts=drafts, now=now)
        alerts_linked({alert.id: _taken(one).matter_id for alert, one in zip(alerts, opened, strict=True)})


def add_people(happened: list[Event], now: datetime) -> None:
    """Each person form is added to the matter of its alert; where that is settled already it becomes another matter."""
    waiting = forms_waiting(UUID(event.data["form"]) for event in happened)
    open_now = still_open({form.alert.matter_id for form in waiting if form.alert.matter_id})
    for form in waiting:
        alert = form.alert
        if alert.matter_id is None:
            raise RuntimeError(f"the alert {alert.id} is no matter yet")
        response_id = alert.checkpoint.response_id
        secrets = _known(response_id, [alert.id, form.id])
        draft = _draft(alert, secrets.get(alert.id, {}) | secrets.get(form.id, {}))
        if alert.matter_id in open_now:
            [added] = reports_add(actor=SCREENING, added=[(open_now[alert.matter_id], draft)], now=now)
            forms_linked({form.id: _taken(added)})
        else:
            [opened] = matters_receive(actor=SCREENING, response_id=response_id, drafts=[draft], now=now)
            forms_linked({form.id: _taken(opened).report_id})


def _known(response_id: UUID, ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    carried: Mapping[UUID, Iterable[Secret]] = vault.carried(response_id=response_id, subject_ids=ids)
    return {subject: {one.field: one.value for one in secrets} for subject, secrets in carried.items()}


def _taken(result: Taken | Problem) -> Taken:
    if isinstance(result, Problem):
        raise result
    return result


def _draft(alert: Alert, said: Mapping[str, str]) -> ReportDraft:
    checkpoint = alert.checkpoint
    pack, plan = pack_for(checkpoint.response_id)
    kind = pack.kinds[plan.fever if alert.what == "fever" else plan.origin]
    return ReportDraft(
        kind=kind.code,
        area_id=alert.area_id,
        source="checkpoint",
        text=_words(alert, said),
        observed_at=alert.at,
        reporter_id=alert.person_id,
        lon=checkpoint.lon,
        lat=checkpoint.lat,
        fields=_fields(kind, alert, said),
        exercise=alert.exercise,
    )


def _words(alert: Alert, said: Mapping[str, str]) -> str:
    checkpoint = alert.checkpoint
    lane = f"第{alert.lane}车道" if alert.lane else ""
    found = f"测得体温{said['temperature']}℃" if alert.what == "fever" and "temperature" in said else ""
    origin = f"来自{said['origin']}" if "origin" in said else ""
    plate = f"车牌{said['plate']}" if "plate" in said else ""
    document = f"证件{said['document']}" if "document" in said else ""
    told = "，".join(part for part in (found, origin, plate, document, said.get("note", "")) if part)
    when = local(alert.at)
    return (
        f"检疫点 {checkpoint.number} {checkpoint.name}{lane}，{when.month}月{when.day}日{when:%H:%M}：{told}，"
        "人员在现场等候，请立即处置。"
    )


def _fields(kind: MatterKind, alert: Alert, said: Mapping[str, str]) -> dict[str, Any]:
    """The kind's fields, as far as the checkpoint fills them."""
    values: dict[str, Any] = {}
    for item in kind.fields:
        if item.type == "text" and item.personal in PERSONAL and said.get(item.personal):
            values[item.code] = said[item.personal]
        elif item.type == "temperature" and "temperature" in said:
            values[item.code] = float(said["temperature"])
        elif item.reads == "origin" and "origin" in said:
            values[item.code] = said["origin"]
        elif item.reads == "day" and item.type == "date" and alert.what == "origin":
            values[item.code] = local(alert.at).date().isoformat()
    return values

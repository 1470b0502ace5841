"""A compulsory measure is carried out under a matter of refused isolation: the police assist the institution."""

from __future__ import annotations

from datetime import datetime

from wangge.duties.matters.queries import open_among
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.observation.services.measures import measure_link, measures_unlinked
from wangge.duties.observation.services.moves import pack_for
from wangge.flows.caring import personal_fields
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.responses import vault

BRIDGE = system_actor("refusal", "person.measure", "person.view", "matter.report", "matter.view", "exercise.run")


def open_refusal(happened: list[Event], now: datetime) -> None:
    """Link each new measure to the open matter of that person's refusal, or open one; done again, nothing more."""
    ids = {event.subject_id for event in happened if event.subject_id}
    for measure, known in measures_unlinked(actor=BRIDGE, measure_ids=ids):
        individual = measure.individual
        _, plan = pack_for(individual.response_id)
        matter_id = open_among(actor=BRIDGE, matter_ids=known, kind=plan.refused)
        if matter_id is None:
            draft = ReportDraft(
                kind=plan.refused,
                area_id=individual.area_id,
                source="system",
                text=f"档案 {individual.number} 已采取强制隔离措施，请公安协助医疗机构执行。",
                exercise=individual.exercise,
            )
            received = matter_receive(actor=BRIDGE, response_id=individual.response_id, draft=draft, now=now)
            matter_id = received.matter_id
            names = personal_fields(individual.response_id, plan.refused)
            vault.copy_fields(
                response_id=individual.response_id,
                from_subject=individual.id,
                to_subject=received.report_id,
                fields={held: names[held] for held in ("name", "address") if held in names},
            )
        measure_link(actor=BRIDGE, measure_id=measure.id, matter_id=matter_id)

"""Somebody is taken away who cares for others: a care matter for each child, elderly or sick person left behind."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.observation.services.contacts import KINDS, dependant_left, dependants_left
from wangge.duties.observation.services.moves import pack_for
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.responses import vault

CARER = system_actor("care", "person.view", "matter.report", "exercise.run")


def care_for_left(happened: list[Event], now: datetime) -> None:
    """Open the care matters that are still missing for the people these events tell of; done again, nothing more.

    The journal hears the kind of dependant only. What is needed goes from one place in the vault to another.
    """
    individuals = {UUID(event.data["individual"]) for event in happened}
    for dependant in dependants_left(actor=CARER, individual_ids=individuals):
        carer = dependant.carer
        _, plan = pack_for(carer.response_id)
        draft = ReportDraft(
            kind=plan.left_behind,
            area_id=carer.area_id,
            source="system",
            text=f"照料人（档案 {carer.number}）已被隔离，家中{KINDS[dependant.kind]}无人照料，请落实照料。",
            exercise=carer.exercise,
        )
        received = matter_receive(actor=CARER, response_id=carer.response_id, draft=draft, now=now)
        names = personal_fields(carer.response_id, plan.left_behind)
        for subject, fields in (
            (dependant.id, {"need": "text", "name": names.get("name")}),
            (carer.id, {"address": names.get("address", "address")}),
        ):
            vault.copy_fields(
                response_id=carer.response_id,
                from_subject=subject,
                to_subject=received.report_id,
                fields={field: name for field, name in fields.items() if name},
            )
        dependant_left(actor=CARER, dependant=dependant, matter_id=received.matter_id, now=now)


def personal_fields(response_id: UUID, kind: str) -> dict[str, str]:
    """The fields of a kind of matter that hold personal data, by what they hold: "name", "phone", "address"."""
    pack, _ = pack_for(response_id)
    return {field.personal: field.code for field in reversed(pack.kinds[kind].fields) if field.personal}

"""Who was stopped 检疫警示: the person form, the handing over to the health side, and the matter it has become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.checkpoints import events, rules
from wangge.duties.checkpoints.models import Alert, PersonForm
from wangge.duties.checkpoints.services.register import event_of
from wangge.duties.checkpoints.services.screening import PRIVATE
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.fields import check_words, invalid
from wangge.ground.kernel.identity import document_guessed, phone_read
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AlertHandedOver, InputInvalid, NotFound
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret


@dataclass(frozen=True)
class PersonDraft:
    """What the person form says of somebody who was stopped; all of it goes to the vault."""

    name: str
    document: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""


def check_person(draft: PersonDraft) -> InputInvalid | None:
    """What is wrong with a person form, the first thing found, or None."""
    if draft.document.strip() and document_guessed(draft.document) is None:
        return invalid("document", "证件号码有误，请核对。", "This is no document's number.")
    if draft.phone.strip() and phone_read(draft.phone) is None:
        return invalid("phone", "这不像电话号码。", "This is no telephone number.")
    if not draft.name.strip() and not draft.phone.strip() and not draft.document.strip():
        return invalid("name", "姓名、证件号码、电话至少填写一项。", "Give a name, a document or a telephone.")
    return (
        check_words(draft.name, "name", rules.NAME_LIMIT)
        or check_words(draft.address, "address", rules.WORDS_LIMIT)
        or check_words(draft.note, "note", rules.NOTE_LIMIT)
    )


@transaction.atomic
def alert_person(
    *, actor: Actor, alert_id: UUID, draft: PersonDraft, now: datetime, form_id: UUID | None = None
) -> Alert:
    """Take the person form of an alert. The same `form_id` again changes nothing; another one adds another person.

    Each form is kept under an id of its own: a car may bring more than one who is ill.
    """
    alert = _find(alert_id, actor)
    problem = check_person(draft)
    if problem:
        raise problem
    form, fresh = PersonForm.objects.get_or_create(
        id=form_id or new_id(), defaults={"alert": alert, "person_id": actor.person_id, "at": now}
    )
    if not fresh:
        return alert
    said = {name: getattr(draft, name).strip() for name in ("name", "document", "phone", "address", "note")}
    secrets = [Secret(form.id, name, PRIVATE[name], value) for name, value in said.items() if value]
    vault.put_many(response_id=alert.checkpoint.response_id, secrets=secrets)
    upon = event_of(
        alert.checkpoint, events.TOLD, actor=actor, now=now, subject_id=alert.id, what=alert.what, form=str(form.id)
    )
    journal.record_many([upon])
    return alert


@transaction.atomic
def alert_handed_over(*, actor: Actor, alert_id: UUID, now: datetime) -> Alert:
    """Note that the person was handed over 移交. Raises AlertHandedOver the second time."""
    alert = _find(alert_id, actor)
    if Alert.objects.filter(id=alert.id, handed_over_at__isnull=True).update(handed_over_at=now) != 1:
        raise AlertHandedOver()
    upon = event_of(alert.checkpoint, events.HANDED_OVER, actor=actor, now=now, subject_id=alert.id, what=alert.what)
    journal.record_many([upon])
    return alert


def _find(alert_id: UUID, actor: Actor) -> Alert:
    alert = Alert.objects.select_related("checkpoint").filter(id=alert_id).first()
    if alert is None:
        raise NotFound(what="检疫警示")
    require(actor, "checkpoint.screen", alert.area_id)
    return alert


def alerts_linked(matters: Mapping[UUID, UUID]) -> None:
    """Note which matter each alert has become, inside the transaction that opens them."""
    for alert_id, matter_id in matters.items():
        Alert.objects.filter(id=alert_id, matter_id__isnull=True).update(matter_id=matter_id)


def forms_linked(reports: Mapping[UUID, UUID]) -> None:
    """Note which report each person form has become, inside the transaction that adds them."""
    for form_id, report_id in reports.items():
        PersonForm.objects.filter(id=form_id, report_id__isnull=True).update(report_id=report_id)

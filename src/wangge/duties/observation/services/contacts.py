"""Contacts 密切接触者 of a case, who infected whom 传染来源, and who depends on somebody taken away 被照料人."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.observation import events
from wangge.duties.observation.models import Contact, Dependant, Individual, Plan
from wangge.duties.observation.queries.cards import visible
from wangge.duties.observation.services.moves import change, find, find_active, tell
from wangge.duties.observation.services.plans import plan_change
from wangge.duties.observation.services.records import RecordDraft, individual_register
from wangge.ground.areas.permission import may, require
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import InputInvalid, NotFound, SourceImpossible
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

SETTINGS: dict[str, str] = dict(Contact._meta.get_field("setting").choices or ())  # type: ignore[arg-type]
KINDS: dict[str, str] = dict(Dependant._meta.get_field("kind").choices or ())  # type: ignore[arg-type]
CASES = ("confirmed", "suspected")
WORDS_LIMIT = 2000


@transaction.atomic
def contact_list(
    *,
    actor: Actor,
    case_id: UUID,
    setting: str,
    last_on: date | None,
    now: datetime,
    exposed_id: UUID | None = None,
    draft: RecordDraft | None = None,
    evidence: str = "",
    not_the_same: bool = False,
) -> Contact:
    """Put somebody on the contact list of a case, a record that there is (`exposed_id`) or a new one (`draft`). Once.

    The day last together moves the other's last exposure, and with it a plan that runs, if it is the later one.
    Raises what individual_register does where a draft names somebody known.
    """
    case = find(case_id, actor=actor, verb="person.register")
    _check(setting, last_on, evidence, now)
    if exposed_id is None:
        if draft is None:
            raise InputInvalid(field="exposed", why_zh="请选择档案或填写姓名。", why_en="Choose a record, or name one.")
        exposed = individual_register(
            actor=actor, response_id=case.response_id, draft=draft, now=now, source="contact", not_the_same=not_the_same
        )
    else:
        exposed = _exposed(exposed_id, case, actor, now)
    contact, fresh = Contact.objects.get_or_create(
        case=case,
        exposed=exposed,
        defaults={"setting": setting, "last_on": last_on, "listed_by_id": actor.person_id, "listed_at": now},
    )
    if not fresh:
        return contact
    if evidence.strip():
        vault.put_many(response_id=case.response_id, secrets=[Secret(contact.id, "evidence", "text", evidence.strip())])
    tell(
        case, events.CONTACT_LISTED, actor=actor, now=now, subject_id=contact.id,
        case=str(case.id), exposed=str(exposed.id), setting=setting, infector=False,
    )  # fmt: skip
    if last_on and case.role in CASES:
        _expose(exposed, last_on, actor, now)
    return contact


def _check(setting: str, last_on: date | None, evidence: str, now: datetime) -> None:
    if setting not in SETTINGS:
        raise InputInvalid(field="setting", why_zh="请选择接触方式。", why_en="Choose how they met.")
    if last_on is not None and last_on > local(now).date():
        raise InputInvalid(field="last_on", why_zh="末次接触不能在今天之后。", why_en="Not after today.")
    if len(evidence) > WORDS_LIMIT:
        raise InputInvalid(field="evidence", why_zh=f"不能超过 {WORDS_LIMIT} 字。", why_en="This is too long.")


def _exposed(exposed_id: UUID, case: Individual, actor: Actor, now: datetime) -> Individual:
    exposed = visible(actor, now).filter(id=exposed_id, response_id=case.response_id).first()
    if exposed is None or exposed.state in ("merged", "withdrawn"):
        raise NotFound(what="人员档案")
    if exposed.id == case.id:
        raise InputInvalid(field="exposed", why_zh="不能是本人。", why_en="Not the person themselves.")
    return exposed


def _expose(exposed: Individual, last_on: date, actor: Actor, now: datetime) -> None:
    """A later exposure moves the day from which observation counts."""
    if exposed.last_exposure_on and exposed.last_exposure_on >= last_on:
        return
    exposed = Individual.objects.get(id=exposed.id)
    change(exposed, None, last_exposure_on=last_on)
    running = Plan.objects.filter(individual=exposed, state="running").first()
    if running and running.exposure_on < last_on and may(actor, "person.plan", exposed.area_id):
        plan_change(actor=actor, individual_id=exposed.id, exposure_on=last_on, now=now, cause="contact")


@transaction.atomic
def contact_source_named(*, actor: Actor, contact_id: UUID, infector: bool, now: datetime) -> Contact:
    """Say that the case of a contact is the source of the other's infection, or take that back.

    One source for each person, and no circles. Raises SourceImpossible.
    """
    contact = Contact.objects.select_related("case", "exposed").filter(id=contact_id).first()
    if contact is None:
        raise NotFound(what="接触记录")
    require(actor, "person.plan", contact.exposed.area_id)
    if contact.infector == infector:
        return contact
    if infector:
        _check_source(contact)
    try:
        with transaction.atomic():
            moved = change_rows(Contact, {"id": contact.id, "infector": not infector}, {"infector": infector})
    except IntegrityError:
        raise SourceImpossible(why_zh="已登记另一传染来源。", why_en="another source is on record.") from None
    contact.infector = infector
    if moved:
        tell(
            contact.exposed, events.CONTACT_LISTED, actor=actor, now=now, subject_id=contact.id,
            case=str(contact.case_id), exposed=str(contact.exposed_id), setting=contact.setting, infector=infector,
        )  # fmt: skip
    return contact


def _check_source(contact: Contact) -> None:
    if contact.exposed.role not in CASES:
        raise SourceImpossible(why_zh="此人不是病例。", why_en="this person is no case.")
    # Locked, so that two people naming sources at once cannot close a circle between them.
    links = Contact.objects.select_for_update().filter(infector=True, case__response_id=contact.case.response_id)
    source_of = dict(links.values_list("exposed_id", "case_id"))
    at: UUID | None = contact.case_id
    while at is not None:
        if at == contact.exposed_id:
            raise SourceImpossible(why_zh="会首尾相接成环。", why_en="the chain would run in a circle.")
        at = source_of.get(at)


@transaction.atomic
def dependant_name(
    *, actor: Actor, individual_id: UUID, kind: str, name: str, need: str, now: datetime, alone: bool = True
) -> Dependant:
    """Name somebody who depends on a person: a child, an elderly or a sick person, and what they need.

    Where nobody else is there (`alone`) and the carer is taken away, now or later, a care matter is opened for them.
    """
    individual = find_active(individual_id, actor=actor, verb="person.register")
    if kind not in KINDS:
        raise InputInvalid(field="kind", why_zh="请选择被照料人是谁。", why_en="Choose who depends on them.")
    if not need.strip() or len(need) > WORDS_LIMIT:
        raise InputInvalid(field="need", why_zh="请写明需要什么照料。", why_en="Say what care is needed.")
    dependant = Dependant.objects.create(carer=individual, kind=kind, alone=alone, named_at=now)
    said = [Secret(dependant.id, "name", "name", name.strip()), Secret(dependant.id, "need", "text", need.strip())]
    vault.put_many(response_id=individual.response_id, secrets=said)
    tell(
        individual, events.DEPENDANT_NAMED, actor=actor, now=now, subject_id=dependant.id,
        kind=kind, individual=str(individual.id),
    )  # fmt: skip
    return dependant


def dependants_left(*, actor: Actor, individual_ids: set[UUID]) -> list[Dependant]:
    """Those alone of whom no care matter tells yet, while their carer is taken away: in a facility, in hospital.

    Locked until the caller's transaction is over, so that two engines cannot open a matter each.
    """
    require(actor, "person.view", None)
    away = Plan.objects.filter(state="running", setting__in=["facility", "hospital"], individual__in=individual_ids)
    taken = set(away.values_list("individual_id", flat=True))
    admitted = Individual.objects.filter(id__in=individual_ids, role="confirmed", state="active")
    taken |= set(admitted.values_list("id", flat=True))
    left = Dependant.objects.select_for_update(of=("self",)).select_related("carer")
    return list(left.filter(carer_id__in=taken, alone=True, matter_id=None).order_by("id"))


@transaction.atomic
def dependant_left(*, actor: Actor, dependant: Dependant, matter_id: UUID, now: datetime) -> bool:
    """Note the care matter of somebody left behind; False where there is one already."""
    require(actor, "person.view", dependant.carer.area_id)
    if change_rows(Dependant, {"id": dependant.id, "matter_id": None}, {"matter_id": matter_id}) != 1:
        return False
    tell(
        dependant.carer, events.DEPENDANT_LEFT, actor=actor, now=now, subject_id=dependant.id,
        kind=dependant.kind, individual=str(dependant.carer_id),
    )  # fmt: skip
    return True

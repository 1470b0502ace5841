"""Records put right 更正, with what stood there before; handed to another area 移交; the person told 告知本人."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.observation import events
from wangge.duties.observation.drafts import (
    RecordDraft,
    check_day,
    check_document,
    check_phones,
    check_text,
)
from wangge.duties.observation.models import Correction, Individual, Plan
from wangge.duties.observation.queries.duplicates import known_many, problem_of
from wangge.duties.observation.services.moves import change, find, find_active, tell
from wangge.duties.observation.services.records import household_of
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.identity import document_read, phone_read
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, RecordNotActive
from wangge.ground.responses import vault
from wangge.ground.responses.queries import wait_turn
from wangge.ground.responses.vault import Secret

# The personal fields and their kinds in the vault; the others stand open.
PERSONAL = {
    "name": "name",
    "document": "document",
    "phone": "phone",
    "phone_2": "phone",
    "address": "address",
    "note": "text",
}
DAYS = ("arrived_on", "last_exposure_on", "onset_on")
OPEN = ("document_kind", "origin", *DAYS)
TOLD_WITHIN = timedelta(hours=24)


@transaction.atomic
def individual_correct(
    *, actor: Actor, individual_id: UUID, version: int | None, changes: Mapping[str, Any], now: datetime
) -> Individual:
    """Put fields right; what stood there is kept. `changes` are values by field, "" or None for what is not so.

    A document's number goes with its kind. What is given as it stands already is passed over.
    """
    individual = find(individual_id, actor=actor, verb="person.register")
    if individual.state == "merged":
        raise RecordNotActive(number=individual.number)
    wait_turn(individual.response_id)
    values = _read(individual, changes, local(now).date())
    held = {one.field: one for one in _held(individual)}
    secret = {
        field: value
        for field, value in values.items()
        if field in PERSONAL and value != (held[field].value if field in held else "")
    }
    opened = {field: value for field, value in values.items() if field in OPEN and value != getattr(individual, field)}
    if not (secret or opened):
        return individual
    if secret.get("document"):
        _refuse_somebody_elses(individual, values["document_kind"], secret["document"], actor)
    before = [(field, _text(getattr(individual, field)), _text(value)) for field, value in opened.items()]
    change(individual, version, **opened)
    rows = [_row(individual, actor, now, *one) for one in before]
    kept: list[Secret] = []
    for field, value in secret.items():
        row = _row(individual, actor, now, field, "", "")
        rows.append(row)
        kept += [Secret(row.id, "before", PERSONAL[field], held[field].value)] if field in held else []
        kept.append(Secret(row.id, "after", PERSONAL[field], value))
    Correction.objects.bulk_create(rows)
    vault.put_many(response_id=individual.response_id, secrets=kept)
    vault.replace(
        response_id=individual.response_id,
        secrets=[Secret(individual.id, field, PERSONAL[field], value) for field, value in secret.items()],
    )
    told = sorted({*secret, *opened})
    tell(individual, events.CORRECTED, actor=actor, now=now, role=individual.role, fields=told)
    return individual


def _held(individual: Individual) -> list[Secret]:
    found = vault.carried(response_id=individual.response_id, subject_ids=[individual.id])
    return found.get(individual.id, [])


def _read(individual: Individual, changes: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The values in their one form. Raises InputInvalid at the field."""
    values = dict(changes)
    unknown = next((field for field in values if field not in PERSONAL and field not in OPEN), None)
    if unknown:
        raise invalid(unknown, "档案没有这一项。", "A record has no such field.")
    if ("document" in values) != ("document_kind" in values):
        raise invalid("document", "证件类型和号码请一并填写。", "Give a document's kind together with its number.")
    problem = next(_problems(values, today), None)
    if problem is not None:
        raise problem
    for field, value in values.items():
        if field in ("phone", "phone_2"):
            values[field] = phone_read(value) if value.strip() else ""
        elif field == "document":
            values[field] = document_read(values["document_kind"], value) or ""
        elif isinstance(value, str):
            values[field] = value.strip()
    return values


def _problems(values: Mapping[str, Any], today: date) -> Iterator[Any]:
    texts = [field for field in ("name", "address", "origin", "note") if field in values]
    yield from chain.from_iterable(check_text(field, values[field]) for field in texts)
    if "document_kind" in values:
        yield from check_document(values["document_kind"], values["document"])
    for field in ("phone", "phone_2"):
        if field in values:
            yield from (
                invalid(field, one.details["why_zh"], one.details["why_en"]) for one in check_phones((values[field],))
            )
    yield from chain.from_iterable(check_day(field, values[field], today) for field in DAYS if field in values)


def _refuse_somebody_elses(individual: Individual, kind: str, number: str, actor: Actor) -> None:
    draft = RecordDraft(individual.role, individual.area_id, document=number, document_kind=kind)
    [known] = known_many(individual.response_id, [draft], individual.exercise)
    others = [one for one in known if one.individual.id != individual.id]
    if others:
        raise problem_of(others, actor)


def _row(individual: Individual, actor: Actor, now: datetime, field: str, before: str, after: str) -> Correction:
    return Correction(
        id=new_id(),
        individual_id=individual.id,
        field=field,
        before=before[:80],
        after=after[:80],
        by_id=actor.person_id,
        at=now,
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


@transaction.atomic
def household_join(
    *, actor: Actor, individual_id: UUID, with_id: UUID, version: int | None, now: datetime
) -> Individual:
    """Somebody lives with somebody else who is on record; the households of both become one."""
    individual = find_active(individual_id, actor=actor, verb="person.register")
    other = Individual.objects.filter(id=with_id, response_id=individual.response_id).first()
    if other is None or other.id == individual.id or not may(actor, "person.view", other.area_id):
        raise NotFound(what="同住人的档案")
    home = household_of(other)
    if individual.household_id == home:
        return individual
    change(individual, version, household_id=home)
    Correction.objects.bulk_create([_row(individual, actor, now, "household", "", other.number)])
    tell(individual, events.CORRECTED, actor=actor, now=now, role=individual.role, fields=["household"])
    return individual


@transaction.atomic
def individual_move(
    *,
    actor: Actor,
    individual_id: UUID,
    area_id: UUID,
    version: int | None,
    now: datetime,
    along: Collection[UUID] = (),
) -> Individual:
    """Hand a record to another area 移交, with those of the household who go along; a running plan goes too.

    Whoever hands over needs no post where the person goes: the desks of both areas are told.
    """
    individual = find_active(individual_id, actor=actor, verb="person.register")
    areas = tree()
    if area_id not in areas or areas.get(area_id).ended or areas.get(area_id).level not in {"village", "grid"}:
        raise invalid("area", "请选择接收的村（居）。", "Choose the village or community that takes over.")
    home = individual.household_id
    others = Individual.objects.filter(id__in=along, household_id=home, state="active") if home and along else ()
    for one in (individual, *(other for other in others if other.id != individual.id)):
        if one.area_id != area_id and (one is individual or may(actor, "person.register", one.area_id)):
            _move(one, area_id, version if one is individual else None, actor, now)
    return individual


def _move(one: Individual, area_id: UUID, version: int | None, actor: Actor, now: datetime) -> None:
    areas, was = tree(), one.area_id
    change(one, version, area_id=area_id)
    Plan.objects.filter(individual=one, state="running").update(area_id=area_id)
    row = _row(one, actor, now, "area", areas.path_name(was), areas.path_name(area_id))
    Correction.objects.bulk_create([row])
    tell(one, events.MOVED, actor=actor, now=now, role=one.role, from_area=str(was))


@transaction.atomic
def individual_notified(
    *, actor: Actor, individual_id: UUID, now: datetime, at: datetime | None = None, version: int | None = None
) -> Individual:
    """The person was told 告知本人 what they are held to be and what is asked of them; told once."""
    individual = find_active(individual_id, actor=actor, verb="person.check")
    if individual.notified_at is not None:
        return individual
    told_at = at or now
    if not individual.identified_at - TOLD_WITHIN <= told_at <= now:
        raise invalid("at", "告知时间应在建档前一天之后、当前时间以前。", "The time lies ahead or too far back.")
    change(individual, version, notified_at=told_at)
    in_time = told_at - individual.identified_at <= TOLD_WITHIN
    tell(individual, events.NOTIFIED, actor=actor, now=now, observed_at=told_at, role=individual.role, in_time=in_time)
    return individual

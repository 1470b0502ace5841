"""Records of people 建档: taken one by one or by the list, each person once; what a record becomes and how it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.observation import events, rules
from wangge.duties.observation.drafts import LegDraft, RecordDraft, read_draft
from wangge.duties.observation.models import Household, Individual, Leg, NumberCounter, Origin, Plan
from wangge.duties.observation.queries.duplicates import Known, known_many, marks, may_be, problem_of
from wangge.duties.observation.queries.underway import underway
from wangge.duties.observation.services.moves import change, pack_for, tell
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import count_up, insert_rows
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted, Problem, RecordInUse, RecordNotActive
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import ObservationDef
from wangge.ground.responses.queries import response_running, wait_turn
from wangge.ground.responses.vault import Secret

__all__ = [
    "Came",
    "LegDraft",
    "RecordDraft",
    "individual_close",
    "individual_register",
    "individual_restore",
    "individuals_register",
    "role_change",
]
ENDINGS = {"over": events.CLOSED, "withdrawn": events.WITHDRAWN}
COLUMNS = (
    "id", "response", "number", "area", "role", "state", "document_kind", "household", "origin", "arrived_on",
    "last_exposure_on", "onset_on", "identified_at", "confirmed_at", "quarantined_when_confirmed", "registered_by",
    "exercise", "version",
)  # fmt: skip
ORIGIN_COLUMNS = ("id", "individual", "source", "matter_id", "report_id", "row_digest", "at")
_columns = attrgetter(*(Individual._meta.get_field(name).attname for name in COLUMNS))  # type: ignore[union-attr]


@dataclass(frozen=True)
class Came:
    """What a draft came with: the matter and the report that told of the person, the mark of a row of a list."""

    matter_id: UUID | None = None
    report_id: UUID | None = None
    row_digest: str = ""


@dataclass
class _Item:
    """One draft on its way in: the record that it becomes, or the one that stands already."""

    draft: RecordDraft
    came: Came
    record: Individual
    by: str = ""
    household_id: UUID | None = None
    secrets: list[Secret] = field(default_factory=list)

    @property
    def fresh(self) -> bool:
        return not self.by


def individual_register(
    *,
    actor: Actor,
    response_id: UUID,
    draft: RecordDraft,
    now: datetime,
    source: str = "desk",
    matter_id: UUID | None = None,
    report_id: UUID | None = None,
    not_the_same: bool = False,
) -> Individual:
    """Put one person on record, or raise the problem that keeps them out.

    At the desk somebody on record already is a RecordKnown to decide about, unless it is `not_the_same`; from any
    other source the record that stands is reported again.
    """
    came = Came(matter_id, report_id)
    [result] = _register(actor, response_id, [draft], now, source, [came], not_the_same)
    if isinstance(result, Problem):
        raise result
    return result


def individuals_register(
    *,
    actor: Actor,
    response_id: UUID,
    drafts: Sequence[RecordDraft],
    now: datetime,
    source: str,
    came: Sequence[Came] = (),
    known: Sequence[Sequence[Known]] | None = None,
) -> list[Individual | Problem]:
    """Put many people on record: for each draft in its place the record, new or known, or what keeps it out.

    A fixed number of queries for each thousand. `came` goes with the drafts one by one. So does `known`, from a caller
    that has the turn of the response and has looked already: the drafts are then as `read_draft` gives them.
    """
    return _register(actor, response_id, drafts, now, source, came or [Came()] * len(drafts), False, known)


@transaction.atomic
def _register(
    actor: Actor,
    response_id: UUID,
    drafts: Sequence[RecordDraft],
    now: datetime,
    source: str,
    came: Sequence[Came],
    not_the_same: bool,
    looked: Sequence[Sequence[Known]] | None = None,
) -> list[Individual | Problem]:
    _, plan = pack_for(response_id)
    exercise = response_running(response_id).exercise
    wait_turn(response_id)  # so that of two who register one person the second finds the record of the first
    refused = [_refused(actor, draft) for draft in drafts]
    read: list[RecordDraft | Problem] = [why or draft for why, draft in zip(refused, drafts, strict=True)]
    if looked is None:
        today = local(now).date()
        read = [one if isinstance(one, Problem) else read_draft(one, plan.roles, today) for one in read]
        looked = known_many(response_id, [one for one in read if isinstance(one, RecordDraft)], exercise)
    else:
        looked = [hits for hits, why in zip(looked, refused, strict=True) if why is None]
    known = iter(looked)
    entries: list[_Item | Problem] = []
    met: dict[tuple[str, ...], Individual] = {}
    for one, with_it in zip(read, came, strict=True):
        if isinstance(one, Problem):
            entries.append(one)
            continue
        found = [] if not_the_same else next(known)
        if found and source == "desk":
            entries.append(problem_of(found, actor))
        else:
            entries.append(_item(one, with_it, found, met, response_id, actor, exercise, now))
    items = [entry for entry in entries if isinstance(entry, _Item)]
    _write(items, actor, response_id, plan, source, now)
    return [entry.record if isinstance(entry, _Item) else entry for entry in entries]


def _refused(actor: Actor, draft: RecordDraft) -> Problem | None:
    areas = tree()
    if draft.area_id not in areas or areas.get(draft.area_id).ended:
        return invalid("area", "没有这个区域，或该区域已撤销。", "There is no such area, or it has ended.")
    verb = "exercise.run" if draft.exercise else "person.register"
    return None if may(actor, verb, draft.area_id) else NotPermitted(verb=verb)


def _item(
    draft: RecordDraft,
    came: Came,
    found: Sequence[Known],
    met: dict[tuple[str, ...], Individual],
    response_id: UUID,
    actor: Actor,
    exercise: bool,
    now: datetime,
) -> _Item:
    """What becomes of a draft; `met` are the people of this batch so far, by what tells them from others."""
    own = list(marks(draft))
    standing = next(((one.individual, one.by) for one in found if one.sure), None)
    standing = standing or next(
        ((met[mark], mark[0]) for mark in own if mark in met and may_be(draft, met[mark], mark[0])), None
    )
    record, by = standing or (_record(draft, response_id, actor, exercise, now), "")
    for mark in own:
        met.setdefault(mark, record)
    return _Item(draft, came, record, by)


def _record(draft: RecordDraft, response_id: UUID, actor: Actor, exercise: bool, now: datetime) -> Individual:
    case = draft.role == "confirmed"
    return Individual(
        id=new_id(),
        response_id=response_id,
        area_id=draft.area_id,
        role=draft.role,
        document_kind=draft.document_kind,
        origin=draft.origin,
        arrived_on=draft.arrived_on,
        last_exposure_on=draft.last_exposure_on,
        onset_on=draft.onset_on,
        identified_at=now,
        confirmed_at=now if case else None,
        quarantined_when_confirmed=False if case else None,
        registered_by_id=actor.person_id,
        exercise=exercise or draft.exercise,
    )


def _write(
    items: Sequence[_Item], actor: Actor, response_id: UUID, plan: ObservationDef, source: str, now: datetime
) -> None:
    fresh = [item for item in items if item.fresh]
    _join_households(fresh, actor, response_id)
    _number(fresh, now)
    insert_rows(Individual, COLUMNS, [_columns(item.record) for item in fresh])
    insert_rows(Origin, ORIGIN_COLUMNS, [_origin(item, source, now) for item in items])
    legs = [(leg, _leg(item.record, leg)) for item in fresh for leg in item.draft.legs]
    Leg.objects.bulk_create([row for _, row in legs])
    vault.put_many(response_id=response_id, secrets=[secret for item in fresh for secret in _secrets(item)])
    vault.put_many(
        response_id=response_id, secrets=[Secret(row.id, "vehicle", "text", leg.vehicle) for leg, row in legs]
    )
    _add_what_is_new([item for item in items if not item.fresh], response_id)
    journal.record_many(_event(item, actor, plan, source, now) for item in items)


def _join_households(fresh: Sequence[_Item], actor: Actor, response_id: UUID) -> None:
    wanted = {item.draft.household_of for item in fresh if item.draft.household_of}
    if not wanted:
        return
    members = {one.id: one for one in Individual.objects.filter(id__in=wanted, response_id=response_id)}
    for item in fresh:
        if item.draft.household_of:
            member = members.get(item.draft.household_of)
            if member is None or not may(actor, "person.view", member.area_id):
                raise NotFound(what="同住人的档案")
            item.record.household_id = household_of(member)


def household_of(member: Individual) -> UUID:
    """The household of somebody; made where nobody has asked before. Inside the caller's transaction."""
    if member.household_id is None:
        home = Household.objects.create(response_id=member.response_id, area_id=member.area_id)
        # Who lives with whom is no change that somebody reading the record has to see before saving.
        Individual.objects.filter(id=member.id).update(household=home)
        member.household_id = home.id
    return member.household_id


def _number(fresh: Sequence[_Item], now: datetime) -> None:
    if not fresh:
        return
    day, areas = local(now).date(), tree()
    wanted = Counter(item.draft.area_id for item in fresh)
    rows = [(area_id, day, count) for area_id, count in sorted(wanted.items())]
    last = {row[0]: row[2] for row in count_up(NumberCounter, ("area", "day"), "last", rows)}
    following = {area_id: last[area_id] - count for area_id, count in wanted.items()}
    for item in fresh:
        following[item.draft.area_id] += 1
        code = areas.get(item.draft.area_id).code
        item.record.number = rules.record_number(code, day, following[item.draft.area_id])


def _origin(item: _Item, source: str, now: datetime) -> tuple[Any, ...]:
    came = item.came
    source = "matter" if source == "desk" and came.matter_id else source
    return new_id(), item.record.id, source, came.matter_id, came.report_id, came.row_digest, now


def _leg(record: Individual, leg: LegDraft) -> Leg:
    return Leg(
        individual_id=record.id,
        on=leg.on,
        departed_from=leg.departed_from,
        arrived_at=leg.arrived_at,
        transport=leg.transport,
    )


def _secrets(item: _Item) -> Iterator[Secret]:
    subject, draft = item.record.id, item.draft
    yield Secret(subject, "name", "name", draft.name)
    yield Secret(subject, "document", "document", draft.document)
    for name, phone in zip(("phone", "phone_2"), draft.phones, strict=False):
        yield Secret(subject, name, "phone", phone)
    yield Secret(subject, "address", "address", draft.address)
    yield Secret(subject, "note", "text", draft.note)


def _add_what_is_new(again: Sequence[_Item], response_id: UUID) -> None:
    """What a record does not say yet is added from the new report; what it says stays, to be corrected by hand."""
    held = vault.fields_held(item.record.id for item in again)
    added: list[Secret] = []
    for item in again:
        record, draft, has = item.record, item.draft, held.setdefault(item.record.id, set())
        takes_document = record.document_kind == "none" and draft.document_kind != "none"
        for secret in _secrets(item):
            if secret.value and secret.field not in has and (secret.field != "document" or takes_document):
                has.add(secret.field)
                added.append(secret)
        changes: dict[str, Any] = {"document_kind": draft.document_kind} if takes_document else {}
        changes |= {
            name: value
            for name in ("origin", "arrived_on", "last_exposure_on", "onset_on")
            if (value := getattr(draft, name)) and not getattr(record, name)
        }
        if changes:
            change(record, None, **changes)
    vault.put_many(response_id=response_id, secrets=added)


def _event(item: _Item, actor: Actor, plan: ObservationDef, source: str, now: datetime) -> Any:
    record = item.record
    matter = str(item.came.matter_id or "")
    data: dict[str, Any] = {"role": record.role, "source": source, "matter": matter}
    if item.fresh:
        data |= {"number": record.number, "setting": plan.roles[record.role].setting}  # type: ignore[index]
    else:
        data |= {"by": item.by}
    return journal.draft(
        events.REGISTERED if item.fresh else events.REPORTED_AGAIN,
        at=now,
        actor_id=actor.person_id,
        area_id=record.area_id,
        subject_id=record.id,
        response_id=record.response_id,
        exercise=record.exercise,
        **data,
    )


# -- what becomes of a record ------------------------------------------------------------------------


@transaction.atomic
def role_change(
    *, actor: Actor, individual_id: UUID, role: str, cause: str, now: datetime, version: int | None = None
) -> Individual:
    """A person is found to be something else: by those who plan their observation, or as a clinic's answer says."""
    individual = Individual.objects.filter(id=individual_id).first()
    if individual is None:
        raise NotFound(what="人员档案")
    require(actor, "person.plan", individual.area_id)
    if individual.state != "active":
        raise RecordNotActive(number=individual.number)
    was = individual.role
    if role == was:
        return individual
    if role not in rules.BECOMES[was]:
        raise invalid("role", "人员类别不能这样变更。", "A record of this role cannot become that.")
    changes: dict[str, Any] = {"role": role}
    if role == "confirmed":
        observed = Plan.objects.filter(individual=individual, state="running").exists()
        changes |= {"confirmed_at": now, "quarantined_when_confirmed": observed}
    if role in {"suspected", "confirmed"} and individual.isolated_at is None:
        changes |= {"isolated_at": now}
    change(individual, version, **changes)
    tell(individual, events.ROLE_CHANGED, actor=actor, now=now, role=role, from_role=was, cause=cause)
    return individual


@transaction.atomic
def individual_close(*, actor: Actor, individual_id: UUID, state: str, reason: str, now: datetime) -> Individual:
    """Close a record: "over" when somebody is released, "withdrawn" when it was not what it was reported to be.

    `reason` is a code. Raises RecordInUse while something runs on it. A second time changes nothing.
    """
    individual = Individual.objects.filter(id=individual_id).first()
    if individual is None:
        raise NotFound(what="人员档案")
    require(actor, "person.plan", individual.area_id)
    if individual.state == state:
        return individual
    if individual.state != "active":
        raise RecordNotActive(number=individual.number)
    if running := underway([individual.id]).get(individual.id):
        raise RecordInUse(number=individual.number, what_zh=running[0][0], what_en=running[0][1])
    change(individual, None, state=state)
    tell(individual, ENDINGS[state], actor=actor, now=now, role=individual.role, reason=reason)
    return individual


@transaction.atomic
def individual_restore(*, actor: Actor, individual_id: UUID, cause: str, now: datetime) -> Individual:
    """Take a withdrawn record up again, as it stood; one that is in use stays as it is.

    `cause` is a code. Raises RecordNotActive for a record that is over or merged.
    """
    individual = Individual.objects.filter(id=individual_id).first()
    if individual is None:
        raise NotFound(what="人员档案")
    require(actor, "person.plan", individual.area_id)
    if individual.state == "active":
        return individual
    if individual.state != "withdrawn":
        raise RecordNotActive(number=individual.number)
    change(individual, None, state="active")
    tell(individual, events.RESTORED, actor=actor, now=now, role=individual.role, cause=cause)
    return individual

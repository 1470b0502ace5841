"""From a matter to a person's record and back: who is reported is put on record, who is recorded gets a matter.

The matter is where government, health and village are told and acknowledge. Each bridge may run twice: a report that
has led to a record, and a record that has its matter, are passed over.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from wangge.duties.matters import queries as matters
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import Received, matters_receive_many
from wangge.duties.observation.drafts import LONG_AGO, LONGEST, MOST_PHONES
from wangge.duties.observation.events import UNFOUNDED
from wangge.duties.observation.queries import origins
from wangge.duties.observation.queries.origins import Waiting
from wangge.duties.observation.queries.underway import underway
from wangge.duties.observation.services.matching import origins_settle
from wangge.duties.observation.services.records import (
    Came,
    RecordDraft,
    individual_close,
    individual_restore,
    individuals_register,
)
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.identity import document_guessed, phone_read
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import Problem
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import ObservationDef, ObservedRole, Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.ground.responses.vault import Secret

log = logging.getLogger(__name__)
CLERK = system_actor("registering", "person.register", "person.plan", "matter.report", "exercise.run")
# Fields of a report that tell of whoever reports it, and its words.
NOT_THE_PERSON = {"text", "reporter_name", "reporter_phone"}
PERSONAL = {"name", "phone", "document"}


def _packs(happened: Iterable[Event]) -> Iterator[tuple[UUID, Pack, ObservationDef]]:
    """The responses that the events belong to and whose packs say how people are observed."""
    for response_id in dict.fromkeys(event.response_id for event in happened if event.response_id):
        pack = pack_by_id(response_by_id(response_id).pack_id)
        if pack.observation is not None:
            yield response_id, pack, pack.observation


# -- a matter tells of somebody: they are put on record ----------------------------------------------


def register_people(happened: list[Event], now: datetime) -> None:
    """A report of a kind that the pack keeps people on record for, with somebody's name, phone or document in it."""
    for response_id, _, plan in _packs(happened):
        roles = {observed.kind: role for role, observed in reversed(plan.roles.items())}
        cases = {
            event.subject_id: event
            for event in happened
            if event.response_id == response_id and event.subject_id and event.data["kind"] in roles
        }
        told = matters.reports_told(cases)
        known = origins.reports_known([report.report_id for report in told])
        told = [report for report in told if report.report_id not in known]
        secrets = vault.carried(response_id=response_id, subject_ids=[report.report_id for report in told])
        drafts: list[RecordDraft] = []
        came: list[Came] = []
        for report in told:
            person = [one for one in secrets.get(report.report_id, []) if one.field not in NOT_THE_PERSON]
            event = cases[report.matter_id]
            if event.area_id and any(one.kind in PERSONAL for one in person):
                role = roles[event.data["kind"]]
                drafts.append(_draft(role, plan.roles[role], event, report.fields, person, now))
                came.append(Came(report.matter_id, report.report_id))
        if drafts:
            results = individuals_register(
                actor=CLERK, response_id=response_id, drafts=drafts, now=now, source="matter", came=came
            )
            for result, with_it in zip(results, came, strict=True):
                if isinstance(result, Problem):
                    log.warning(
                        "matter %s tells of somebody who cannot be recorded: %s", with_it.matter_id, result.code
                    )


def _draft(
    role: str, observed: ObservedRole, event: Event, fields: Mapping[str, Any], person: Sequence[Secret], now: datetime
) -> RecordDraft:
    """What a report tells of somebody. Numbers that cannot be right are kept as a note: nobody is there to ask."""
    assert event.area_id is not None
    words = {one.field: one.value for one in person}
    values = {**words, **fields}
    today = local(now).date()
    documents = [one.value for one in person if one.kind == "document"]
    read = next((found for text in documents if (found := document_guessed(text))), ("none", ""))
    phones = [one.value for one in person if one.kind == "phone"]
    dialled = [text for text in phones if phone_read(text)][:MOST_PHONES]
    doubtful = [text for text in phones if text not in dialled]
    doubtful += [text for text in documents if document_guessed(text) is None]
    note = f"来源事项所填，未能核对：{'、'.join(doubtful)}" if doubtful else ""
    exposed = _day(values.get(observed.exposure or ""), today)
    homes = sorted((one for one in person if one.kind == "address"), key=lambda one: one.field == "address")
    return RecordDraft(
        role=role,
        area_id=event.area_id,
        name=next((one.value for one in person if one.kind == "name"), "")[: LONGEST["name"]],
        document=read[1],
        document_kind=read[0],
        phones=tuple(dialled),
        address=(homes[0].value if homes else "")[: LONGEST["address"]],
        origin=str(values.get(observed.origin or "", ""))[: LONGEST["origin"]],
        arrived_on=exposed if role == "arrival" else None,
        last_exposure_on=exposed,
        onset_on=_day(values.get(observed.onset or ""), today),
        note=note[: LONGEST["note"]],
        exercise=event.exercise,
    )


def _day(text: Any, today: date) -> date | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if today - LONG_AGO <= day <= today else None


# -- somebody is on record: a matter tells the three parties -----------------------------------------


def open_matters(happened: list[Event], now: datetime) -> None:
    """A record that no matter led to gets one of its role's kind; people of a list share theirs, see below."""
    single = [event.subject_id for event in happened if event.subject_id and event.data["source"] != "list"]
    for response_id, pack, plan in _packs(happened):
        waiting = [[one] for one in origins.without_matter(single, response_id)]
        _open(response_id, pack, plan, waiting, now)


def open_matters_of_list(happened: list[Event], now: datetime) -> None:
    """The people of an imported list share one matter for each area and kind."""
    for response_id, pack, plan in _packs(happened):
        instants = [event.at for event in happened if event.response_id == response_id]
        groups: dict[tuple[UUID, str, datetime, bool], list[Waiting]] = {}
        for one in origins.of_lists(instants, response_id):
            kind = plan.roles[one.role].kind  # type: ignore[index]
            groups.setdefault((one.area_id, kind, one.at, one.exercise), []).append(one)
        _open(response_id, pack, plan, list(groups.values()), now)


def _open(
    response_id: UUID, pack: Pack, plan: ObservationDef, groups: Sequence[Sequence[Waiting]], now: datetime
) -> None:
    if not groups:
        return
    alone = [group[0].individual_id for group in groups if len(group) == 1]
    secrets = vault.carried(response_id=response_id, subject_ids=alone)
    sent = [_report(pack, plan, group, secrets.get(group[0].individual_id, [])) for group in groups]
    results = matters_receive_many(response_id=response_id, sent=[(CLERK, draft) for draft in sent], now=now)
    led: dict[UUID, tuple[UUID, UUID | None]] = {}
    for group, result in zip(groups, results, strict=True):
        if not isinstance(result, Received):
            raise result
        for one in group:
            # A report belongs to one record; that of a list tells of many.
            led[one.origin_id] = (result.matter_id, result.report_id if len(group) == 1 else None)
    origins_settle(actor=CLERK, led=led)


def _report(pack: Pack, plan: ObservationDef, group: Sequence[Waiting], person: Sequence[Secret]) -> ReportDraft:
    """The report by which the three parties hear of a person, or of all that a list names in an area."""
    first = group[0]
    observed = plan.roles[first.role]  # type: ignore[index]
    kind = pack.kinds[observed.kind]
    if len(group) == 1:
        text = f"人员建档 {first.number}，{kind.name}，请三方知悉，落实医学观察。"
        fields = _fields(pack, observed, first, person)
    else:
        numbers = sorted(one.number for one in group)
        origin, many = Counter(one.origin for one in group).most_common(1)[0]
        text = (
            f"导入名单 {len(group)} 人，{kind.name}，档案号 {numbers[0]} 至 {numbers[-1]}，请三方知悉，逐人落实观察。"
        )
        shared = bool(origin and observed.origin and many == len(group))
        fields = {str(observed.origin): origin} if shared else {}
    return ReportDraft(
        kind=observed.kind,
        area_id=first.area_id,
        source="desk",
        text=text,
        reporter_id=first.registered_by,
        fields=fields,
        exercise=first.exercise,
    )


def _fields(pack: Pack, observed: ObservedRole, one: Waiting, person: Sequence[Secret]) -> dict[str, Any]:
    """The kind's fields, as far as the record fills them: whoever is pushed to needs to know whom to visit."""
    values: dict[str, Any] = {}
    days = {observed.exposure: one.last_exposure_on, observed.onset: one.onset_on}
    for item in pack.kinds[observed.kind].fields:
        personal = next((secret.value for secret in person if secret.kind == item.personal), None)
        if item.type == "text" and item.personal in {"name", "phone", "address", "document"} and personal:
            values[item.code] = personal
        elif item.code == observed.origin and one.origin:
            values[item.code] = one.origin
        elif (day := days.get(item.code)) is not None:
            values[item.code] = day.isoformat()
    return values


# -- a matter comes to nothing: so does the record ---------------------------------------------------


def withdraw_unfounded(happened: list[Event], now: datetime) -> None:
    """A matter was dismissed, or closed as unfounded: records that stand on nothing else are withdrawn."""
    for response_id, _, plan in _packs(happened):
        ended = {
            event.subject_id
            for event in happened
            if event.subject_id
            and event.response_id == response_id
            and (event.type == "matter.dismissed" or event.data["outcome"] in plan.unfounded)
        }
        standing = origins.standing_on(matters.with_merged(ended))
        endings = matters.endings({matter for ids in standing.values() for matter in ids if matter})
        running = underway(list(standing))
        for individual_id, ids in standing.items():
            nothing = all(matter and _unfounded(endings.get(matter), plan) for matter in ids)
            if nothing and individual_id not in running:
                individual_close(actor=CLERK, individual_id=individual_id, state="withdrawn", reason=UNFOUNDED, now=now)


def restore_founded(happened: list[Event], now: datetime) -> None:
    """A matter was taken up again: so are the records that were withdrawn with it, not those withdrawn by hand."""
    for response_id, _, plan in _packs(happened):
        reopened = {event.subject_id for event in happened if event.subject_id and event.response_id == response_id}
        standing = matters.endings(reopened)
        founded = {matter_id for matter_id in reopened if not _unfounded(standing.get(matter_id), plan)}
        for individual_id in origins.fallen_with(matters.with_merged(founded)):
            individual_restore(actor=CLERK, individual_id=individual_id, cause="matter", now=now)


def _unfounded(ending: tuple[str, str] | None, plan: ObservationDef) -> bool:
    return ending is not None and (ending[0] in {"dismissed", "returned"} or ending[1] in plan.unfounded)

"""Receiving reports 上报: any number in one transaction, each with its own result.

This is the hot door. However many reports come, the same small number of statements is run, and a
report that cannot be taken never sinks the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from wangge.duties.matters import events, rules
from wangge.duties.matters.models import SOURCES, CaseCounter, Matter, Report
from wangge.duties.matters.policies import Snapshot, snapshot_of, snapshots_keep
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.moves import ladder_of, matters_among, told
from wangge.duties.matters.surges import SURGES_RUNNING, factor_for
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import ask, count_up, in_few_messages, insert_rows
from wangge.ground.kernel.calendars import WorkCalendar
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import MergeImpossible, NotFound, NotPermitted, Problem, ResponseEnded
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import followed_by, pack_by_id, response_by_id, response_running
from wangge.ground.responses.vault import SealedRow, Secret
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.queries import LOCAL_DAYS, calendar_with
from wangge.spine.clocks.services import Start

SOURCE_CODES = frozenset(code for code, _ in SOURCES)
Turn = Callable[[], object]
NO_FIELDS: dict[str, Any] = {}
MATTER_COLUMNS = (
    "id", "number", "response", "policy", "kind", "severity", "area", "stage", "pause", "ending", "outcome",
    "handed_back", "level", "base_level", "exercise", "received_at", "stage_since", "due_at", "queue_at", "version",
    "last_action", "last_actor_id",
)  # fmt: skip
REPORT_COLUMNS = (
    "id", "matter", "source", "reporter", "observed_at", "received_at", "clock_wrong", "lon", "lat", "fields",
)  # fmt: skip


class Received(NamedTuple):
    """A report that was taken: its matter, the number people use, and when the push is due."""

    matter_id: UUID
    report_id: UUID
    number: str
    due_at: datetime


def no_wait() -> None:
    """The turn of reports that nothing has to be numbered before."""


@dataclass(slots=True)
class _Item:
    """One report on its way through the batch; its row and its sealed fields are made before the transaction."""

    actor: Actor
    draft: ReportDraft
    snapshot: Snapshot
    matter_id: UUID = field(default_factory=new_id)
    report_id: UUID = field(default_factory=new_id)
    row: tuple[Any, ...] = ()
    fields: list[SealedRow] = field(default_factory=list)
    number: str = ""
    due_at: datetime | None = None


class Prepared(NamedTuple):
    """Reports looked at and sealed, each in its place: what is left is to number and write them."""

    response_id: UUID
    exercise: bool
    calendar: WorkCalendar
    entries: list[_Item | Problem]


def matters_receive(
    *, actor: Actor, response_id: UUID, drafts: Sequence[ReportDraft], now: datetime
) -> list[Received | Problem]:
    """Take reports of one sender: a result for each in its order, a Received or the Problem that kept it out."""
    return matters_receive_many(response_id=response_id, sent=[(actor, draft) for draft in drafts], now=now)


def matters_receive_many(
    *, response_id: UUID, sent: Sequence[tuple[Actor, ReportDraft]], now: datetime
) -> list[Received | Problem]:
    """Take reports of several senders, each with the sender's own rights: a result for each in its order."""
    prepared = matters_prepare(response_id=response_id, sent=sent, now=now)
    return matters_write(prepared, range(len(sent)), now=now)


def matters_prepare(*, response_id: UUID, sent: Sequence[tuple[Actor, ReportDraft]], now: datetime) -> Prepared:
    """Check reports against the sender's rights and the pack in force, and seal their words. Writes no report.

    It may run while the reports before these are being written. Raises NotFound where there is no such
    response, ResponseEnded where it is over, VaultLocked where its key is gone.
    """
    followed, running, local_days = ask(followed_by(response_id), SURGES_RUNNING, LOCAL_DAYS)
    if not followed:
        raise NotFound(what="响应")
    pack_id, exercise, ended_at = followed[0]
    if ended_at is not None:
        raise ResponseEnded(name=response_by_id(response_id).name)
    pack, surges = pack_by_id(pack_id), dict(running)
    entries: list[_Item | Problem] = []
    for actor, draft in sent:
        problem = _problem(actor, draft, pack)
        if problem is None:
            factor = factor_for(pack, draft.kind, draft.area_id, surges)
            entries.append(_Item(actor, draft, snapshot_of(pack_id, draft.kind, factor)))
        else:
            entries.append(problem)
    items = [entry for entry in entries if isinstance(entry, _Item)]
    if items:
        snapshots_keep({item.snapshot for item in items})
        seal = vault.sealing(response_id)
        for item in items:
            item.row = _report_row(item.report_id, item.matter_id, item.draft, item.snapshot, now)
            item.fields = seal(_secrets(item.report_id, item.draft, item.snapshot))
    return Prepared(response_id, bool(exercise), calendar_with(pack.calendar, local_days), entries)


def matters_write(
    prepared: Prepared, places: Iterable[int], *, now: datetime, turn: Turn = no_wait
) -> list[Received | Problem]:
    """Number and write the prepared reports at these places: a result for each in the order of the places.

    `turn` is called before they take their numbers and returns when those to be numbered before them are written.
    """
    chosen = [prepared.entries[place] for place in places]
    items = [entry for entry in chosen if isinstance(entry, _Item)]
    if items:
        # A savepoint would be two more statements; nothing is caught in here that a part could be rolled back for.
        with in_few_messages(savepoint=False, rows=len(items)):
            _write(items, prepared, now, turn)
    return [_received(entry) if isinstance(entry, _Item) else entry for entry in chosen]


def matter_receive(*, actor: Actor, response_id: UUID, draft: ReportDraft, now: datetime) -> Received:
    """Take one report, or raise the problem that keeps it out."""
    [result] = matters_receive(actor=actor, response_id=response_id, drafts=[draft], now=now)
    if isinstance(result, Problem):
        raise result
    return result


def _problem(actor: Actor, draft: ReportDraft, pack: Pack) -> Problem | None:
    areas = tree()
    if draft.area_id not in areas or areas.get(draft.area_id).ended:
        return invalid("area", "没有这个区域，或该区域已撤销。", "There is no such area, or it has ended.")
    verb = "exercise.run" if draft.exercise else "matter.report"
    if not may(actor, verb, draft.area_id):
        return NotPermitted(verb=verb)
    return rules.check_draft(draft, pack.kinds.get(draft.kind), SOURCE_CODES)


def _received(item: _Item) -> Received:
    assert item.due_at is not None
    return Received(item.matter_id, item.report_id, item.number, item.due_at)


def _number(items: list[_Item], now: datetime) -> None:
    day, areas = local(now).date(), tree()
    wanted = Counter(item.draft.area_id for item in items)
    last = _count_up(wanted, day)
    following = {area_id: last[area_id] - count for area_id, count in wanted.items()}
    for item in items:
        area_id = item.draft.area_id
        following[area_id] += 1
        item.number = rules.case_number(areas.get(area_id).code, day, following[area_id])


def _count_up(wanted: Counter[UUID], day: date) -> dict[UUID, int]:
    """Raise the day's counters of the areas, in order of id, so that two batches cannot deadlock."""
    ordered = [(area_id, day, count) for area_id, count in sorted(wanted.items())]
    return {row[0]: row[2] for row in count_up(CaseCounter, ("area", "day"), "last", ordered)}


def _start_clocks(items: list[_Item], calendar: WorkCalendar, now: datetime) -> None:
    snapshots = {item.snapshot.hash: item.snapshot for item in items}
    allowances = {hash_: snapshot.allowance("push", calendar) for hash_, snapshot in snapshots.items()}
    starts = [
        Start(
            item.matter_id,
            "matter.push",
            allowances[item.snapshot.hash],
            max(len(ladder_of(item.draft.area_id, item.snapshot.kind.ladder)), 1),
        )
        for item in items
    ]
    for item, due_at in zip(items, clocks.start_many(starts, now=now, calendar=calendar), strict=True):
        item.due_at = due_at


def _write(items: list[_Item], prepared: Prepared, now: datetime, turn: Turn) -> None:
    response_id, exercise = prepared.response_id, prepared.exercise
    insert_rows(Report, REPORT_COLUMNS, [item.row for item in items])
    vault.keep([row for item in items for row in item.fields])
    _start_clocks(items, prepared.calendar, now)
    # Whoever writes for the same villages waits here until we are done, so all that needs no number went before.
    turn()
    _number(items, now)
    insert_rows(
        Matter,
        MATTER_COLUMNS,
        [
            (
                item.matter_id, item.number, response_id, item.snapshot.hash, item.draft.kind,
                item.snapshot.kind.severity, item.draft.area_id, "push", "", "", "", 0, 0, 0,
                exercise or item.draft.exercise, now, now, item.due_at, item.due_at, 1, "receive", item.actor.person_id,
            )
            for item in items
        ],
    )  # fmt: skip
    journal.record_many([_event(item, response_id, exercise, now) for item in items])


def _report_row(
    report_id: UUID, matter_id: UUID, draft: ReportDraft, snapshot: Snapshot, now: datetime
) -> tuple[Any, ...]:
    open_fields = NO_FIELDS
    if draft.fields:
        personal = {item.code for item in snapshot.kind.fields if item.personal}
        open_fields = {code: value for code, value in draft.fields.items() if code not in personal}
    seen_at = draft.observed_at or now
    wrong = rules.clock_is_wrong(seen_at, now)
    return (
        report_id, matter_id, draft.source, draft.reporter_id, seen_at, now, wrong, draft.lon, draft.lat, open_fields,
    )  # fmt: skip


def _secrets(report_id: UUID, draft: ReportDraft, snapshot: Snapshot) -> Iterator[Secret]:
    yield Secret(report_id, "text", "text", draft.text.strip())
    yield Secret(report_id, "reporter_name", "name", draft.reporter_name.strip())
    yield Secret(report_id, "reporter_phone", "phone", draft.reporter_phone.strip())
    yield Secret(report_id, "address", "address", draft.address.strip())
    if draft.fields:
        personal = {item.code: item.personal for item in snapshot.kind.fields if item.personal}
        for code, value in draft.fields.items():
            if code in personal:
                yield Secret(report_id, code, personal[code], str(value))


def _event(item: _Item, response_id: UUID, exercise: bool, now: datetime) -> Any:
    _, _, _, _, seen_at, _, clock_wrong, *_ = item.row
    return journal.draft(
        events.RECEIVED,
        at=now,
        observed_at=seen_at,
        actor_id=item.actor.person_id,
        area_id=item.draft.area_id,
        subject_id=item.matter_id,
        response_id=response_id,
        exercise=exercise or item.draft.exercise,
        kind=item.draft.kind,
        source=item.draft.source,
        severity=item.snapshot.kind.severity,
        number=item.number,
        report=str(item.report_id),
        clock_wrong=clock_wrong,
        factor=item.snapshot.factor,
    )


def report_add(*, actor: Actor, matter_id: UUID, draft: ReportDraft, now: datetime) -> UUID:
    """Add one more report to a matter that is still open, or raise the problem that keeps it out."""
    [result] = reports_add(actor=actor, added=[(matter_id, draft)], now=now)
    if isinstance(result, Problem):
        raise result
    return result


class _Added(NamedTuple):
    """A report on its way to a matter that stands."""

    report_id: UUID
    matter: Matter
    draft: ReportDraft
    snapshot: Snapshot


@transaction.atomic
def reports_add(*, actor: Actor, added: Sequence[tuple[UUID, ReportDraft]], now: datetime) -> list[UUID | Problem]:
    """Add reports to matters that are still open: for each in its order its id, or the Problem that kept it out.

    Their reporters hear back like the first ones. The same few statements, however many there are.
    """
    matters = {matter.id: matter for matter in matters_among({matter_id for matter_id, _ in added})}
    packs = {one: response_running(one).pack_id for one in {matter.response_id for matter in matters.values()}}
    entries = [_added(actor, matters.get(matter_id), draft, packs) for matter_id, draft in added]
    items = [entry for entry in entries if isinstance(entry, _Added)]
    rows = [_report_row(item.report_id, item.matter.id, item.draft, item.snapshot, now) for item in items]
    insert_rows(Report, REPORT_COLUMNS, rows)
    for response_id in packs:
        own = [item for item in items if item.matter.response_id == response_id]
        secrets = [secret for item in own for secret in _secrets(item.report_id, item.draft, item.snapshot)]
        vault.put_many(response_id=response_id, secrets=secrets)
    journal.record_many(
        told(
            item.matter,
            events.REPORT_ADDED,
            actor=actor,
            now=now,
            source=item.draft.source,
            report=str(item.report_id),
            clock_wrong=rules.clock_is_wrong(item.draft.observed_at or now, now),
        )
        for item in items
    )
    return [entry.report_id if isinstance(entry, _Added) else entry for entry in entries]


def _added(actor: Actor, matter: Matter | None, draft: ReportDraft, packs: dict[UUID, UUID]) -> _Added | Problem:
    if matter is None:
        return NotFound(what="事项")
    if not may(actor, "matter.report", matter.area_id):
        return NotPermitted(verb="matter.report")
    if matter.stage == "closed":
        return MergeImpossible(why_zh="事项已结案，请重新打开或新建。", why_en="the matter is closed.")
    snapshot = snapshot_of(packs[matter.response_id], matter.kind, 1.0)
    problem = rules.check_draft(draft, snapshot.kind, SOURCE_CODES)
    return problem or _Added(new_id(), matter, draft, snapshot)

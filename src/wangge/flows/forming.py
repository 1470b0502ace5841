"""A form was filled in: its handler makes a record of it, by what the pack says that the form serves.

A handler reads the typed answers and calls the duty's service as the person who filled the form in. A Problem keeps the
submission for repair; what an edit replaces is undone first. Handlers are a table, to which each duty adds its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_counter, entry_log
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.flows import venue_forms
from wangge.flows.answers import counted, flat, seen_at
from wangge.ground.accounts.queries import actor_of, people
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import EntryCountered, InputInvalid, NotFound, Problem, SubmissionSettled
from wangge.ground.responses.packs.schema import FormServes
from wangge.ground.responses.queries import pack_of, response_by_id
from wangge.spine.forms.queries.forms import form_def
from wangge.spine.forms.queries.submissions import Filled, edit_of, edited_by, filled
from wangge.spine.forms.services.settling import submission_replace, submission_settle

CLERK = system_actor("forms", "form.settle", "duty.counter")
CORRECTED = "填报已更正，由更正后的一份计入。"


class Handler(NamedTuple):
    """How submissions become records of a duty, and how a record is undone that an edit replaces.

    `take` gets the submission, what its form serves, who filled it in, and now; it gives the record's id. Its key is
    the submission's id. `undo` gets the submission and the id of its record.
    """

    take: Callable[[Filled, FormServes, Actor, datetime], UUID | None]
    undo: Callable[[Filled, UUID, datetime], None]


def take_submissions(happened: list[Event], now: datetime) -> None:
    """Make the records of these submissions that are still to be made; done again, nothing more."""
    for submission_id in dict.fromkeys(event.subject_id for event in happened if event.subject_id):
        row = filled(submission_id)
        served = form_def(row.response_id, row.code)
        handler = HANDLERS.get(served.serves.handler) if served else None
        if row.state != "received" or (served and handler is None):
            continue
        edit = edit_of(row)
        if edit is not None:  # its own edit was here first
            with suppress(Problem):  # what is not theirs to correct stays
                _replace_edited(row, handler, now)
            submission_replace(actor=CLERK, submission_id=row.id, by_id=edit, undo=_nothing, now=now)
            continue
        serves = served.serves if served else None
        make = partial(_make, row, serves, handler, now)
        submission_settle(actor=CLERK, submission_id=row.id, make=make, now=now)


def _make(row: Filled, serves: FormServes | None, handler: Handler | None, now: datetime) -> UUID | None:
    """The record of a submission, in place of that of the one it edits; None where the form serves nothing."""
    _replace_edited(row, handler, now)
    return handler.take(row, serves, _filler(row), now) if handler and serves else None


def _replace_edited(row: Filled, handler: Handler | None, now: datetime) -> None:
    """Undo what a submission corrects, if that is here. Raises NotPermitted for what is not theirs to correct."""
    old = edited_by(row)
    if old is None:
        return
    if old.code != row.code:
        raise NotFound(what="要更正的填报")
    if old.person_id != row.person_id:
        require(_filler(row), "form.repair", old.area_id)
    undo = partial(_undo, old, handler, now) if handler else _nothing
    submission_replace(actor=CLERK, submission_id=old.id, by_id=row.id, undo=undo, now=now)


def _filler(row: Filled) -> Actor:
    """Who filled it in, with the rights they had when it came."""
    person = people().filter(id=row.person_id).first() if row.person_id else None
    if person is None:
        raise NotFound(what="填报人")
    return actor_of(person, row.received_at)


def _undo(old: Filled, handler: Handler, now: datetime, record_id: UUID) -> None:
    handler.undo(old, record_id, now)


def _nothing(record_id: UUID) -> None:
    """There is no record to undo."""


# -- the duty log ------------------------------------------------------------------------------------


def log_take(row: Filled, serves: FormServes, actor: Actor, now: datetime) -> UUID | None:
    """An entry of the duty log: a question of the same name answers each quantity, `place_kind`, `note`, `area`."""
    kind = pack_of(response_by_id(row.response_id)).log_kinds.get(serves.log_kind or "")
    if kind is None:
        raise NotFound(what=f"台账类别 {serves.log_kind}")
    told = dict(flat(row.answers))
    draft = EntryDraft(
        kind=kind.code,
        area_id=area_told(row, actor),
        place_kind=str(told.get("place_kind") or serves.place_kind or ""),
        quantities=counted(told, kind.quantities),
        observed_at=seen_at(row),
        note=str(told.get("note") or ""),
    )
    return entry_log(actor=actor, response_id=row.response_id, draft=draft, now=now).entry_id


def log_undo(row: Filled, record_id: UUID, now: datetime) -> None:
    """Counter the entry that a submission became."""
    with suppress(EntryCountered):
        entry_counter(actor=CLERK, entry_id=record_id, reason=CORRECTED, now=now)


# -- matters -----------------------------------------------------------------------------------------


def matter_take(row: Filled, serves: FormServes, actor: Actor, now: datetime) -> UUID | None:
    """A report, which opens a matter: questions `text`, `address`, `reporter_name`, `reporter_phone`, `matter_kind`."""
    told = dict(flat(row.answers))
    place = told.get("place") if isinstance(told.get("place"), dict) else None
    draft = ReportDraft(
        kind=str(told.get("matter_kind") or serves.kind or ""),
        area_id=area_told(row, actor),
        source="visit",
        text=str(told.get("text") or ""),
        observed_at=seen_at(row),
        reporter_id=actor.person_id,
        reporter_name=str(told.get("reporter_name") or ""),
        reporter_phone=str(told.get("reporter_phone") or ""),
        address=str(told.get("address") or ""),
        lon=place["lon"] if place else None,
        lat=place["lat"] if place else None,
    )
    return matter_receive(actor=actor, response_id=row.response_id, draft=draft, now=now).matter_id


def matter_undo(row: Filled, record_id: UUID, now: datetime) -> None:
    """A matter goes its own way once it is open; whoever sees a mistake in it says so there."""
    raise SubmissionSettled()


# -- what handlers share -----------------------------------------------------------------------------


def area_told(row: Filled, actor: Actor) -> UUID:
    """The area that an answer `area` names, where the submission came from otherwise. Raises InputInvalid."""
    code = str(row.answers.get("area") or "")
    if not code:
        return row.area_id
    node = tree().by_code(code)
    if node is None or not may(actor, "form.submit", node.id):
        zh, en = f"没有区划 {code}，或您的岗位不在那里。", f"There is no area {code}, or your posts are elsewhere."
        raise InputInvalid(field="area", why_zh=zh, why_en=en)
    return node.id


HANDLERS: dict[str, Handler] = {
    "log": Handler(log_take, log_undo),
    "matter": Handler(matter_take, matter_undo),
    "inspection": Handler(venue_forms.visit_take, venue_forms.visit_undo),
    "visit": Handler(venue_forms.visit_take, venue_forms.visit_undo),
    "lodging": Handler(venue_forms.lodging_take, venue_forms.lodging_undo),
    "readiness": Handler(venue_forms.readiness_take, venue_forms.visit_undo),
}

"""Submissions of a form as rows of a table, masked as pages show them, however many: walked batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from wangge.ground.accounts.queries import person_names
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault
from wangge.spine.forms.flat import reader, repaired
from wangge.spine.forms.models import FormVersion
from wangge.spine.forms.queries.columns import AnswerColumn
from wangge.spine.forms.queries.submissions import form_ids, visible

BATCH = 1000
FIELDS = ("id", "received_at", "version_id", "state", "area_id", "person_id", "instance_id")
SEALED = ("xml", "repairs")
# Which of some submissions, given with their areas, may be shown whole; whoever says so has written down the look.
Whole = Callable[[Sequence[tuple[UUID, UUID]]], Collection[UUID]]


class FormRow(NamedTuple):
    """One submission: what is known of it, and its answers in the order of the columns."""

    received_at: datetime
    version: str
    state: str
    area_id: UUID
    person: str
    instance_id: str
    answers: Sequence[Any]


def form_rows(
    *,
    actor: Actor,
    response_id: UUID,
    code: str,
    columns: Sequence[AnswerColumn],
    state: str = "",
    whole: Whole = lambda batch: (),
) -> Iterator[FormRow]:
    """The submissions of a form that the actor may see, the oldest first; masked, but for those that are `whole`."""
    read = reader([(column.place, column.several) for column in columns])
    shown, clear = [column.cell for column in columns], [column.clear for column in columns]
    rows = visible(actor).filter(form_id__in=form_ids(response_id, code)).select_related(None)
    if state:
        rows = rows.filter(state=state)
    versions = dict(FormVersion.objects.filter(form__response_id=response_id).values_list("id", "version"))
    names: dict[UUID, str] = {}
    after = UUID(int=0)
    while batch := list(rows.filter(id__gt=after).order_by("id").values_list(*FIELDS)[:BATCH]):
        after = batch[-1][0]
        people: set[UUID] = {row[5] for row in batch}
        names |= person_names(people - names.keys())
        seen_whole = whole([(row[0], row[4]) for row in batch])
        held = vault.carried_fields(response_id=response_id, subject_ids=[row[0] for row in batch], fields=SEALED)
        for submission_id, received_at, version_id, kept_state, area_id, person_id, instance_id in batch:
            sealed = held.get(submission_id, {})
            xml = sealed.get("xml", "<data/>")
            found = read(repaired(xml, json.loads(sealed["repairs"])) if "repairs" in sealed else xml)
            cells = clear if seen_whole and submission_id in seen_whole else shown
            answers = [cell(told) if told else None for cell, told in zip(cells, found, strict=True)]
            yield FormRow(
                received_at, versions[version_id], kept_state, area_id, names.get(person_id, ""), instance_id, answers
            )

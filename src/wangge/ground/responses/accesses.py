"""The access record 查阅记录: who looked at whose full data, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wangge.ground.responses.models import Unmasking


@dataclass(frozen=True)
class Look:
    """One look at full data."""

    at: datetime
    person: str
    subject_id: UUID
    fields: Sequence[str]
    reason: str


def unmaskings_of(subject_ids: Iterable[UUID]) -> dict[UUID, list[Look]]:
    """The looks at each of these subjects, the newest first.

    It asks nobody's permission: the page of a record shows them to whoever may see the record.
    """
    rows = Unmasking.objects.filter(subject_id__in=set(subject_ids)).select_related("person").order_by("-at", "-id")
    found: dict[UUID, list[Look]] = {}
    for row in rows:
        name = row.person.display_name if row.person else ""
        found.setdefault(row.subject_id, []).append(Look(row.at, name, row.subject_id, row.fields, row.reason))
    return found

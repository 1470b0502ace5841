"""How records came about: which reports led to one, which records wait for their matter, which stand on a matter."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet

from wangge.duties.observation.events import UNFOUNDED, WITHDRAWN
from wangge.duties.observation.models import Contact, Individual, Origin
from wangge.ground.journal.readers import Event


class Waiting(NamedTuple):
    """A record that no matter tells of yet, with what stands open of it."""

    origin_id: UUID
    individual_id: UUID
    number: str
    role: str
    area_id: UUID
    at: datetime
    origin: str
    last_exposure_on: date | None
    onset_on: date | None
    registered_by: UUID | None
    exercise: bool


COLUMNS = ("number", "role", "area_id")
REST = ("origin", "last_exposure_on", "onset_on", "registered_by_id", "exercise")


def reports_known(report_ids: Collection[UUID]) -> set[UUID]:
    """Those of some reports that have led to a record already."""
    rows = Origin.objects.filter(report_id__in=report_ids)
    return {report for report in rows.values_list("report_id", flat=True) if report}


def without_matter(individual_ids: Collection[UUID], response_id: UUID) -> list[Waiting]:
    """Those of some records that came without a matter and have none yet."""
    return _waiting(Origin.objects.filter(individual_id__in=individual_ids, individual__response_id=response_id))


def of_lists(instants: Collection[datetime], response_id: UUID) -> list[Waiting]:
    """The records that lists taken at these instants made, as far as they have no matter yet."""
    rows = Origin.objects.filter(source="list", at__in=instants, individual__response_id=response_id)
    return _waiting(rows)


def _waiting(rows: QuerySet[Origin]) -> list[Waiting]:
    # The first origin is the one that made the record; those of later reports wait for nothing.
    rows = rows.filter(matter_id__isnull=True, individual__identified_at=F("at"), individual__state="active")
    names = [f"individual__{name}" for name in (*COLUMNS, *REST)]
    found = rows.order_by("id").values_list("id", "individual_id", *names[:3], "at", *names[3:])
    return [Waiting(*row) for row in found]


def standing_on(matter_ids: Collection[UUID]) -> dict[UUID, set[UUID | None]]:
    """The active records that matters led to, each with all matters it stands on; None for what is no matter.

    Somebody named as a contact of a case stands on that too.
    """
    people = Individual.objects.filter(
        origins__matter_id__in=matter_ids, state="active", confirmed_at__isnull=True
    ).values("id")
    found: dict[UUID, set[UUID | None]] = {}
    for individual_id, matter_id in Origin.objects.filter(individual_id__in=people).values_list(
        "individual_id", "matter_id"
    ):
        found.setdefault(individual_id, set()).add(matter_id)
    for exposed in Contact.objects.filter(exposed_id__in=list(found)).values_list("exposed_id", flat=True):
        found[exposed].add(None)
    return found


def fallen_with(matter_ids: Collection[UUID]) -> list[UUID]:
    """The records that these matters led to and that were withdrawn because no matter they stood on was founded."""
    people = Individual.objects.filter(origins__matter_id__in=matter_ids, state="withdrawn").values_list(
        "id", flat=True
    )
    reasons: dict[UUID | None, str] = {}
    told = Event.objects.filter(subject_id__in=set(people), type=WITHDRAWN).order_by("tx", "id")
    for subject_id, data in told.values_list("subject_id", "data"):
        reasons[subject_id] = data["reason"]  # the last one says why it is withdrawn now
    return [subject_id for subject_id, reason in reasons.items() if subject_id and reason == UNFOUNDED]


def matters_of(individual_ids: Iterable[UUID]) -> list[UUID]:
    """The matters that told of some records, the first one first."""
    rows = Origin.objects.filter(individual_id__in=list(individual_ids), matter_id__isnull=False).order_by("at", "id")
    return list(dict.fromkeys(matter for matter in rows.values_list("matter_id", flat=True) if matter))

"""What people work: their duty times, and what they do every week beside all rosters."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.models import FixedDuty
from wangge.duties.rosters.rules.recurring import Weekly, times_of
from wangge.ground.accounts.staffing import duties_of
from wangge.ground.kernel.clock import local


class Stretch(NamedTuple):
    """Some work of somebody, from when to when; of a fixed duty its kind, "" for one of a roster."""

    person_id: UUID
    post_id: UUID | None
    since: datetime
    until: datetime
    kind: str = ""


def fixed_between(person_ids: Collection[UUID], since: datetime, until: datetime) -> Iterator[Stretch]:
    """Each time of the fixed duties of some people that reaches into a period; one query."""
    found = FixedDuty.objects.filter(person_id__in=person_ids, dropped=False, first_on__lte=local(until).date())
    for duty in found:
        for first, last in times_of(weekly(duty), since, until):
            yield Stretch(duty.person_id, duty.post_id, first, last, duty.kind)


def weekly(duty: FixedDuty) -> Weekly:
    """A fixed duty as a rule of the calendar."""
    return Weekly(duty.days, duty.start, duty.minutes, duty.first_on, duty.last_on)


def works_between(person_ids: Collection[UUID], since: datetime, until: datetime) -> list[Stretch]:
    """All that some people work in a period, in its order; two queries."""
    duties = [Stretch(one.person_id, one.post_id, one.since, one.until) for one in duties_of(person_ids, since, until)]
    return sorted([*duties, *fixed_between(person_ids, since, until)], key=lambda one: (one.since, one.until))

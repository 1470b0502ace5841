"""Reading the day's counts: a city's rates of a day, who is missing, and what a place said of its last days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum

from wangge.duties.venues.models import DayCount, Gap, Venue
from wangge.duties.venues.rules import share
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor

PAGE = 50
SHOWN = {"missing": "未报的", "short": "登记上传未满的", "all": "全部"}


@dataclass(frozen=True)
class Sums:
    """What the places of an area reported of a day, and how many had to."""

    places: int
    reported: int
    guests: int
    registered: int
    uploaded: int

    @property
    def missing(self) -> int:
        return self.places - self.reported

    @property
    def registered_rate(self) -> float | None:
        """In per cent, None of nothing; never 100 while one is missing."""
        return share(self.registered, self.guests)

    @property
    def uploaded_rate(self) -> float | None:
        return share(self.uploaded, self.registered)


class AreaSums(NamedTuple):
    """The same of one area below."""

    area_id: UUID
    sums: Sums


@dataclass(frozen=True)
class Owing:
    """A page of places in the order of numbers, with what those of them that did reported of a day."""

    venues: Sequence[Venue]
    counts: dict[UUID, DayCount]
    following: str


class Missing(NamedTuple):
    """A day that was not reported, on its way to becoming a matter."""

    gap_id: UUID
    response_id: UUID
    area_id: UUID
    number: str
    name: str
    day: date
    found_at: datetime
    exercise: bool


def day_sums(*, actor: Actor, response_id: UUID, day: date, area_id: UUID) -> tuple[Sums, list[AreaSums]]:
    """A day's counts of an area and of each area directly below; two queries whatever there is."""
    require(actor, "venue.view", area_id)
    areas = tree()
    places = _owing_places(response_id, area_id).order_by().values_list("area_id").annotate(count=Count("id"))
    by_area: dict[UUID, list[int]] = {row[0]: [row[1], 0, 0, 0, 0] for row in places}
    counts = _standing(response_id, area_id, day).order_by().values_list("area_id")
    for row in counts.annotate(
        count=Count("id"), guests=Sum("guests"), registered=Sum("registered"), uploaded=Sum("uploaded")
    ):
        by_area.setdefault(row[0], [0, 0, 0, 0, 0])[1:] = row[1:]
    below = {place: [0] * 5 for place in areas.children(area_id)}
    whole = [0] * 5
    for place, numbers in by_area.items():
        upper = areas.superiors(place)
        for index, number in enumerate(numbers):
            whole[index] += number
            for part in below:
                if part in upper:
                    below[part][index] += number
    return Sums(*whole), [AreaSums(part, Sums(*numbers)) for part, numbers in below.items() if any(numbers)]


def _owing_places(response_id: UUID, area_id: UUID) -> QuerySet[Venue]:
    rows = Venue.objects.filter(response_id=response_id, group="lodging", area_id__in=covered(area_id))
    return rows.exclude(state__in=("closed", "ended"))


def _standing(response_id: UUID, area_id: UUID, day: date) -> QuerySet[DayCount]:
    rows = DayCount.objects.filter(day=day, replaced_at__isnull=True, area_id__in=covered(area_id), exercise=False)
    return rows.filter(venue__response_id=response_id).exclude(venue__state__in=("closed", "ended"))


def owing(
    *,
    actor: Actor,
    response_id: UUID,
    day: date,
    area_id: UUID,
    show: str = "missing",
    after: str = "",
    limit: int = PAGE,
) -> Owing:
    """The places of a day: those "missing" a report, those "short" of 100 %, or "all" with what they reported."""
    require(actor, "venue.view", area_id)
    standing = _standing(response_id, area_id, day)
    rows = _owing_places(response_id, area_id)
    if show == "short":
        gap = Q(registered__lt=F("guests")) | Q(uploaded__lt=F("registered"))
        rows = rows.filter(id__in=standing.filter(gap).values("venue_id"))
    elif show == "missing":
        rows = rows.exclude(id__in=standing.values("venue_id"))
    if after:
        rows = rows.filter(number__gt=after)
    found = list(rows.order_by("number")[: limit + 1])
    shown = found[:limit]
    counts = {one.venue_id: one for one in standing.filter(venue_id__in=[one.id for one in shown])}
    return Owing(shown, counts, shown[-1].number if len(found) > limit else "")


def last_counts(venue: Venue, limit: int = 14) -> list[DayCount]:
    """What a place said of its last days, as it stands."""
    rows = DayCount.objects.filter(venue=venue, replaced_at__isnull=True).select_related("person")
    return list(rows.order_by("-day")[:limit])


def gaps_of(venue: Venue, limit: int = 14) -> list[Gap]:
    """The last days that a place had not reported by the hour, the newest first."""
    return list(Gap.objects.filter(venue=venue).order_by("-day")[:limit])


def venues_of_counts(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The number of the venue by the id of a day's count, for those of these records that are such counts."""
    rows = DayCount.objects.filter(id__in=set(ids)).values_list("id", "venue__number")
    return dict(rows)


def missing_waiting(gap_ids: Iterable[UUID]) -> list[Missing]:
    """The gaps among these that are no matter yet."""
    rows = Gap.objects.filter(id__in=set(gap_ids), matter_id__isnull=True).select_related("venue")
    return [
        Missing(
            one.id, one.venue.response_id, one.venue.area_id, one.venue.number, one.venue.name, one.day, one.found_at,
            one.venue.exercise,
        )
        for one in rows.order_by("id")
    ]  # fmt: skip


def matters_of_gaps(venue_number: str) -> list[UUID]:
    """The matters that a place's missing days have become, by the number of the place."""
    rows = Gap.objects.filter(venue__number=venue_number, matter_id__isnull=False)
    return [one for one in rows.values_list("matter_id", flat=True) if one]

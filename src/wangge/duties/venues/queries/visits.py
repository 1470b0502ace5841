"""Reading visits: one with its counter-entry, what is due today on somebody's list, and which records are visits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from wangge.duties.venues.models import Due, Venue, Visit
from wangge.duties.venues.queries.register import visible
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault
from wangge.ground.responses.evidence import described
from wangge.ground.responses.packs.venues import RoundDef, VenuesDef

PAGE = 50


class VisitFile(NamedTuple):
    """A photo or another file of a visit, and what it is."""

    evidence_id: UUID
    media_type: str


@dataclass(frozen=True)
class VisitView:
    """One visit whole: the one it counters or is countered by, if any, and their notes, masked; its photos."""

    visit: Visit
    venue: Venue
    counter: Visit | None
    area_name: str
    notes: dict[UUID, str]
    files: list[VisitFile]

    @property
    def area_id(self) -> UUID:
        """Where it was made."""
        return self.visit.area_id


class DayMark(NamedTuple):
    """Where a page of the list of a day ends: what was due at a venue since when, or by when to be looked at again."""

    at: datetime
    venue_id: UUID


@dataclass(frozen=True)
class OnList:
    """A venue on the list of the day, with the rounds that are due there and since when; `recheck` items go first."""

    venue: Venue
    rounds: Sequence[RoundDef]
    since: date | None

    @property
    def mark(self) -> DayMark:
        """The mark of a page that ends here."""
        at = self.venue.recheck_due_at if self.since is None else datetime.combine(self.since, time(), UTC)
        assert at is not None  # what is due since no day is to be looked at again
        return DayMark(at, self.venue.id)


@dataclass(frozen=True)
class DayList:
    """The list of a day: re-inspections first, then what has been due longest; how much there is in all.

    `last` is the row after which the next page begins, None where there is none.
    """

    rows: Sequence[OnList]
    rechecks: int
    due: int
    last: OnList | None


class Finding(NamedTuple):
    """A visit that found a venue open, on its way to becoming a matter."""

    visit_id: UUID
    response_id: UUID
    area_id: UUID
    number: str
    name: str
    observed_at: datetime
    exercise: bool


def visit_view(visit_id: UUID, *, actor: Actor) -> VisitView:
    """One visit with what stands against it. Raises NotFound, also where the actor may not look."""
    visit = Visit.objects.filter(id=visit_id).select_related("venue", "person", "agency", "corrects__person").first()
    if visit is None or not may(actor, "venue.view", visit.area_id):
        raise NotFound(what="检查记录")
    counter = visit.corrects or Visit.objects.filter(corrects=visit).select_related("person").first()
    notes: dict[UUID, str] = {}
    if may(actor, "vault.view", visit.area_id):
        ids = [visit.id, *([counter.id] if counter else [])]
        found = vault.masked(actor=actor, area_id=visit.area_id, subject_ids=ids)
        notes = {subject_id: fields["note"] for subject_id, fields in found.items() if "note" in fields}
    kinds = described(map(UUID, visit.evidence))
    files = [VisitFile(one, kinds[one][0]) for one in map(UUID, visit.evidence) if one in kinds]
    return VisitView(visit, visit.venue, counter, tree().path_name(visit.area_id), notes, files)


def visits_among(ids: Iterable[UUID]) -> set[UUID]:
    """Which of these records are visits."""
    return set(Visit.objects.filter(id__in=set(ids)).values_list("id", flat=True))


def rounds_of_actor(actor: Actor, plan: VenuesDef) -> list[RoundDef]:
    """The rounds that are on the lists of the actor's posts."""
    return [one for one in plan.rounds.values() if actor.roles.intersection(one.roles)]


def day_list(
    *,
    actor: Actor,
    response_id: UUID,
    plan: VenuesDef,
    day: date,
    area_id: UUID | None = None,
    rounds: Sequence[RoundDef] | None = None,
    after: DayMark | None = None,
    rechecked: bool = False,
    limit: int = PAGE,
) -> DayList:
    """What is due by a day in the areas where the actor visits; of desks every round, of posts their own.

    A page begins after a mark, that of a re-inspection unless all of these were `rechecked`: shown on pages before.
    A fixed number of queries whatever there is.
    """
    own = rounds if rounds is not None else rounds_of_actor(actor, plan) or list(plan.rounds.values())
    by_code = {one.code: one for one in own}
    reach = within_reach(actor, "venue.view")
    dues = Due.objects.filter(reach, round__in=by_code, due_on__lte=day, venue__response_id=response_id)
    rechecks = visible(actor).filter(response_id=response_id, recheck_due_at__isnull=False)
    rechecks = rechecks.filter(kind__in={kind for one in own for kind in one.kinds})
    if area_id is not None:
        require(actor, "venue.view", area_id)
        dues, rechecks = dues.filter(area_id__in=covered(area_id)), rechecks.filter(area_id__in=covered(area_id))
    rows: list[OnList] = []
    if not rechecked:
        rows = [OnList(venue, [], None) for venue in _again(rechecks, after)[: limit + 1]]
    if len(rows) <= limit:
        wanted = dues.exclude(venue__recheck_due_at__isnull=False)
        rows += _due(wanted, by_code, after if rechecked else None, limit + 1 - len(rows))
    last = rows[limit - 1] if len(rows) > limit else None
    counted = dues.aggregate(count=Count("venue_id", distinct=True))["count"]
    return DayList(rows[:limit], rechecks.count(), counted, last)


def _again(rechecks: QuerySet[Venue], after: DayMark | None) -> QuerySet[Venue]:
    if after is not None:
        rechecks = rechecks.filter(Q(recheck_due_at__gt=after.at) | Q(recheck_due_at=after.at, id__gt=after.venue_id))
    return rechecks.order_by("recheck_due_at", "id")


def _due(dues: QuerySet[Due], rounds: dict[str, RoundDef], after: DayMark | None, limit: int) -> list[OnList]:
    """Venues at which something is due, each once with all that is due there, the longest due first."""
    venues = dues.order_by().values("venue_id").annotate(since=Min("due_on"))
    if after is not None:
        day = after.at.date()
        venues = venues.filter(Q(since__gt=day) | Q(since=day, venue_id__gt=after.venue_id))
    since = dict(venues.order_by("since", "venue_id").values_list("venue_id", "since")[:limit])
    found: dict[UUID, list[Due]] = {venue_id: [] for venue_id in since}
    for due in dues.filter(venue_id__in=since).select_related("venue").order_by("due_on", "round"):
        found[due.venue_id].append(due)
    return [
        OnList(group[0].venue, [rounds[due.round] for due in group], since[venue_id])
        for venue_id, group in found.items()
        if group  # a visit made meanwhile may have put it off
    ]


def findings(visit_ids: Iterable[UUID]) -> list[Finding]:
    """The visits among these that found a venue open and are no matter yet."""
    rows = Visit.objects.filter(id__in=set(visit_ids), open_found=True, matter_id__isnull=True, sign=1)
    return [
        Finding(one.id, one.response_id, one.area_id, one.venue.number, one.venue.name, one.observed_at, one.exercise)
        for one in rows.select_related("venue").order_by("observed_at", "id")
    ]


def due_by_round(*, actor: Actor, response_id: UUID, area_id: UUID, day: date) -> dict[str, tuple[int, int]]:
    """How much of each round is due by a day in an area, and how much of that since an earlier day; one query."""
    require(actor, "venue.view", area_id)
    rows = Due.objects.filter(area_id__in=covered(area_id), due_on__lte=day, venue__response_id=response_id)
    counted = (
        rows.order_by().values_list("round").annotate(due=Count("id"), overdue=Count("id", filter=Q(due_on__lt=day)))
    )
    return {code: (due, overdue) for code, due, overdue in counted}


def matters_of_venue(venue_id: UUID) -> list[UUID]:
    """The matters that visits to a venue became."""
    rows = Visit.objects.filter(venue_id=venue_id, matter_id__isnull=False)
    return [one for one in rows.values_list("matter_id", flat=True) if one]

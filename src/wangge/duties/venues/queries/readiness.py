"""Reading readiness: which sites have passed, what is open where, and how returners are day by day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Count, Q, Sum

from wangge.duties.venues.models import Readiness, ReadinessRecord, Returners, Venue
from wangge.duties.venues.queries.register import visible
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.kernel.permission import Actor

PAGE = 50
STATES = {"passed": "已就绪", "preparing": "准备中", "unseen": "未检查"}
DAYS = 7


@dataclass(frozen=True)
class Site:
    """A site with how ready it is, None where nobody has looked yet."""

    venue: Venue
    readiness: Readiness | None


@dataclass(frozen=True)
class SitePage:
    """One page of sites in the order of numbers, and how many there are, have passed, and were looked at."""

    sites: Sequence[Site]
    total: int
    passed: int
    looked_at: int
    following: str


def sites(
    *,
    actor: Actor,
    response_id: UUID,
    kinds: Collection[str],
    state: str = "",
    area_id: UUID | None = None,
    after: str = "",
    limit: int = PAGE,
) -> SitePage:
    """The sites an actor may see; "passed", "preparing" or "unseen" narrow the page, not the counts."""
    rows = visible(actor).filter(response_id=response_id, kind__in=kinds).exclude(state="ended")
    if area_id is not None:
        require(actor, "venue.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    counted = rows.aggregate(
        total=Count("id"),
        passed=Count("id", filter=Q(readiness__passed_on__isnull=False)),
        looked_at=Count("readiness"),
    )
    narrowed = {
        "passed": Q(readiness__passed_on__isnull=False),
        "preparing": Q(readiness__isnull=False, readiness__passed_on__isnull=True),
        "unseen": Q(readiness__isnull=True),
    }
    shown = rows.filter(narrowed[state]) if state in narrowed else rows
    if after:
        shown = shown.filter(number__gt=after)
    found = list(shown.select_related("readiness").order_by("number")[: limit + 1])
    return SitePage(
        [Site(one, getattr(one, "readiness", None)) for one in found[:limit]],
        **counted,
        following=found[limit - 1].number if len(found) > limit else "",
    )


def readiness_of(venue: Venue) -> tuple[Readiness | None, list[ReadinessRecord], list[Returners]]:
    """How ready a site is, the last looks at it, and its returners of the last days; three queries."""
    looks = ReadinessRecord.objects.filter(venue=venue).select_related("by").order_by("-at")[:5]
    days = Returners.objects.filter(venue=venue).order_by("-day")[:DAYS]
    return Readiness.objects.filter(venue=venue).first(), list(looks), list(days)


def returners_by_day(
    *, actor: Actor, response_id: UUID, until: date, area_id: UUID | None = None
) -> list[tuple[date, int, int, int]]:
    """For each of the last days: sites that counted, people looked at, people unwell."""
    rows = Returners.objects.filter(venue__in=visible(actor).filter(response_id=response_id))
    if area_id is not None:
        require(actor, "venue.view", area_id)
        rows = rows.filter(venue__area_id__in=covered(area_id))
    rows = rows.filter(day__gt=until - timedelta(days=DAYS), day__lte=until)
    found = (
        rows.order_by("-day").values_list("day").annotate(sites=Count("id"), people=Sum("people"), unwell=Sum("unwell"))
    )
    return [(day, sites, people, unwell) for day, sites, people, unwell in found]

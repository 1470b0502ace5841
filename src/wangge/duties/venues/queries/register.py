"""Reading the register: venues an actor may see, page by page, one whole, on a map, for a phone, and look-alikes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from wangge.duties.venues import rules
from wangge.duties.venues.models import Due, Order, Venue, Visit
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, VenuesUnfitted
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.ground.responses.queries import pack_by_id, response_by_id

PAGE = 50
SHOWN_VISITS = 20
MOST_POINTS = 5000
PERSONAL = ("operator", "contact_name", "contact_phone")


@dataclass(frozen=True)
class VenuePage:
    """One page of venues in the order of their numbers, and the number after which the next begins, None at the end."""

    venues: Sequence[Venue]
    following: str | None


@dataclass(frozen=True)
class VenueView:
    """One venue whole: its last visits, what is due, the order it stands under; personal fields are masked."""

    venue: Venue
    area_name: str
    private: dict[str, str]
    visits: Sequence[Visit]
    dues: Sequence[Due]
    order: Order | None = None
    countered: frozenset[UUID] = field(default_factory=frozenset)


class Point(NamedTuple):
    """A venue as a map shows it; without a place of its own it stands at that of its area."""

    number: str
    area_id: UUID
    lon: float | None
    lat: float | None
    kind: str
    state: str
    recheck: bool


class Listed(NamedTuple):
    """A venue as a form on a phone offers it."""

    venue_id: UUID
    number: str
    name: str
    kind: str
    area_code: str
    state: str


def pack_for(response_id: UUID) -> tuple[Pack, VenuesDef]:
    """The pack a response follows, and what it says of venues. Raises VenuesUnfitted where it says nothing."""
    pack = pack_by_id(response_by_id(response_id).pack_id)
    if pack.venues is None:
        raise VenuesUnfitted(pack=pack.name)
    return pack, pack.venues


def visible(actor: Actor) -> QuerySet[Venue]:
    """The venues in the areas where the actor may see any."""
    return Venue.objects.filter(within_reach(actor, "venue.view"))


def venues(
    *,
    actor: Actor,
    response_id: UUID,
    group: str = "",
    kind: str = "",
    state: str = "",
    area_id: UUID | None = None,
    text: str = "",
    recheck: bool = False,
    after: str | None = None,
    limit: int = PAGE,
) -> VenuePage:
    """A page of venues, narrowed by group, kind, state ("" for all that are not ended), area, words of the name.

    One query whatever there is.
    """
    rows = visible(actor).filter(response_id=response_id)
    rows = rows.filter(state=state) if state else rows.exclude(state="ended")
    if kind:
        rows = rows.filter(kind=kind)
    elif group:
        rows = rows.filter(group=group)
    if area_id is not None:
        require(actor, "venue.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if text.strip():
        rows = rows.filter(Q(name__icontains=text.strip()) | Q(number=text.strip().upper()))
    if recheck:
        rows = rows.filter(recheck_due_at__isnull=False)
    if after:
        rows = rows.filter(number__gt=after)
    found = list(rows.order_by("number")[: limit + 1])
    return VenuePage(found[:limit], found[limit - 1].number if len(found) > limit else None)


def venue_by_number(number: str, *, actor: Actor) -> Venue:
    """The venue with this number. Raises NotFound, also where the actor may not look."""
    venue = Venue.objects.filter(number=number.strip().upper()).first()
    if venue is None or not may(actor, "venue.view", venue.area_id):
        raise NotFound(what=f"场所 {number}")
    return venue


def venue_view(venue: Venue, *, actor: Actor) -> VenueView:
    """The whole of a venue that comes from `venue_by_number`; a fixed number of queries."""
    visits = list(
        Visit.objects.filter(venue=venue, sign=1)
        .select_related("person", "agency")
        .order_by("-observed_at", "-id")[:SHOWN_VISITS]
    )
    against: Any = Visit.objects.filter(corrects_id__in=[one.id for one in visits]).values_list(
        "corrects_id", flat=True
    )
    private: dict[str, str] = {}
    if may(actor, "vault.view", venue.area_id):
        private = vault.masked(actor=actor, area_id=venue.area_id, subject_ids=[venue.id]).get(venue.id, {})
    return VenueView(
        venue=venue,
        area_name=tree().path_name(venue.area_id),
        private=private,
        visits=visits,
        dues=list(Due.objects.filter(venue=venue).order_by("due_on")),
        order=Order.objects.filter(id=venue.order_id).first() if venue.order_id else None,
        countered=frozenset(against),
    )


def private_of(venues: Sequence[Venue], *, actor: Actor) -> dict[UUID, dict[str, str]]:
    """The personal fields of venues, masked, of those in areas where the actor may see any; one query."""
    by_area: dict[UUID, list[UUID]] = {}
    for one in venues:
        if may(actor, "vault.view", one.area_id):
            by_area.setdefault(one.area_id, []).append(one.id)
    return vault.masked_many(actor=actor, by_area=by_area) if by_area else {}


def counts(*, actor: Actor, response_id: UUID, area_id: UUID | None = None) -> dict[tuple[str, str], int]:
    """How many venues there are by group and state, in an area or wherever the actor may see any."""
    rows = visible(actor).filter(response_id=response_id)
    if area_id is not None:
        require(actor, "venue.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    found: Any = rows.order_by().values_list("group", "state").annotate(count=Count("id"))
    return {(group, state): number for group, state, number in found}


def points(*, actor: Actor, response_id: UUID, area_id: UUID, now: datetime) -> tuple[list[Point], bool]:
    """The venues of an area for a map, and whether there are more than it is given."""
    require(actor, "venue.view", area_id)
    rows = Venue.objects.filter(response_id=response_id, area_id__in=covered(area_id)).exclude(state="ended")
    found = rows.order_by("number").values_list("number", "area_id", "lon", "lat", "kind", "state", "recheck_due_at")[
        : MOST_POINTS + 1
    ]
    listed = [Point(*row[:6], recheck=row[6] is not None and row[6] <= now) for row in found]
    return listed[:MOST_POINTS], len(listed) > MOST_POINTS


def venues_in(areas: Iterable[UUID], *, response_id: UUID) -> list[Listed]:
    """The venues of areas and all they cover, for the forms of somebody who works there. Asks nobody's permission."""
    condition = Q(pk__in=[])
    for area_id in areas:
        condition |= Q(area_id__in=covered(area_id))
    rows = Venue.objects.filter(condition, response_id=response_id).exclude(state="ended").order_by("number")
    names = tree()
    return [
        Listed(venue_id, number, name, kind, names.get(area_id).code, state)
        for venue_id, number, name, kind, area_id, state in rows.values_list(
            "id", "number", "name", "kind", "area_id", "state"
        )
    ]


def numbers(venue_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """Number and name by the id of a venue; one query."""
    rows = Venue.objects.filter(id__in=set(venue_ids)).values_list("id", "number", "name")
    return {venue_id: (number, name) for venue_id, number, name in rows}


def numbered(numbers: Collection[str]) -> dict[str, Venue]:
    """The venues with these numbers, whoever asks; callers narrow what is found to what the actor may do there."""
    return {one.number: one for one in Venue.objects.filter(number__in=set(numbers))}


def lookalikes(drafts: Sequence[rules.VenueDraft], groups: dict[str, str], response_id: UUID) -> list[list[Venue]]:
    """For each draft the venues of its village and group that may be the same: by name, or by the contact's phone."""
    by_area: dict[UUID, list[Venue]] = {}
    standing = Venue.objects.filter(response_id=response_id, area_id__in={draft.area_id for draft in drafts})
    for venue in standing.exclude(state="ended").order_by("number"):
        by_area.setdefault(venue.area_id, []).append(venue)
    phones = sorted({draft.contact_phone for draft in drafts if draft.contact_phone})
    owners = vault.subjects_with_many(response_id=response_id, kind="phone", values=phones) if phones else {}
    found = []
    for draft in drafts:
        key, holders = rules.name_key(draft.name), set(owners.get(draft.contact_phone, ()))
        found.append(
            [
                venue
                for venue in by_area.get(draft.area_id, ())
                if venue.group == groups.get(draft.kind) and (rules.alike(key, venue.name_key) or venue.id in holders)
            ]
        )
    return found

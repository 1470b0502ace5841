"""Reading bulletins as they were issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.picture.bulletins.content import BulletinContent
from wangge.picture.bulletins.models import Bulletin

PAGE = 50


class BulletinMark(NamedTuple):
    """Where a page ended: the key of its last row."""

    cutoff: datetime
    bulletin_id: UUID


@dataclass(frozen=True)
class BulletinPage:
    """One page of issued bulletins, the latest cut-off first, without their content; where the next begins."""

    bulletins: list[Bulletin]
    following: BulletinMark | None


def visible(actor: Actor) -> QuerySet[Bulletin]:
    """The bulletins of the areas whose figures the actor may see."""
    areas = {grant.area_id for grant in actor.grants if "figure.view" in grant.verbs}
    if None in areas:
        return Bulletin.objects.all()
    condition = Q(pk__in=[])
    for area_id in sorted(area for area in areas if area is not None):
        condition |= Q(area_id__in=covered(area_id))
    return Bulletin.objects.filter(condition)


def bulletins(
    *,
    actor: Actor,
    response_id: UUID,
    area_id: UUID | None = None,
    after: BulletinMark | None = None,
    limit: int = PAGE,
) -> BulletinPage:
    """A page of the bulletins issued in a response, of one area (not of those below it) or of all; one query."""
    rows = visible(actor).filter(response_id=response_id)
    if area_id is not None:
        require(actor, "figure.view", area_id)
        rows = rows.filter(area_id=area_id)
    if after is not None:
        rows = rows.filter(Q(cutoff__lt=after.cutoff) | Q(cutoff=after.cutoff, id__lt=after.bulletin_id))
    rows = rows.select_related("area", "issued_by").defer("content")
    found = list(rows.order_by("-cutoff", "-id")[: limit + 1])
    following = BulletinMark(found[limit - 1].cutoff, found[limit - 1].id) if len(found) > limit else None
    return BulletinPage(found[:limit], following)


def bulletin_by_id(bulletin_id: UUID, *, actor: Actor) -> Bulletin:
    """One issued bulletin. Raises NotFound, also where the actor may not look."""
    bulletin = Bulletin.objects.filter(id=bulletin_id).select_related("area", "issued_by").first()
    if bulletin is None or not may(actor, "figure.view", bulletin.area_id):
        raise NotFound(what="战报")
    return bulletin


def content_of(bulletin: Bulletin) -> BulletinContent:
    """What was issued, word for word; nothing else is read."""
    return BulletinContent.from_stored(bulletin.content)


def last_before(response_id: UUID, area_id: UUID, cutoff: datetime | None = None) -> Bulletin | None:
    """The newest bulletin of an area, or the newest with a cut-off before this one."""
    rows = Bulletin.objects.filter(response_id=response_id, area_id=area_id)
    if cutoff is not None:
        rows = rows.filter(cutoff__lt=cutoff)
    return rows.defer("content").order_by("-serial").first()


def bulletins_count(response_id: UUID) -> int:
    """How many bulletins were issued in a response."""
    return Bulletin.objects.filter(response_id=response_id).count()

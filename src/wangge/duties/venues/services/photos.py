"""Photos taken during a visit 现场照片: sealed onto the disk, and named in the transaction that records the visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.venues import rules
from wangge.duties.venues.models import Venue, Visit
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services.visits import visit_record
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import EvidenceRefused, NotFound
from wangge.ground.responses.evidence import SealedFile, Sender, keep_files, seal_file, unneeded
from wangge.ground.responses.media import DRAWN, media_type

TRIES = 2


class Photo(NamedTuple):
    """A picture as it was sent."""

    name: str
    content: bytes


def visit_record_shown(
    *, actor: Actor, response_id: UUID, draft: VisitDraft, photos: Sequence[Photo], now: datetime
) -> Visit:
    """Record a visit with the photos taken there, both or neither; each content is stored once.

    Where a photo was taken is kept in the vault, apart from it. Raises EvidenceRefused for what is no picture.
    """
    venue = Venue.objects.filter(id=draft.venue_id, response_id=response_id).first()
    if venue is None:
        raise NotFound(what="场所")
    require(actor, "exercise.run" if draft.exercise else "venue.visit", venue.area_id)
    if problem := rules.check_photos([len(one.content) for one in photos]):
        raise problem
    sealed: list[SealedFile] = []
    kept: list[UUID] = []
    try:
        for one in photos:
            if media_type(one.content) not in DRAWN:
                raise EvidenceRefused(why_zh="不是 JPG、PNG、GIF 或 WebP 照片", why_en="it is no picture")
            sealed.append(seal_file(response_id=response_id, content=one.content, name=one.name))
        visit, kept = _recorded(actor, venue, draft, sealed, now)
        return visit
    finally:
        unneeded(sealed, kept)


def _recorded(
    actor: Actor, venue: Venue, draft: VisitDraft, sealed: Sequence[SealedFile], now: datetime
) -> tuple[Visit, list[UUID]]:
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                kept = keep_files([(file, Sender(actor, venue.area_id)) for file in sealed], now=now)
                shown = replace(draft, evidence=tuple(dict.fromkeys(kept)))
                return visit_record(actor=actor, response_id=venue.response_id, draft=shown, now=now), kept
        except IntegrityError:
            # Somebody sent the same picture at once; the second look finds it.
            if not left:
                raise
    raise AssertionError("the last try returns or raises")

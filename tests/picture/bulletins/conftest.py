"""Bulletins of the small city. Issuing needs events that are settled, so these tests commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from wangge.picture.bulletins.content import BulletinContent
from wangge.picture.bulletins.models import Bulletin
from wangge.picture.bulletins.queries import content_of
from wangge.picture.bulletins.services import bulletin_draft, bulletin_issue


@pytest.fixture
def draft(city: Any) -> Callable[..., BulletinContent]:
    """The draft that somebody sees."""

    def drafted(cutoff: datetime, who: str = "frank", area: str = "4413") -> BulletinContent:
        return bulletin_draft(
            actor=city.actor(who), response_id=city.response_id, area_id=city.area(area), cutoff=cutoff, now=cutoff
        )

    return drafted


@pytest.fixture
def issue(city: Any) -> Callable[..., tuple[Bulletin, BulletinContent]]:
    """A bulletin issued by somebody, read back from the database."""

    def issued(
        cutoff: datetime, who: str = "frank", area: str = "4413", now: datetime | None = None
    ) -> tuple[Bulletin, BulletinContent]:
        bulletin = bulletin_issue(
            actor=city.actor(who),
            response_id=city.response_id,
            area_id=city.area(area),
            cutoff=cutoff,
            now=now or cutoff,
        )
        kept = Bulletin.objects.get(id=bulletin.id)
        return kept, content_of(kept)

    return issued

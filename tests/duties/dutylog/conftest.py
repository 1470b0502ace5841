"""Entries as people make them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import Logged, entry_log


def leaflets(city: Any, copies: int = 120, area: str = "441302001001", **more: Any) -> EntryDraft:
    """Leaflets handed out to households of 东湖."""
    quantities = more.pop("quantities", {"copies": copies})
    return EntryDraft("leaflets_handed_out", city.area(area), "household", quantities, **more)


@pytest.fixture
def log(city: Any, now: datetime) -> Callable[..., UUID]:
    """Log leaflets as somebody; the entry's id."""

    def logged(who: str = "alice", at: datetime = now, **draft: Any) -> UUID:
        entry: Logged = entry_log(
            actor=city.actor(who, at), response_id=city.response_id, draft=leaflets(city, **draft), now=at
        )
        return entry.entry_id

    return logged

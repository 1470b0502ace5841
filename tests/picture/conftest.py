"""Events as the duties record them, and the reader at any place among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from wangge.duties.dutylog import events as _declared  # noqa: F401 - the event types recorded here
from wangge.ground.journal import services as journal
from wangge.ground.journal.readers import SpanReader, advance
from wangge.picture.figures.queries import figures
from wangge.picture.figures.rollups import roll


@dataclass
class Ledger:
    """Records events and lets the figures' reader handle some of them."""

    city: Any

    def record(self, type_: str, at: datetime, *, area: str = "441302001001", **fields: Any) -> None:
        fields.setdefault("response_id", self.city.response_id)
        with transaction.atomic():
            journal.record(type_, at=at, area_id=self.city.area(area), **fields)

    def leaflets(self, copies: int, at: datetime, **fields: Any) -> None:
        self.record(
            "duty.logged", at, kind="leaflets_handed_out", place_kind="household", sign=1, copies=copies, **fields
        )

    def countered(self, copies: int, at: datetime, **fields: Any) -> None:
        self.record(
            "duty.countered", at, kind="leaflets_handed_out", place_kind="household", sign=-1, copies=copies, **fields
        )

    def roll(self, events: int, at: datetime) -> int:
        """Let the reader handle so many events, at most."""
        return advance(SpanReader("figures", roll, batch=events), now=at) if events else 0


@pytest.fixture
def ledger(city: Any) -> Ledger:
    return Ledger(city)


@pytest.fixture
def value(city: Any) -> Callable[..., tuple[float | None, float | None]]:
    """(total, new) of one figure as the city desk sees it."""

    def shown(code: str, until: datetime, since: datetime | None = None, area: str = "4413", who: str = "frank"):
        found = figures(
            actor=city.actor(who), response_id=city.response_id, area_id=city.area(area), until=until, since=since
        )[code]
        return found.total, found.new

    return shown

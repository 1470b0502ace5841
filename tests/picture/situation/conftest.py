"""Matters as they come in and go, where a map looks at them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive


@pytest.fixture
def receive(city: Any, now: datetime) -> Callable[..., Matter]:
    """Receive a report in the cast's city; the matter it became."""

    def received(area: str = "441302001001", kind: str = "arrival", at: datetime | None = None, **draft: Any) -> Matter:
        moment = at or now
        who = "omar" if area.startswith("441323") else "erin"
        taken = matter_receive(
            actor=city.actor(who, moment),
            response_id=city.response_id,
            draft=ReportDraft(kind=kind, area_id=city.area(area), source="phone", text="有人从武汉回来", **draft),
            now=moment,
        )
        return Matter.objects.get(id=taken.matter_id)

    return received

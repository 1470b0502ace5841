"""People put on record by those who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.duties.observation.watching import Watch, add_person
from wangge.duties.observation.models import Individual
from wangge.duties.observation.services.records import RecordDraft, individual_register

VILLAGE = "441302001001"  # 东湖, in dan's and hana's town


def person(city: Any, area: str = VILLAGE, **told: Any) -> RecordDraft:
    """An arrival in 东湖; the name is fictional, the document's check digit right."""
    told = {
        "role": "arrival",
        "name": "王小明",
        "phones": ("13800138000",),
        "origin": "武汉",
        "arrived_on": date(2020, 1, 30),
        "last_exposure_on": date(2020, 1, 30),
    } | told
    return RecordDraft(area_id=city.area(area), **told)


@pytest.fixture
def register(city: Any, now: datetime) -> Callable[..., Individual]:
    """Put somebody on record as somebody."""

    def registered(who: str = "hana", at: datetime = now, **told: Any) -> Individual:
        how = {name: told.pop(name) for name in ("source", "matter_id", "report_id", "not_the_same") if name in told}
        return individual_register(
            actor=city.actor(who, at), response_id=city.response_id, draft=person(city, **told), now=at, **how
        )

    return registered


@pytest.fixture
def watch(city: Any, now: datetime) -> Watch:
    """An empty book of plans, at nine in the morning, with nora and nick as the health workers of 东湖."""
    add_person(city, "nora", "health_staff", VILLAGE, now - timedelta(days=1))
    add_person(city, "nick", "health_staff", VILLAGE, now - timedelta(days=1))
    return Watch(city, now)

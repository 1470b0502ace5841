"""People of the cast at the desk, each in a browser of their own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.ground.kernel import clock


@pytest.fixture
def at_desk(city: Any) -> Callable[[str], Client]:
    """A client signed in as somebody."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(city.person(name))
        return client

    return signed_in


@pytest.fixture
def report(city: Any) -> Callable[..., Matter]:
    """Receive a report just now; the matter it became."""

    def received(
        kind: str = "arrival", area: str = "441302001001", who: str = "dan", now: datetime | None = None, **draft: Any
    ) -> Matter:
        at = now or clock.now() - timedelta(seconds=5)
        taken = matter_receive(
            actor=city.actor(who, at),
            response_id=city.response_id,
            draft=ReportDraft(
                kind=kind,
                area_id=city.area(area),
                source=draft.pop("source", "phone"),
                text=draft.pop("text", "三号楼有人从武汉回来,电话13812345678"),
                **draft,
            ),
            now=at,
        )
        return Matter.objects.get(id=taken.matter_id)

    return received


@pytest.fixture
def do(city: Any) -> Callable[..., Any]:
    """Call a service of matters as somebody, on the newest version."""

    def done(service: Callable[..., Any], matter: Matter, who: str, **arguments: Any) -> Matter:
        matter.refresh_from_db()
        if "version" in inspect.signature(service).parameters:
            arguments.setdefault("version", matter.version)
        now = clock.now()
        service(actor=city.actor(who, now), matter_id=matter.id, now=now, **arguments)
        matter.refresh_from_db()
        return matter

    return done

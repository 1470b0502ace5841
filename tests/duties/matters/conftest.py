"""A matter brought to any stage by the people whose stage it is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import finishing, handling, intake, triage
from wangge.ground.responses.queries import pack_of


@dataclass
class Story:
    """One matter on its way; `minutes` pass between steps so that every instant differs."""

    city: Any
    now: datetime
    matter: Matter | None = None

    @property
    def city_pack(self) -> Any:
        return pack_of(self.city.response)

    def later(self, **duration: float) -> Story:
        self.now += timedelta(**duration)
        return self

    @property
    def id(self) -> Any:
        assert self.matter is not None
        return self.matter.id

    def fresh(self) -> Matter:
        self.matter = Matter.objects.get(id=self.id)
        return self.matter

    def act(self, service: Callable[..., Any], who: str, **arguments: Any) -> Any:
        """Call a service as somebody, with the matter's newest version where it wants one."""
        if "version" in inspect.signature(service).parameters:
            arguments.setdefault("version", self.fresh().version)
        result = service(actor=self.city.actor(who, self.now), matter_id=self.id, now=self.now, **arguments)
        self.fresh()
        return result

    def receive(self, who: str = "alice", area: str = "441302001001", kind: str = "arrival", **draft: Any) -> Story:
        received = intake.matter_receive(
            actor=self.city.actor(who, self.now),
            response_id=self.city.response_id,
            draft=ReportDraft(
                kind=kind,
                area_id=self.city.area(area),
                source=draft.pop("source", "phone"),
                text=draft.pop("text", "东湖花园三号楼有人从武汉回来"),
                **draft,
            ),
            now=self.now,
        )
        self.matter = Matter.objects.get(id=received.matter_id)
        return self

    def acknowledged(self) -> Story:
        self.act(triage.matter_acknowledge, "alice")
        return self.later(minutes=2)

    def triaged(self, **arguments: Any) -> Story:
        self.acknowledged().act(triage.matter_triage, "dan", **arguments)
        return self.later(minutes=2)

    def accepted(self, **arguments: Any) -> Story:
        """Accepted by every agency asked, each by the desk for them."""
        self.triaged(**arguments)
        for part in self.matter.involvements.filter(ended_at__isnull=True):  # type: ignore[union-attr]
            self.act(handling.matter_accept, "dan", agency_id=part.agency_id)
        return self.later(minutes=2)

    def handled(self, **arguments: Any) -> Story:
        """Handled by paul's police, who leads."""
        self.accepted(lead="police", joint=["health"], **arguments)
        self.act(
            handling.matter_work,
            "paul",
            agency_id=self.city.agencies["police/441302001"],
            what="worked",
            text="已到户核实",
        )
        return self.later(minutes=2)

    def verified(self) -> Story:
        self.handled().act(finishing.matter_verify, "carol", passed=True, method="spot", text="本人在家,情况属实")
        return self.later(minutes=2)

    def closed(self) -> Story:
        self.verified().act(finishing.matter_close, "dan", outcome="home_observation", told="call")
        return self.later(minutes=2)


@pytest.fixture
def story(city: Any, now: datetime) -> Story:
    return Story(city, now)

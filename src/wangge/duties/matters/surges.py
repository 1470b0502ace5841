"""Surges 战时状态 in force, and the factor they put on the clocks of new matters."""

from __future__ import annotations

from uuid import UUID

from wangge.duties.matters.models import Surge
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.bulk import Question
from wangge.ground.responses.packs.schema import Pack

# The factor of every surge in force, by area: asked with every batch of reports.
SURGES_RUNNING = Question(Surge, ("area", "factor"), "ended_at IS NULL")


def factor_for(pack: Pack, kind: str, area_id: UUID, surges: dict[UUID, float]) -> float:
    """The multiplier for a kind in an area: that of the nearest surge that covers it, the pack's own for some kinds."""
    if not surges:
        return 1.0
    for place in tree().superiors(area_id):  # nearest first
        if place in surges:
            return pack.surge.kinds.get(kind, surges[place])
    return 1.0

"""The surge switch 战时状态: one switch, with a reason, for an area and all it covers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.matters import events
from wangge.duties.matters.models import Surge
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, SurgeState
from wangge.ground.responses import vault
from wangge.ground.responses.queries import response_current, response_running
from wangge.ground.responses.vault import Secret

REASON_LIMIT = 200


@transaction.atomic
def surge_start(*, actor: Actor, area_id: UUID, factor: float, reason: str, now: datetime) -> Surge:
    """Switch a surge on, under the response that runs: the clocks of new matters there are multiplied by the factor."""
    require(actor, "surge.switch", area_id)
    if not 0 < factor <= 10:
        raise InputInvalid(
            field="factor", why_zh="系数须大于 0、不超过 10。", why_en="The factor lies between 0 and 10."
        )
    said = reason.strip()
    if not 2 <= len(said) <= REASON_LIMIT:
        raise InputInvalid(
            field="reason",
            why_zh=f"请写明启动理由，不超过 {REASON_LIMIT} 字。",
            why_en=f"Say why, in {REASON_LIMIT} characters.",
        )
    response = response_running(response_current().id)
    try:
        with transaction.atomic():
            surge = Surge.objects.create(area_id=area_id, factor=factor, started_by_id=actor.person_id, started_at=now)
    except IntegrityError:
        raise SurgeState(state="启动") from None
    vault.put_many(response_id=response.id, secrets=[Secret(surge.id, "reason", "text", said)])
    journal.record(
        events.SURGE_STARTED, at=now, actor_id=actor.person_id, area_id=area_id, subject_id=surge.id, factor=factor
    )
    return surge


@transaction.atomic
def surge_end(*, actor: Actor, area_id: UUID, now: datetime) -> None:
    """Switch it off; matters received meanwhile keep the clocks they came with."""
    require(actor, "surge.switch", area_id)
    surge = Surge.objects.filter(area_id=area_id, ended_at__isnull=True).first()
    if surge is None or not Surge.objects.filter(id=surge.id, ended_at__isnull=True).update(ended_at=now):
        raise SurgeState(state="关闭")
    journal.record(
        events.SURGE_ENDED,
        at=now,
        actor_id=actor.person_id,
        area_id=area_id,
        subject_id=surge.id,
        factor=surge.factor,
    )

"""Which matter tells of which record, once the matter is there."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from wangge.duties.observation.models import Origin
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor


@transaction.atomic
def origins_settle(*, actor: Actor, led: Mapping[UUID, tuple[UUID, UUID | None]]) -> None:
    """Keep the matter and report of origins that had none; `led` leads from an origin to both."""
    require(actor, "person.register", None)
    rows = list(Origin.objects.filter(id__in=led, matter_id__isnull=True))
    for row in rows:
        row.matter_id, row.report_id = led[row.id]
    Origin.objects.bulk_update(rows, ["matter_id", "report_id"], batch_size=200)

"""Which matter tells of which record, once the matter is there."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from wangge.duties.observation.models import Origin
from wangge.ground.areas.permission import require
from wangge.ground.kernel.bulk import update_rows
from wangge.ground.kernel.permission import Actor


@transaction.atomic
def origins_settle(*, actor: Actor, led: Mapping[UUID, tuple[UUID, UUID | None]]) -> None:
    """Keep the matter and report of origins that had none; `led` leads from an origin to both."""
    require(actor, "person.register", None)
    waiting = Origin.objects.select_for_update().filter(id__in=led, matter_id__isnull=True).order_by("id")
    rows = [(one, *led[one]) for one in waiting.values_list("id", flat=True)]
    update_rows(Origin, ("matter_id", "report_id"), rows)

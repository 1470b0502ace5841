"""Answers are kept for a while, so that a write sent again finds its own; then they go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from wangge.ground.accounts.models import AnsweredCall
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor

KEPT = timedelta(days=7)
PART = 1000


@transaction.atomic
def calls_forget(*, actor: Actor, now: datetime, limit: int = PART) -> int:
    """Forget the oldest answers, at most so many of those kept longer than KEPT; how many.

    Ids are made in the order of time, so that the oldest stand at the beginning of the key's own index and no
    other index has to be written with every report.
    """
    require(actor, "call.forget", None)
    oldest = AnsweredCall.objects.order_by("id").values_list("id", "at")[:limit]
    gone = [call_id for call_id, at in oldest if at < now - KEPT]
    AnsweredCall.objects.filter(id__in=gone).delete()
    return len(gone)

"""Signs of life: one row for each engine process."""

from __future__ import annotations

from django.db import models

from wangge.ground.kernel.ids import new_id


class EngineLife(models.Model):
    """An engine process: where it runs, when it began, and when it last came to the end of a round.

    Instants are those of the machine, whatever time a demonstration shows. `ended_at` stands where the engine
    was asked to end and did; without it, a row whose `seen_at` lies back tells of an engine that died or hangs.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

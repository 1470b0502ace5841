"""Bulletins 战报 as they were issued."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Bulletin(models.Model):
    """One issued bulletin: its content is kept word for word, and printing reads nothing else.

    `since` is the cut-off of the one before, or the start of the response. `tx` and `event_id` say
    up to where the journal was counted, `seal_number` and `seal_head` which link of the seal stood
    then. `serial` runs from 1 within a response and area.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    since = models.DateTimeField()
    cutoff = models.DateTimeField()
    tx = models.BigIntegerField()
    event_id = models.BigIntegerField()
    seal_number = models.BigIntegerField()
    seal_head = models.CharField(max_length=64)
    content = models.JSONField()
    issued_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "area", "serial"], name="bulletin_serial_once"),
            models.CheckConstraint(condition=Q(cutoff__gt=F("since")), name="bulletin_covers_some_time"),
        ]
        indexes = [models.Index(fields=["response", "-cutoff", "-id"], name="bulletin_newest")]

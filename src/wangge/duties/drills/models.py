"""Communication drills 通联演练: where and how long, and one test for each person and channel."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person, Post
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id


class Drill(models.Model):
    """A drill in an area and all it covers; answers count up to `until`, which an early end moves.

    `closed_at` is when its end was written down. A drill is an exercise, so it has no flag that says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    called_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    called_at = models.DateTimeField()
    until = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gte=F("called_at")), name="drill_dates")]
        indexes = [models.Index(fields=["until"], name="drill_open", condition=Q(closed_at__isnull=True))]


class DrillTest(models.Model):
    """One person on one channel: who, at which post, and when they answered; null where they have not.

    The message's own link answers for exactly this row. `digest` is the SHA-256 of the link's secret. When it was
    sent, and why not, stands in the delivery.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    drill = models.ForeignKey(Drill, on_delete=models.PROTECT, related_name="tests", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, unique=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["drill", "person", "channel"], name="drill_test_once")]
        indexes = [models.Index(fields=["person", "-drill"], name="drill_test_last")]

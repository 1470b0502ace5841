"""The register of checkpoints 检疫点台账, and how one shift hands over to the next."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class NumberCounter(models.Model):
    """The running number of an area's checkpoints: what the next `Checkpoint.number` is made from."""

    area = models.OneToOneField(Area, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField()


class Checkpoint(models.Model):
    """A joint quarantine checkpoint 联合检疫点 or a mobile service point 流动服务点.

    `agencies` are codes of the pack's agencies on duty together, `posts` the ids of the posts that serve it.
    `opens_at` and `closes_at` are times of day, both empty for day and night. `desk_phone` is the duty desk's
    telephone, to be called while the network is away. The contact's name and telephone are in the vault.
    `last_seen_at` is its last sign of life; `queue` how many vehicles waited at `queue_at`.
    `version` rises with every change made at a desk.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    road = models.CharField(max_length=80)
    direction = models.CharField(max_length=40, blank=True)
    lanes = models.PositiveSmallIntegerField(default=1)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    agencies = models.JSONField(default=list)
    posts = models.JSONField(default=list)
    opens_at = models.TimeField(null=True)
    closes_at = models.TimeField(null=True)
    equipment = models.CharField(max_length=200, blank=True)
    desk_phone = models.CharField(max_length=30, blank=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    queue = models.PositiveIntegerField(null=True)
    queue_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="checkpoint_whole_place",
            ),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False),
                name="checkpoint_whole_hours",
            ),
        ]
        indexes = [models.Index(fields=["area", "number"], name="checkpoint_area")]


class Handover(models.Model):
    """One shift hands over to the next 交接班; the notes are in the vault."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="handovers", db_index=False)
    shift = models.CharField(max_length=40)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    taken_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["checkpoint", "-at"], name="handover_latest")]

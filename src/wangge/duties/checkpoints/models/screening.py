"""Screening 检疫登记: what came by, added up; and the few who were stopped. Of a normal passenger nothing is kept."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.duties.checkpoints.models.register import Checkpoint
from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id

ALERTS = [("fever", "发热"), ("origin", "来自疫情发生地")]


class Screening(models.Model):
    """A vehicle that was screened, or the sum of several, kept only as long as it may be sent once more.

    `id` is made from the checkpoint and the sender's key, so that one who sends again changes nothing. Of the plate
    only the province and whether it is a new-energy vehicle's are kept. Nothing refers to these rows.
    """

    id = models.UUIDField(primary_key=True)
    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    lane = models.PositiveSmallIntegerField()
    province = models.CharField(max_length=1, blank=True)
    energy = models.BooleanField()
    vehicles = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    fevers = models.PositiveIntegerField()
    person_id = models.UUIDField(null=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["at"], name="screening_at")]


class Total(models.Model):
    """What a checkpoint has screened in an hour, a day or a month of the local clock, by lane and shift."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    grain = models.CharField(max_length=5, choices=[("hour", "小时"), ("day", "日"), ("month", "月")])
    start = models.DateTimeField()
    lane = models.PositiveSmallIntegerField()
    shift = models.CharField(max_length=40)
    vehicles = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)
    fevers = models.BigIntegerField(default=0)
    energy = models.BigIntegerField(default=0)
    outside = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grain", "start", "checkpoint", "lane", "shift"], name="total_once")
        ]


class Alert(models.Model):
    """A passenger who was stopped 检疫警示: a fever, or an origin on the list. What is known of them is in the vault.

    `matter_id` is the matter it has become, `handed_over_at` when the person was handed over to the health side.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="alerts", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    what = models.CharField(max_length=8, choices=ALERTS)
    lane = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    matter_id = models.UUIDField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True) | Q(handed_over_at__gte=F("received_at")),
                name="alert_handed_over_after",
            )
        ]
        indexes = [models.Index(fields=["checkpoint", "-at"], name="alert_checkpoint")]


class PersonForm(models.Model):
    """A person form of an alert; what it says is in the vault. `report_id` is the report that its matter has got."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="forms")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    report_id = models.UUIDField(null=True)

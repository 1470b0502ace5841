"""Orders that close or limit venues 停业与限制令, and their lifting by stages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response

EFFECTS = [("close", "停业"), ("limit", "限制营业")]


class Order(models.Model):
    """One order: kinds of venues in areas, closed or limited from an instant, on whose authority and which basis.

    `areas` are ids of areas; an order reaches all they cover. `notice` is the text that is put up, kept as it was.
    `next_at` is when the order or a stage of its lifting comes into force, the instant that the engine watches;
    `ended_at` when nothing of it was left.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    effect = models.CharField(max_length=8, choices=EFFECTS)
    kinds = models.JSONField()
    areas = models.JSONField()
    limits = models.CharField(max_length=200, blank=True)
    authority = models.CharField(max_length=80)
    legal_basis = models.CharField(max_length=200)
    notice = models.TextField()
    starts_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    exercise = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="order_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["-issued_at", "-id"], name="order_newest"),
        ]


class Lift(models.Model):
    """A stage of an order's lifting 解除: these kinds in these areas, from an instant. Empty lists mean all of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lifts")
    kinds = models.JSONField()
    areas = models.JSONField()
    notice = models.TextField()
    at = models.DateTimeField()
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

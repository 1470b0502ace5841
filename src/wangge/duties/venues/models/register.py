"""The register of venues 场所台账."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response

STATES = [("open", "可营业"), ("limited", "限制营业"), ("closed", "责令停业"), ("ended", "已注销")]


class NumberCounter(models.Model):
    """The running number of an area's venues: what the next `Venue.number` is made from."""

    area = models.OneToOneField(Area, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField()


class Venue(models.Model):
    """A place that is inspected 场所: bar, hotel, school, shop. Its operator and contacts are in the vault.

    `state` follows the orders in force, of which `order_id` names the strictest; "ended" is a venue that is no more.
    `name_key` is the name as it is compared. `size` counts what the kind is measured by: rooms, seats, people.
    `failed` are the items that have to be looked at again, of the visit `recheck_id`, by `recheck_due_at`.
    `last_visit_at` and `last_agencies` say who was there last. `link_digest` is the SHA-256 of the secret in the
    operator's own link. `version` rises with every change made at a desk.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=40)
    group = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    name_key = models.CharField(max_length=80)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = models.CharField(max_length=120, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    size = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=STATES, default="open")
    order_id = models.UUIDField(null=True)
    failed = models.JSONField(default=list)
    recheck_id = models.UUIDField(null=True)
    recheck_due_at = models.DateTimeField(null=True)
    last_visit_at = models.DateTimeField(null=True)
    last_agencies = models.JSONField(default=list)
    link_digest = models.CharField(max_length=64, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="venue_whole_place",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "number"], name="venue_area"),
            models.Index(fields=["kind", "number"], name="venue_kind"),
            models.Index(fields=["group", "number"], name="venue_group"),
            models.Index(fields=["recheck_due_at"], name="venue_recheck", condition=Q(recheck_due_at__isnull=False)),
            models.Index(fields=["link_digest"], name="venue_link", condition=~Q(link_digest="")),
        ]

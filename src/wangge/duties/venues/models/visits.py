"""Visits to venues 检查, and when the next one is due."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.duties.venues.models.register import Venue
from wangge.ground.accounts.models import Agency, Person, Post
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Visit(models.Model):
    """One visit to a venue, of one agency or of several together. Never edited, never deleted.

    `rounds` are those it was made for, `answers` say of each item "ok", "failed" or "na"; each is asked once, however
    many rounds ask it. `open_found` marks a venue under an order to close that was found open. It counts like an
    entry of the duty log: `log_kind`, `place_kind`, `quantities`, and a wrong one is countered by a second of the same
    content with `sign` −1 that `corrects` it. The note is in the vault under the visit's id; `matter_id` is the matter
    that its finding became.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="visits", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    post = models.ForeignKey(Post, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    agencies = models.JSONField(default=list)
    rounds = models.JSONField(default=list)
    answers = models.JSONField(default=dict)
    evidence = models.JSONField(default=list)
    open_found = models.BooleanField(default=False)
    matter_id = models.UUIDField(null=True)
    log_kind = models.CharField(max_length=40)
    place_kind = models.CharField(max_length=40)
    quantities = models.JSONField()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sign = models.SmallIntegerField(default=1, choices=[(1, "检查"), (-1, "冲正")])
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="countered_by")
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="visit_countered_once"
            ),
            models.CheckConstraint(
                condition=Q(sign=1, corrects__isnull=True) | Q(sign=-1, corrects__isnull=False),
                name="visit_counter_has_its_visit",
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "-observed_at", "-id"], name="visit_venue"),
            models.Index(fields=["area", "-received_at", "-id"], name="visit_area"),
        ]


class Due(models.Model):
    """When a round comes to a venue next 应检. Kept as visits come and go; `area` is the venue's."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="dues", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.CharField(max_length=40)
    due_on = models.DateField()
    made_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "round"], name="due_once")]
        indexes = [
            models.Index(fields=["area", "round", "due_on"], name="due_area"),
            models.Index(fields=["round", "due_on"], name="due_round"),
        ]

"""Return to school and to work 返校返工: how far each site is, and how its returners are."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.duties.venues.models.register import Venue
from wangge.ground.accounts.models import Person
from wangge.ground.kernel.ids import new_id


class Readiness(models.Model):
    """How ready a site is: which items are met, who has approved it and on which day, when it resumes.

    `approvals` is the day of each approval by kind of agency. It is `passed` when nothing is open.
    """

    venue = models.OneToOneField(Venue, primary_key=True, on_delete=models.PROTECT, related_name="readiness")
    met = models.JSONField(default=list)
    open = models.JSONField(default=list)
    approvals = models.JSONField(default=dict)
    resumes_on = models.DateField(null=True)
    passed_on = models.DateField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "readiness"


class ReadinessRecord(models.Model):
    """One look at a site's readiness, kept as it was said; the note is in the vault under its id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="+")
    met = models.JSONField()
    approvals = models.JSONField()
    resumes_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)


class Returners(models.Model):
    """How those who came back to a site are on a day: how many were looked at, how many were unwell. Counts only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="returners")
    day = models.DateField()
    people = models.PositiveIntegerField()
    unwell = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name_plural = "returners"
        constraints = [
            models.UniqueConstraint(fields=["venue", "day"], name="returners_once_a_day"),
            models.CheckConstraint(condition=Q(unwell__lte=F("people")), name="returners_within"),
        ]

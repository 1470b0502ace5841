"""The day's counts of lodging places 旅业日报: counts only, never a guest."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.duties.venues.models.register import Venue
from wangge.duties.venues.rules import share
from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class DayCount(models.Model):
    """What a place reported of a day: guests in house, of these registered, of these uploaded.

    A later report of the same day takes the place of the one before, which keeps its row with `replaced_at`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="counts", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    guests = models.PositiveIntegerField()
    registered = models.PositiveIntegerField()
    uploaded = models.PositiveIntegerField()
    source = models.CharField(
        max_length=8, choices=[("link", "店内填报"), ("api", "系统对接"), ("visit", "检查核对"), ("desk", "值班台")]
    )
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    received_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "day"], condition=Q(replaced_at__isnull=True), name="count_stands_once"
            ),
            models.CheckConstraint(
                condition=Q(registered__lte=F("guests"), uploaded__lte=F("registered")), name="count_within"
            ),
        ]
        indexes = [models.Index(fields=["day", "area"], name="count_day", condition=Q(replaced_at__isnull=True))]

    @property
    def registered_rate(self) -> float | None:
        """In per cent, None where nobody stayed."""
        return share(self.registered, self.guests)

    @property
    def uploaded_rate(self) -> float | None:
        """Of those registered, in per cent."""
        return share(self.uploaded, self.registered)


class Gap(models.Model):
    """A day that a place had not reported by the hour 逾期未报, and the matter that it became."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="gaps")
    day = models.DateField()
    found_at = models.DateTimeField()
    matter_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "day"], name="gap_once")]


class Swept(models.Model):
    """The mark that a day was looked through for places that had not reported by the hour."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "swept days"
        constraints = [models.UniqueConstraint(fields=["response", "day"], name="day_swept_once")]

"""What the figures add up to, kept as it changes."""

from __future__ import annotations

from django.db import models

GRAINS = [("month", "月"), ("day", "日"), ("hour", "时")]


class Rollup(models.Model):
    """One figure of one area in one month, day or hour, from all events up to the reader's cursor.

    `value` is what the figure comes to over everything the area covers, from so many `rows`; `own` is
    that of the area itself alone. `start` is where the month, day or hour begins on the wall clock of
    the city; which of them are kept depends on the area's level. Ids stand without foreign keys: the
    table is derived, and can be made again from the journal at any time.
    """

    pk = models.CompositePrimaryKey("response_id", "area_id", "grain", "start", "figure")
    response_id = models.UUIDField()
    area_id = models.UUIDField()
    grain = models.CharField(max_length=5, choices=GRAINS)
    start = models.DateTimeField()
    figure = models.CharField(max_length=40)
    value = models.BigIntegerField()
    rows = models.BigIntegerField()
    own = models.BigIntegerField()

    class Meta:
        db_table = "figures_rollup"


class Climb(models.Model):
    """The way up that the events of an area were added on: to an ancestor that covers it, by the finest of its grains.

    An ancestor that keeps hours keeps days too; whether months as well, `monthly` says.
    """

    pk = models.CompositePrimaryKey("area_id", "ancestor_id")
    area_id = models.UUIDField()
    ancestor_id = models.UUIDField()
    grain = models.CharField(max_length=5, choices=GRAINS)
    monthly = models.BooleanField()

    class Meta:
        db_table = "figures_climb"
        indexes = [models.Index(fields=["ancestor_id", "area_id"], name="climb_downward")]


class RollupState(models.Model):
    """One row: the version of the areas that `Climb` was taken from and `value` was added up by."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    areas_version = models.BigIntegerField()

    class Meta:
        db_table = "figures_rollup_state"

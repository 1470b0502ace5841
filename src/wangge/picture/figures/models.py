"""What the figures add up to, kept as it changes."""

from __future__ import annotations

from django.db import models


class Rollup(models.Model):
    """One figure of one area in one day or hour, from all events up to the reader's cursor.

    `value` is what the figure comes to over everything the area covers, from so many `rows`; `own`
    and `own_rows` are the same for the area itself alone. `start` is where the day or hour begins on
    the wall clock of the city. Ids stand without foreign keys: the
    table is derived, and can be made again from the journal at any time.
    """

    pk = models.CompositePrimaryKey("response_id", "area_id", "grain", "start", "figure")
    response_id = models.UUIDField()
    area_id = models.UUIDField()
    grain = models.CharField(max_length=4, choices=[("day", "日"), ("hour", "时")])
    start = models.DateTimeField()
    figure = models.CharField(max_length=40)
    value = models.BigIntegerField()
    rows = models.BigIntegerField()
    own = models.BigIntegerField()
    own_rows = models.BigIntegerField()

    class Meta:
        db_table = "figures_rollup"


class RollupState(models.Model):
    """One row: the version of the areas by which `value` was added up."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    areas_version = models.BigIntegerField()

    class Meta:
        db_table = "figures_rollup_state"

"""Months for areas that have many events, no hours for those that have few, and the covers that sums were made by.

Rollups are derived: they are emptied here, and the reader adds up the journal again from its beginning.
"""

from __future__ import annotations

from django.db import migrations, models

GRAINS = [("month", "月"), ("day", "日"), ("hour", "时")]


def leave_room(apps, schema_editor):  # type: ignore[no-untyped-def]
    """Leave room on each page: the sums of today are written again and again, best where they stand."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE figures_rollup SET (fillfactor = 80)")


class Migration(migrations.Migration):
    dependencies = [("figures", "0001_figures"), ("journal", "0002_area_at")]
    operations = [
        migrations.RunSQL("DELETE FROM journal_cursor WHERE reader = 'figures'", migrations.RunSQL.noop),
        migrations.RunSQL("DELETE FROM figures_rollup_state", migrations.RunSQL.noop),
        migrations.DeleteModel("Rollup"),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "response_id",
                        "area_id",
                        "grain",
                        "start",
                        "figure",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("response_id", models.UUIDField()),
                ("area_id", models.UUIDField()),
                ("grain", models.CharField(choices=GRAINS, max_length=5)),
                ("start", models.DateTimeField()),
                ("figure", models.CharField(max_length=40)),
                ("value", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                ("own", models.BigIntegerField()),
            ],
            options={"db_table": "figures_rollup"},
        ),
        migrations.CreateModel(
            name="Climb",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "area_id",
                        "ancestor_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("area_id", models.UUIDField()),
                ("ancestor_id", models.UUIDField()),
                ("grain", models.CharField(choices=GRAINS, max_length=5)),
                ("monthly", models.BooleanField()),
            ],
            options={
                "db_table": "figures_climb",
                "indexes": [models.Index(fields=["ancestor_id", "area_id"], name="climb_downward")],
            },
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
    ]

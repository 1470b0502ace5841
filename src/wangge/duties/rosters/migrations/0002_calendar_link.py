"""Links by which calendars follow somebody's duties, and when duties last followed a roster."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def since_published(apps: Any, schema_editor: Any) -> None:
    """Of rosters in force it is known when they were published."""
    apps.get_model("rosters", "Roster").objects.update(in_force_at=models.F("published_at"))


class Migration(migrations.Migration):
    dependencies = [("rosters", "0001_rosters"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField("roster", "in_force_at", models.DateTimeField(null=True)),
        migrations.RunPython(since_published, migrations.RunPython.noop),
        migrations.CreateModel(
            name="CalendarLink",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
            ],
        ),
    ]

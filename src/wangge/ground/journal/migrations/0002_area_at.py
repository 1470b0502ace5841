"""An index for what happened in one area in a stretch of time: figures of small areas are counted by it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_journal")]
    operations = [
        migrations.AddIndex("Event", models.Index(fields=["area_id", "at"], name="journal_event_area_at")),
    ]

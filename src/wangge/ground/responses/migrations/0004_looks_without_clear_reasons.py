import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Apart from the step before: PostgreSQL does not alter a table with rows just written in the same transaction.
    dependencies = [("responses", "0003_ends_rotations_and_looks")]

    operations = [
        migrations.RemoveField("unmasking", "reason"),
        migrations.AlterField(
            "unmasking",
            "response",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="responses.response"
            ),
        ),
        migrations.AlterField(
            "unmasking",
            "area",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="areas.area"
            ),
        ),
        migrations.AddIndex("unmasking", models.Index(fields=["-at", "-id"], name="unmasking_newest")),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0003_reports_without_checks"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("stage", "closed")),
                fields=["kind", "-closed_at", "-id"],
                name="matter_kind_closed",
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0001_matters"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="matter",
            index=models.Index(
                condition=models.Q(("stage", "closed")),
                fields=["area", "-closed_at", "-id"],
                name="matter_area_closed",
            ),
        ),
    ]

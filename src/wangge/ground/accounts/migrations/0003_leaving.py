from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_answered_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="leaves_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=models.Q(("leaves_at__isnull", False)), fields=["leaves_at"], name="person_leaving"
            ),
        ),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import wangge.ground.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="AnsweredCall",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wangge.ground.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("body_hash", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "key"), name="answered_call_once")],
            },
        ),
    ]

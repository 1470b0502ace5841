"""A response's keys end and rotate; the reason of a look goes to the vault, its area and role to its row."""

import os
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import wangge.ground.kernel.ids
from wangge.ground.responses.keys import key_ring


def seal_reasons(apps: Any, schema_editor: Any) -> None:
    """Take area and response of each look from the journal, and seal why it was taken."""
    Unmasking = apps.get_model("responses", "Unmasking")
    VaultField = apps.get_model("responses", "VaultField")
    Event = apps.get_model("journal", "Event")
    for look in Unmasking.objects.iterator(chunk_size=500):
        event = Event.objects.filter(type="vault.unmasked", subject_id=look.subject_id, at=look.at).first()
        if event is None or event.response_id is None:
            look.delete()  # nothing was found then, so nothing was looked at
            continue
        ring, nonce = key_ring(event.response_id), os.urandom(12)
        bound_to = event.response_id.bytes + look.id.bytes + b"reason\0text"
        VaultField.objects.create(
            response_id=event.response_id,
            subject_id=look.id,
            field="reason",
            kind="text",
            key_version=ring.current,
            sealed=nonce + ring.ciphers[ring.current].encrypt(nonce, look.reason.encode(), bound_to),
        )
        look.response_id, look.area_id, look.reason = event.response_id, event.area_id, ""
        look.save()


class Migration(migrations.Migration):
    dependencies = [
        ("responses", "0002_fields_without_a_check"),
        ("journal", "__first__"),
        ("areas", "0001_areas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("response", "destroyed_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "response",
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) | Q(ended_at__isnull=False), name="response_ends_before_its_keys"
            ),
        ),
        migrations.CreateModel(
            name="Rotation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wangge.ground.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("version", models.PositiveSmallIntegerField()),
                ("begun_at", models.DateTimeField()),
                ("current_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField()),
                ("last_id", models.UUIDField(null=True)),
                ("total", models.PositiveBigIntegerField()),
                ("done", models.PositiveBigIntegerField(default=0)),
                ("damaged", models.PositiveBigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "begun_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="responses.response",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(finished_at__isnull=True), fields=["response"], name="rotation_one_at_a_time"
                    )
                ]
            },
        ),
        migrations.AddField(
            "unmasking",
            "response",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="responses.response",
            ),
        ),
        migrations.AddField(
            "unmasking",
            "area",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="areas.area",
            ),
        ),
        migrations.AddField("unmasking", "role", models.CharField(default="", max_length=60), preserve_default=False),
        migrations.RunPython(seal_reasons, migrations.RunPython.noop),
    ]

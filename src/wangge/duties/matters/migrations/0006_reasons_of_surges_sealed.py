"""Why a surge was switched on goes to the vault, as everything that people write freely."""

import os
from typing import Any

from django.db import migrations

from wangge.ground.responses.keys import key_ring


def seal_reasons(apps: Any, schema_editor: Any) -> None:
    """Seal the reasons there are under the response that ran when the surge began."""
    Surge = apps.get_model("matters", "Surge")
    Response = apps.get_model("responses", "Response")
    VaultField = apps.get_model("responses", "VaultField")
    for surge in Surge.objects.exclude(reason="").iterator(chunk_size=500):
        ran = (
            Response.objects.filter(started_at__lte=surge.started_at, destroyed_at=None).order_by("-started_at").first()
        )
        if ran is None:
            continue  # its keys are gone, and what was said under it goes with them
        ring, nonce = key_ring(ran.id), os.urandom(12)
        bound_to = ran.id.bytes + surge.id.bytes + b"reason\0text"
        VaultField.objects.create(
            response_id=ran.id,
            subject_id=surge.id,
            field="reason",
            kind="text",
            key_version=ring.current,
            sealed=nonce + ring.ciphers[ring.current].encrypt(nonce, surge.reason.encode(), bound_to),
        )


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0005_reports_cost_less"),
        ("responses", "0004_looks_without_clear_reasons"),
    ]

    operations = [
        migrations.RunPython(seal_reasons, migrations.RunPython.noop),
        migrations.RemoveField("surge", "reason"),
    ]

"""Reasons that stood in clear are sealed by migrations: those of looks, whose area and response come from the journal,
and those of surges, under the response that ran."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.postgres import running_postgres

SCRIPT = """
import django
django.setup()
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from wangge.ground.journal.models import Event
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.responses.keys import keys_make

at = datetime(2020, 2, 3, tzinfo=UTC)
steps = (("journal", "0002"), ("areas", "0001"), ("accounts", "0002"), ("responses", "0002"), ("matters", "0005"))
for room, step in steps:
    call_command("migrate", room, step, verbosity=0)
partitions_ensure(now=at)
then = MigrationExecutor(connection).loader.project_state([("matters", "0005_reports_cost_less")]).apps
made = lambda model, /, **given: then.get_model(model).objects.create(**given)
area = made("areas.Area", level="city", name="惠州市", short_name="惠州")
pack = made("responses.PackVersion", code="p", name="p", version="1", content_hash="1", content={}, loaded_at=at)
response = made("responses.Response", code="r", name="r", area_id=area.id, pack=pack, purpose="p", legal_basis="b",
                authority="a", started_at=at)
keys_make(response.id)
looked, lost = uuid4(), uuid4()
with transaction.atomic():
    Event.objects.create(type="vault.unmasked", at=at, subject_id=looked, area_id=area.id, response_id=response.id,
                         exercise=False, data={})
for subject in (looked, lost):
    made("responses.Unmasking", subject_id=subject, fields=["name"], reason="致电 13812345678 核实", at=at)
surge = made("matters.Surge", area_id=area.id, factor=0.5, reason="湖滨小区王小明等 3 人确诊", started_at=at)
made("matters.Surge", area_id=area.id, factor=0.5, reason="没有响应", started_at=at - timedelta(days=1), ended_at=at)
call_command("migrate", verbosity=0)

from wangge.duties.matters.models import Surge
from wangge.ground.responses import models, vault
[look] = models.Unmasking.objects.all()
assert (look.subject_id, look.area_id, look.response_id) == (looked, area.id, response.id)
fields = {field.subject_id: field for field in models.VaultField.objects.all()}
assert fields.keys() == {look.id, surge.id}
kept = fields[surge.id]
assert (kept.field, kept.kind, vault._open(kept)) == ("reason", "text", "湖滨小区王小明等 3 人确诊")
assert Surge.objects.count() == 2
field = fields[look.id]
assert (field.subject_id, field.field, field.kind) == (look.id, "reason", "text")
assert vault._open(field) == "致电 13812345678 核实", vault._open(field)
with connection.cursor() as cursor:
    for table in ("responses_unmasking", "matters_surge"):
        cursor.execute(f"SELECT * FROM {table}")
        assert "reason" not in [column[0] for column in cursor.description]
print("sealed")
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_old_reasons_are_sealed(tmp_path: Path, database: str) -> None:
    with running_postgres() if database == "postgresql" else nullcontext("") as address:
        environment = {**os.environ, "WANGGE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "wangge.settings"}
        environment.pop("DATABASE_URL", None)
        if address:
            environment["DATABASE_URL"] = address
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "sealed", done.stderr

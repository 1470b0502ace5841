"""Bringing a backup back: into an empty installation of either database, everything or nothing.

The numbers of transactions belong to the database that gave them. They are moved below zero, in
their order, so that a reader on a new cluster, whose own numbers begin low, never passes one by.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from wangge.ground.areas.tree import forget
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.problems import BackupUnreadable, RestoreRefused
from wangge.ground.responses import evidence
from wangge.ground.responses.keys import keys_gone
from wangge.ground.responses.queries import responses_all
from wangge.upkeep.archive import FORMAT, MANIFEST, Manifest, Part, SealedPart, fields_of, from_line, in_batches, tables

BATCH = 2000
# Which column of which table holds a number of a transaction.
TX_COLUMNS = {"journal.Event": "tx", "journal.Cursor": "tx", "journal.StuckEvent": "tx", "journal.Seal": "last_tx",
              "bulletins.Bulletin": "tx"}  # fmt: skip
BEFORE_ALL = -(2**62)
ABOUT_EVENT = re.compile(r"event:(-?\d+)\.(\d+)")


def backup_restore(file: Path) -> Manifest:
    """Restore an archive. Its digests are checked first; then one transaction writes all of it."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            _check_digests(archive, manifest)
            call_command("migrate", verbosity=0)
            _check_empty()
            _check_versions(manifest)
            partitions_ensure(now=parse_instant(manifest.made_at))
            with transaction.atomic():
                _write(archive, manifest)
                _check_keys()
                _write_sealed(archive, manifest)
    except zipfile.BadZipFile:
        raise BackupUnreadable(why_zh="它不是备份文件，或已损坏", why_en="it is no backup, or damaged") from None
    forget()
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        manifest = Manifest.read(archive.read(MANIFEST))
    except KeyError:
        raise BackupUnreadable(why_zh="它没有清单", why_en="it has no manifest") from None
    if manifest.format != FORMAT:
        raise BackupUnreadable(
            why_zh=f"格式 {manifest.format} 不是本版本能读的 {FORMAT}",
            why_en=f"its format {manifest.format} is not {FORMAT}, which this version reads",
        )
    return manifest


def _check_digests(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    for part in manifest.parts:
        digest, rows = hashlib.sha256(), 0
        try:
            with archive.open(part.file) as lines:
                while block := lines.read(1 << 20):
                    digest.update(block)
                    rows += block.count(b"\n")
        except (KeyError, zipfile.BadZipFile, zlib.error):
            raise _damaged(part) from None
        if digest.hexdigest() != part.sha256 or rows != part.rows:
            raise _damaged(part)

    for sealed in manifest.sealed:
        try:
            whole = hashlib.sha256(archive.read(sealed.file)).hexdigest() == sealed.sha256
        except (KeyError, zipfile.BadZipFile, zlib.error):
            raise _damaged(sealed) from None
        if not whole:
            raise _damaged(sealed)


def _damaged(part: Part | SealedPart) -> BackupUnreadable:
    return BackupUnreadable(why_zh=f"{part.file} 缺失或与校验和不符", why_en=f"{part.file} is missing or altered")


def _check_empty() -> None:
    for model in tables():
        if model._default_manager.exists() and not _derived(model):
            raise RestoreRefused(
                why_zh=f"{model._meta.db_table} 表里已有数据，恢复只能写入空的安装",
                why_en=f"the table {model._meta.db_table} holds data already; only an empty installation is written to",
            )


def _derived(model: type[models.Model]) -> bool:
    """A table whose one row any look at the areas may make."""
    return model._meta.label == "areas.AreasVersion"


def _check_keys() -> None:
    """Keys that the restored records say are destroyed may not lie where this installation would use them."""
    for response in responses_all():
        if response.destroyed_at is not None and not keys_gone(response.id):
            raise RestoreRefused(
                why_zh=f"响应 {response.code} 的密钥已按记录销毁，现有密钥中却有它；请先删除 {response.id}",
                why_en=f"the keys of {response.code} were destroyed, yet {response.id} is among those here; remove it",
            )


def _check_versions(manifest: Manifest) -> None:
    applied = MigrationRecorder(connection).applied_migrations()
    rooms = {model._meta.app_label for model in tables()}
    for app, name in manifest.migrations.items():
        if app in rooms and (app, name) not in applied:
            raise RestoreRefused(
                why_zh=f"备份来自更新的版本（{manifest.version}，{app} {name}），请先升级程序",
                why_en=f"the backup is of a later version ({manifest.version}, {app} {name}); update the program first",
            )


def _write(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    parts = {part.model: part for part in manifest.parts}
    unknown = parts.keys() - {model._meta.label for model in tables()}
    if unknown:
        raise BackupUnreadable(why_zh=f"不认识表 {min(unknown)}", why_en=f"the table {min(unknown)} is unknown")
    for model in tables():
        if _derived(model):
            model._default_manager.all().delete()
        if model._meta.label in parts:
            _write_part(archive, parts[model._meta.label], model, manifest.last_tx + 1)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)
    _follow_events()


def _write_part(archive: zipfile.ZipFile, part: Part, model: type[models.Model], moved_by: int) -> None:
    by_name = {field.attname: field for field in fields_of(model)}
    if set(part.fields) - by_name.keys():
        raise BackupUnreadable(why_zh=f"{part.file} 有不认识的列", why_en=f"{part.file} has an unknown column")
    fields = [by_name[name] for name in part.fields]
    names = [field.name for field in fields]
    tx = part.fields.index(TX_COLUMNS[part.model]) if part.model in TX_COLUMNS else None
    about = part.fields.index("about") if part.model == "messaging.Delivery" else None
    with archive.open(part.file) as lines:
        rows: Iterator[list[Any]] = (from_line(line, fields) for line in lines)
        # Foreign keys are held at the commit on both databases, so the order of rows does not matter.
        for batch in in_batches(rows, BATCH):
            for row in batch:
                if tx is not None and row[tx] > BEFORE_ALL:
                    row[tx] -= moved_by
                if about is not None:
                    row[about] = _about_moved(row[about], moved_by)
            insert_rows(model, names, batch)


def _write_sealed(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """Put the sealed files where the restored rows look for them; those of a restoration that fails are orphans."""
    for part in manifest.sealed:
        evidence.put_back(UUID(part.response), UUID(part.evidence), archive.read(part.file))


def _about_moved(about: str, moved_by: int) -> str:
    """What a message is about, where that is an event: a follow-up done again must find it told already."""
    found = ABOUT_EVENT.fullmatch(about)
    return f"event:{int(found[1]) - moved_by}.{found[2]}" if found else about


def _follow_events() -> None:
    """The journal's identity column is no serial that Django knows of on PostgreSQL: set it by hand."""
    if connection.vendor == "postgresql":
        table = apps.get_model("journal", "Event")._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - the name is the model's
                f"GREATEST((SELECT max(id) FROM {table}), 1))"
            )

"""Writing a backup: everything but the keys, sealed files too, as it was at one instant."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

import wangge
from wangge.ground.responses import evidence
from wangge.upkeep.archive import FORMAT, MANIFEST, Manifest, Part, SealedPart, column_names, tables, to_line

CHUNK = 2000
ROWS_PER_WRITE = 500


def backup_write(file: Path, *, now: datetime) -> Manifest:
    """Write the archive beside its place and put it there when it is whole; an older one stays until then."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=4, allowZip64=True) as archive:
            with _one_instant():
                parts = [_write(archive, model) for model in tables()]
                sealed = list(_write_sealed(archive))
                manifest = _manifest(parts, sealed, now)
            archive.writestr(MANIFEST, manifest.as_json())
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.chmod(0o600)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


@contextmanager
def _one_instant() -> Iterator[None]:
    """Read everything as it is now, however long that takes and whatever is written meanwhile."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # A deferred transaction on SQLite holds its snapshot and keeps no writer waiting, unlike Django's immediate one.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _write(archive: zipfile.ZipFile, model: type[models.Model]) -> Part:
    names = column_names(model)
    file = f"{model._meta.db_table}.jsonl"
    digest, count = hashlib.sha256(), 0
    with archive.open(file, "w", force_zip64=True) as out:
        for lines in _lines(model, names):
            digest.update(lines)
            count += lines.count(b"\n")
            out.write(lines)
    return Part(model._meta.label, file, names, count, digest.hexdigest())


def _write_sealed(archive: zipfile.ZipFile) -> Iterator[SealedPart]:
    """The sealed files as they lie on disk; one that is missing is left out, and the doctor names it."""
    for response_id, evidence_id in evidence.files_named():
        try:
            content = evidence.path_of(response_id, evidence_id).read_bytes()
        except FileNotFoundError:
            continue
        part = SealedPart(str(response_id), str(evidence_id), hashlib.sha256(content).hexdigest())
        archive.writestr(zipfile.ZipInfo(part.file), content)  # what is sealed cannot be pressed smaller
        yield part


def _lines(model: type[models.Model], names: list[str]) -> Iterator[bytes]:
    """The rows as lines, some hundreds at a time, in the order of the key."""
    rows: models.QuerySet[Any, Any] = model._default_manager.order_by(*_order(model)).values_list(*names)
    buffer: list[bytes] = []
    for row in rows.iterator(chunk_size=CHUNK):
        buffer.append(to_line(row))
        if len(buffer) == ROWS_PER_WRITE:
            yield b"".join(buffer)
            buffer.clear()
    if buffer:
        yield b"".join(buffer)


def _order(model: type[models.Model]) -> list[str]:
    # Events come back in the order in which readers follow them.
    return ["tx", "id"] if model._meta.label == "journal.Event" else ["pk"]


def _manifest(parts: list[Part], sealed: list[SealedPart], now: datetime) -> Manifest:
    applied = MigrationRecorder(connection).applied_migrations()
    newest: dict[str, str] = {}
    for app, name in sorted(applied):
        newest[app] = name
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(tx) FROM journal_event")
        last_tx = cursor.fetchone()[0] or 0
    return Manifest(
        format=FORMAT,
        version=wangge.__version__,
        made_at=now.isoformat(),
        database=connection.vendor,
        migrations=newest,
        last_tx=last_tx,
        keys_included=False,
        parts=parts,
        sealed=sealed,
    )

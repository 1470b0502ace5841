"""Sealed files 证据: photos and other attachments, kept in a folder beside the vault.

Every file has a key of its own, which lies in the vault as any other personal data does: the change of a response's
keys seals it anew, and their destruction ends the file with them, wherever copies of it lie. A file is on disk before
the row that names it is committed; what is left of a transaction that failed is an orphan, which is taken away after a
week. The same content is stored once for a response. Its name and the place it was taken at stand in the vault too.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from PIL import Image, ImageOps

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows, one_of, select_rows
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import EvidenceDamaged, EvidenceRefused, NotFound
from wangge.ground.responses import events, vault
from wangge.ground.responses.media import DRAWN, media_type
from wangge.ground.responses.models import Evidence, Response
from wangge.ground.responses.vault import Secret

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 80_000_000
THUMBNAIL = 320
SHOWN = 1600  # the longer side of a picture as it is shown; evidence is looked at, not printed
NONCE = 12
LOOKED_AT = 500
COLUMNS = ("id", "response", "sha256", "size", "media_type", "received_at")


@dataclass(frozen=True)
class SealedFile:
    """A file that lies sealed on disk, and what will be written of it: no row names it yet."""

    id: UUID
    response_id: UUID
    sha256: str
    size: int
    media_type: str
    secrets: tuple[Secret, ...]


def seal_file(*, response_id: UUID, content: bytes, name: str = "") -> SealedFile:
    """Seal a file onto the disk. Raises EvidenceRefused for one that is empty, too large or of no kind that is kept."""
    kind = media_type(content)
    if not content:
        raise EvidenceRefused(why_zh="文件是空的", why_en="it is empty")
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise EvidenceRefused(why_zh=f"文件超过 {most} MB", why_en=f"it is larger than {most} MB")
    if not kind:
        raise EvidenceRefused(
            why_zh="不是照片、录音、录像、PDF 或文本文件", why_en="it is no picture, sound, film, PDF or text"
        )
    evidence_id, key, nonce = new_id(), AESGCM.generate_key(256), secrets.token_bytes(NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, content, _bound_to(response_id, evidence_id))
    _write(_path(response_id, evidence_id), sealed)
    kept = [
        Secret(evidence_id, "key", "key", base64.b64encode(key).decode()),
        Secret(evidence_id, "file_name", "text", name.strip()[:200]),
        Secret(evidence_id, "location", "location", _location(content) if kind in DRAWN else ""),
    ]
    return SealedFile(evidence_id, response_id, hashlib.sha256(content).hexdigest(), len(content), kind, tuple(kept))


class Sender(NamedTuple):
    """Who brings a file to be kept, and where it belongs."""

    actor: Actor
    area_id: UUID | None


def keep_files(brought: Sequence[tuple[SealedFile, Sender]], *, now: datetime) -> list[UUID]:
    """Name sealed files in the caller's transaction; the id of each, that of an earlier one of the same content.

    Permission is that of the service that keeps them. Where another process keeps the same content at once, the
    commit fails with an IntegrityError and is to be done again.
    """
    known = _known([file for file, _ in brought])
    fresh: dict[tuple[UUID, str], tuple[SealedFile, Sender]] = {}
    for file, sender in brought:
        if (file.response_id, file.sha256) not in known:
            fresh.setdefault((file.response_id, file.sha256), (file, sender))
    insert_rows(
        Evidence,
        COLUMNS,
        [(one.id, one.response_id, one.sha256, one.size, one.media_type, now) for one, _ in fresh.values()],
    )
    for response_id in {response_id for response_id, _ in fresh}:
        mine = [secret for one, _ in fresh.values() if one.response_id == response_id for secret in one.secrets]
        vault.put_many(response_id=response_id, secrets=mine)
    if fresh:
        journal.record_many(_event(one, sender, now) for one, sender in fresh.values())
    found = known | {key: one.id for key, (one, _) in fresh.items()}
    return [found[file.response_id, file.sha256] for file, _ in brought]


def _known(files: Sequence[SealedFile]) -> dict[tuple[UUID, str], UUID]:
    if not files:
        return {}
    where, values = one_of("sha256", {file.sha256 for file in files})
    rows = select_rows(Evidence, ("id", "response", "sha256"), where, values)
    return {(response_id, sha256): evidence_id for evidence_id, response_id, sha256 in rows}


def _event(file: SealedFile, sender: Sender, now: datetime) -> journal.Draft:
    return journal.draft(
        events.EVIDENCE_KEPT,
        at=now,
        actor_id=sender.actor.person_id,
        area_id=sender.area_id,
        subject_id=file.id,
        response_id=file.response_id,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
    )


def unneeded(files: Iterable[SealedFile], kept: Iterable[UUID]) -> None:
    """Take away sealed files that were not kept, because their content is there already or nothing was committed."""
    wanted = set(kept)
    for file in files:
        if file.id not in wanted:
            _path(file.response_id, file.id).unlink(missing_ok=True)


# -- reading -----------------------------------------------------------------------------------------


def open_bytes(*, actor: Actor, area_id: UUID, evidence_id: UUID) -> tuple[str, bytes]:
    """Media type and content of a file as somebody with the right may see it: pictures drawn anew, without EXIF.

    `area_id` is where what the file belongs to happened. Raises NotPermitted, NotFound, DataDestroyed, EvidenceDamaged.
    """
    require(actor, "vault.view", area_id)
    row, content = _opened(evidence_id)
    return _drawn(row, content, SHOWN)


def thumbnail(*, actor: Actor, area_id: UUID, evidence_id: UUID) -> tuple[str, bytes]:
    """The same in small, for lists of pictures."""
    require(actor, "vault.view", area_id)
    row, content = _opened(evidence_id)
    return _drawn(row, content, THUMBNAIL)


def described(evidence_ids: Iterable[UUID]) -> dict[UUID, tuple[str, int]]:
    """Media type and size of files, for whoever shows a list of them."""
    rows = Evidence.objects.filter(id__in=set(evidence_ids)).values_list("id", "media_type", "size")
    return {evidence_id: (kind, size) for evidence_id, kind, size in rows}


def opened_whole(evidence_id: UUID) -> bytes:
    """The very bytes that were sent, for services that read them; they are shown to nobody."""
    return _opened(evidence_id)[1]


def _opened(evidence_id: UUID) -> tuple[Evidence, bytes]:
    row = Evidence.objects.filter(id=evidence_id).first()
    if row is None:
        raise NotFound(what="附件")
    held = vault.carried(response_id=row.response_id, subject_ids=[row.id]).get(row.id, [])
    key = next((secret.value for secret in held if secret.field == "key"), "")
    try:
        sealed = _path(row.response_id, row.id).read_bytes()
        bound_to = _bound_to(row.response_id, row.id)
        content = AESGCM(base64.b64decode(key)).decrypt(sealed[:NONCE], sealed[NONCE:], bound_to)
    except (OSError, InvalidTag, ValueError):
        raise EvidenceDamaged() from None
    return row, content


def _drawn(row: Evidence, content: bytes, side: int) -> tuple[str, bytes]:
    """A picture made anew from its points, so that nothing hidden in the file goes out with it."""
    if row.media_type not in DRAWN:
        return row.media_type, content
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "GIF", "WEBP"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise EvidenceDamaged()
            picture.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((side, side))
            plain = Image.new("RGB", upright.size)
            plain.paste(upright)
            out = io.BytesIO()
            plain.save(out, "JPEG", quality=85)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise EvidenceDamaged() from None
    return "image/jpeg", out.getvalue()


def _location(content: bytes) -> str:
    """Where a picture says that it was taken, "lon,lat" in degrees; "" where it says nothing that can be read."""
    with suppress(Exception):  # EXIF is whatever a camera wrote; a picture is evidence without it
        with Image.open(io.BytesIO(content)) as picture:
            told = picture.getexif().get_ifd(0x8825)
        lat, lon = _degrees(told[2], told[1]), _degrees(told[4], told[3])
        if abs(lat) <= 90 and abs(lon) <= 180:
            return f"{lon:.6f},{lat:.6f}"
    return ""


def _degrees(parts: Sequence[float], side: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return (degrees + minutes / 60 + seconds / 3600) * (-1 if side in {"S", "W"} else 1)


# -- the folder --------------------------------------------------------------------------------------


def path_of(response_id: UUID, evidence_id: UUID) -> Path:
    """Where a file lies, for backups and the doctor."""
    return _path(response_id, evidence_id)


def files_named() -> Iterator[tuple[UUID, UUID]]:
    """Response and evidence of every file that a row names."""
    yield from Evidence.objects.order_by("id").values_list("response_id", "id").iterator()


def put_back(response_id: UUID, evidence_id: UUID, sealed: bytes) -> None:
    """Put a file where it belongs, sealed as it was, from a backup."""
    _write(_path(response_id, evidence_id), sealed)


def files_missing() -> Iterator[UUID]:
    """The files that rows name and that are not there."""
    for response_id, evidence_id in files_named():
        if not _path(response_id, evidence_id).exists():
            yield evidence_id


def files_orphaned(older_than: datetime) -> Iterator[Path]:
    """The files that no row names, left by transactions that failed before an instant."""
    for orphans in _orphans(older_than, Path(settings.EVIDENCE_FOLDER)):
        yield from orphans


def orphans_forgotten(older_than: datetime) -> Iterator[int]:
    """Take away the files that no row names, some at a time, and say how many those were.

    What lies under a response that this database does not know may be another installation's, and stays.
    """
    for response_id in Response.objects.order_by("id").values_list("id", flat=True):
        for orphans in _orphans(older_than, Path(settings.EVIDENCE_FOLDER) / str(response_id)):
            for path in orphans:
                path.unlink(missing_ok=True)
            yield len(orphans)


def _orphans(older_than: datetime, folder: Path) -> Iterator[list[Path]]:
    """The files at and below a folder that no row names, a list for every few hundred files looked at."""
    old = (path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime < older_than.timestamp())
    while looked_at := list(islice(old, LOOKED_AT)):
        ids = {path: _id(path.name) for path in looked_at}
        named = set(Evidence.objects.filter(id__in=filter(None, ids.values())).values_list("id", flat=True))
        yield [path for path in looked_at if ids[path] not in named]


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _path(response_id: UUID, evidence_id: UUID) -> Path:
    return Path(settings.EVIDENCE_FOLDER) / str(response_id) / str(evidence_id)


def _bound_to(response_id: UUID, evidence_id: UUID) -> bytes:
    return response_id.bytes + evidence_id.bytes


def _write(path: Path, sealed: bytes) -> None:
    """Write a file so that it lasts: content and name are on disk when this returns, or neither is seen."""
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _flush(path.parent.parent)
    aside = path.with_name(f".{path.name}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(path)
    _flush(path.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

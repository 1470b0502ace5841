"""The keys of responses: files outside the database and outside its backups.

One file a response, readable by its owner only: a data key for each version, and the key of the
search index. Destroying the file makes the personal data of the response unreadable everywhere.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from wangge.ground.kernel.problems import VaultLocked


@dataclass(frozen=True)
class KeyRing:
    """The keys of one response: AES-256-GCM by version, the current version, the index key."""

    ciphers: dict[int, AESGCM]
    current: int
    index_key: bytes


def _path(response_id: UUID) -> Path:
    return Path(settings.KEY_FOLDER) / f"{response_id}.json"


def keys_make(response_id: UUID) -> None:
    """Make the keys of a new response. An existing file is never overwritten."""
    path = _path(response_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = {
        "current": 1,
        "keys": {"1": base64.b64encode(secrets.token_bytes(32)).decode()},
        "index": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    # The name must last as well as the content: a database that outlives its key is lost.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def key_ring(response_id: UUID) -> KeyRing:
    """The keys of a response. Raises VaultLocked where the file is missing or unreadable.

    The file is looked at every time: once it is destroyed, no process goes on with what it remembers.
    """
    path = _path(response_id)
    try:
        found = path.stat()
        return _read(path, found.st_ino, found.st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise VaultLocked() from None


@lru_cache(maxsize=32)
def _read(path: Path, inode: int, changed_at: int) -> KeyRing:
    content = json.loads(path.read_text())
    ciphers = {int(number): AESGCM(base64.b64decode(key)) for number, key in content["keys"].items()}
    if content["current"] not in ciphers:
        raise ValueError("the current key is missing")
    return KeyRing(ciphers, content["current"], base64.b64decode(content["index"]))

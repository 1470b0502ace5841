"""The keys of a response: a data key and an index key for each version, made, rotated and destroyed together.

They lie in a key store outside the database and outside its backups, see `keystores`. Destroying them
makes the personal data of the response unreadable everywhere.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wangge.ground.kernel.problems import VaultLocked
from wangge.ground.responses.keystores import Content, KeyStore, key_store


@dataclass(frozen=True)
class KeyRing:
    """The keys of one response by version: AES-256-GCM, the index keys, and fingerprints of both; the current one."""

    ciphers: dict[int, AESGCM]
    current: int
    index_keys: dict[int, bytes]
    fingerprints: dict[int, str]


def keys_make(response_id: UUID) -> None:
    """Make the keys of a new response. Existing ones are never overwritten."""
    parts = [_as_text({1: secrets.token_bytes(32)}) for _ in range(2)]
    key_store().create(str(response_id), {"current": 1, "keys": parts[0], "index": parts[1]})


def key_ring(response_id: UUID, version: int = 0) -> KeyRing:
    """The keys of a response. Raises VaultLocked where they are missing, DataDestroyed where they were destroyed.

    The store is asked every time: once they are destroyed, no process goes on with what it remembers. Where it
    remembers fewer versions than the one asked for, it forgets them first.
    """
    store, name = key_store(), str(response_id)
    mark = store.mark(name)
    try:
        ring = _ring(store, name, mark)
        if version > ring.current:
            _ring.cache_clear()
            ring = _ring(store, name, mark)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise VaultLocked() from None
    return ring


@lru_cache(maxsize=32)
def _ring(store: KeyStore, name: str, mark: Hashable) -> KeyRing:
    content = store.read(name)
    keys, indexes = _by_version(content, "keys"), _by_version(content, "index")
    if content["current"] not in keys or keys.keys() != indexes.keys():
        raise ValueError("a key is missing")
    return KeyRing(
        {version: AESGCM(key) for version, key in keys.items()},
        content["current"],
        indexes,
        {version: hashlib.sha256(b"wangge key" + key + indexes[version]).hexdigest() for version, key in keys.items()},
    )


def _by_version(content: Content, part: str) -> dict[int, bytes]:
    found = content[part]
    if isinstance(found, str):  # written before index keys had versions
        found = dict.fromkeys(content["keys"], found)
    return {int(version): base64.b64decode(key) for version, key in found.items()}


def keys_add(response_id: UUID, version: int) -> None:
    """Make the keys of a version, to be used from now on; done again, it changes nothing."""
    content = key_store().read(str(response_id))
    if content["current"] != version:
        parts = [{**_by_version(content, part), version: secrets.token_bytes(32)} for part in ("keys", "index")]
        _replace(response_id, version, *parts)


def keys_drop_before(response_id: UUID, version: int) -> None:
    """Destroy the keys of the versions before this one; what they sealed must be sealed anew by then."""
    content = key_store().read(str(response_id))
    if content["keys"].keys() != {str(version)}:
        parts = [{version: _by_version(content, part)[version]} for part in ("keys", "index")]
        _replace(response_id, version, *parts)


def _replace(response_id: UUID, current: int, keys: dict[int, bytes], indexes: dict[int, bytes]) -> None:
    key_store().replace(str(response_id), {"current": current, "keys": _as_text(keys), "index": _as_text(indexes)})
    _ring.cache_clear()


def _as_text(keys: dict[int, bytes]) -> dict[str, str]:
    return {str(version): base64.b64encode(key).decode() for version, key in keys.items()}


def keys_destroy(response_id: UUID, *, record: str, at: datetime) -> None:
    """Destroy all keys of a response for good; done again, it changes nothing. The trace left names the record."""
    key_store().destroy(str(response_id), {"record": record, "destroyed_at": at.isoformat()})
    _ring.cache_clear()


def keys_gone(response_id: UUID) -> bool:
    """Whether there are no keys of a response, whatever trace there is of them."""
    return str(response_id) not in key_store().names()

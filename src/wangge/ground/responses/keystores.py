"""Where the keys of responses lie: a folder of files, or a key service. Both do the same four things.

A store keeps one small JSON document a response, apart from the database and from its backups. What is
destroyed leaves a trace under the name, without any key, so that neither a restored database nor a key
file copied back brings the data back by mistake.
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import time
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

import httpx
from django.conf import settings

from wangge.ground.kernel.problems import DataDestroyed, KeyServiceUnavailable, VaultLocked

Content = Mapping[str, Any]
TRACE = ".destroyed"
TIMEOUT = 5


class KeyStore(Protocol):
    """What keeps the keys. Every step may be done again after a crash and comes to the same end."""

    def __hash__(self) -> int:
        """Two that lead to one place are one."""

    @property
    def remembered(self) -> timedelta:
        """How long a process may go on with what it was told."""

    def mark(self, name: str) -> Hashable:
        """What is different when the content is; cheap. Raises VaultLocked or DataDestroyed."""

    def read(self, name: str) -> Content:
        """The content. Raises VaultLocked where there is none, DataDestroyed where it was destroyed."""

    def create(self, name: str, content: Content) -> None:
        """Keep the content under a new name. Raises FileExistsError: nothing is ever overwritten."""

    def replace(self, name: str, content: Content) -> None:
        """Keep new content under a name, and nothing of the old."""

    def destroy(self, name: str, trace: Content) -> None:
        """Leave the trace, then destroy the content; done again, it changes nothing."""

    def names(self) -> set[str]:
        """The names under which there is content."""


def key_store() -> KeyStore:
    """The store that the settings name."""
    if settings.KEY_SERVICE:
        return KeyService(
            settings.KEY_SERVICE,
            settings.KEY_SERVICE_PATH,
            settings.KEY_SERVICE_TOKEN_FILE,
            settings.KEY_SERVICE_CA_FILE,
            settings.KEY_SERVICE_CERTIFICATE_FILE,
        )
    return KeyFolder(Path(settings.KEY_FOLDER))


@dataclass(frozen=True)
class KeyFolder:
    """A folder with one file a response, both readable by their owner only."""

    folder: Path
    remembered: ClassVar = timedelta()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def mark(self, name: str) -> Hashable:
        if (self.folder / f"{name}{TRACE}").exists():
            raise DataDestroyed()
        try:
            found = self._path(name).stat()
        except OSError:
            raise VaultLocked() from None
        return found.st_ino, found.st_mtime_ns

    def read(self, name: str) -> Content:
        self.mark(name)
        try:
            content: Content = json.loads(self._path(name).read_text())
        except (OSError, ValueError):
            raise VaultLocked() from None
        return content

    def create(self, name: str, content: Content) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(self._path(name), content)

    def replace(self, name: str, content: Content) -> None:
        path = self._path(name)
        with path.open("r+b") as old:
            aside = path.with_suffix(f".{secrets.token_hex(4)}")
            self._write(aside, content)
            aside.replace(path)
            self._flush()
            # Only now that the new file stands under the name: a crash must not leave neither.
            _overwrite(old.fileno())

    def destroy(self, name: str, trace: Content) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self.folder / f"{name}{TRACE}"
        if not kept.exists():
            aside = kept.with_suffix(f".{secrets.token_hex(4)}")
            self._write(aside, trace)
            aside.replace(kept)
            self._flush()
        try:
            with self._path(name).open("r+b") as old:
                _overwrite(old.fileno())
            self._path(name).unlink()
        except FileNotFoundError:
            pass
        self._flush()

    def names(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.json")}

    def _write(self, path: Path, content: Content) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump(content, out)
            out.flush()
            os.fsync(out.fileno())
        self._flush()

    def _flush(self) -> None:
        # The name must last as well as the content: a database that outlives its key is lost.
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _overwrite(handle: int) -> None:
    """Write over a file's bytes. Best effort: disks that write elsewhere keep the old block until they reuse it."""
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, secrets.token_bytes(os.fstat(handle).st_size))
    os.fsync(handle)


@dataclass(frozen=True)
class KeyService:
    """OpenBao or HashiCorp Vault: the engine “kv”, version 2, unmodified.

    `path` is the mount and a folder in it, as `secret/wangge`. The token is read from its file at every call, so
    that an agent may renew it; a certificate is shown where the server asks for one. The token needs create,
    read and update below `data/`, update below `destroy/`, and read, list and delete below `metadata/`.
    """

    address: str
    path: str
    token_file: str
    ca_file: str
    certificate_file: str
    remembered: ClassVar = timedelta(seconds=30)

    def mark(self, name: str) -> Hashable:
        return time.monotonic() // self.remembered.total_seconds()

    def read(self, name: str) -> Content:
        if self._found(f"{name}{TRACE}") is not None:
            raise DataDestroyed()
        found = self._found(name)
        if found is None:
            raise VaultLocked()
        content: Content = found["data"]
        return content

    def create(self, name: str, content: Content) -> None:
        if self._keep(name, content, 0).status_code == 400:
            raise FileExistsError(name)

    def replace(self, name: str, content: Content) -> None:
        found = self._found(name)
        if found is None:
            raise VaultLocked()
        version = int(found["metadata"]["version"])
        answer = self._keep(name, content, version)
        if answer.status_code == 400:
            raise KeyServiceUnavailable(why="HTTP 400")
        # The service keeps older versions of what it stores; the keys in them must be gone too.
        self._call("PUT", "destroy", name, json={"versions": list(range(1, version + 1))})

    def destroy(self, name: str, trace: Content) -> None:
        self._keep(f"{name}{TRACE}", trace, 0)  # refused where a trace stands already, which is as good
        self._call("DELETE", "metadata", name)

    def names(self) -> set[str]:
        answer = self._call("GET", "metadata", "", params={"list": "true"})
        listed = answer.json()["data"]["keys"] if answer.status_code == 200 else []
        return {name for name in listed if not name.endswith((TRACE, "/"))}

    def _found(self, name: str) -> Any:
        answer = self._call("GET", "data", name)
        return answer.json()["data"] if answer.status_code == 200 else None

    def _keep(self, name: str, content: Content, version: int) -> httpx.Response:
        return self._call("POST", "data", name, json={"options": {"cas": version}, "data": dict(content)})

    def _call(self, method: str, kind: str, name: str, **more: Any) -> httpx.Response:
        """One call. 404 says that there is nothing, 400 that somebody was faster; all else is no answer."""
        mount, _, folder = self.path.strip("/").partition("/")
        place = "/".join(part for part in (mount, kind, folder, name) if part)
        try:
            token = Path(self.token_file).read_text().strip() if self.token_file else ""
            answer = _client(self.ca_file, self.certificate_file).request(
                method, f"{self.address}/v1/{place}", headers={"X-Vault-Token": token}, timeout=TIMEOUT, **more
            )
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise KeyServiceUnavailable(why=type(error).__name__) from None
        if not answer.is_success and answer.status_code not in {400, 404}:
            raise KeyServiceUnavailable(why=f"HTTP {answer.status_code}")
        return answer


@lru_cache(maxsize=4)
def _client(ca_file: str, certificate_file: str) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=ca_file or None)
    if certificate_file:
        trusted.load_cert_chain(certificate_file)
    return httpx.Client(verify=trusted, follow_redirects=False)

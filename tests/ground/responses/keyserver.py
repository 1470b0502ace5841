"""A server on the loopback that answers as OpenBao's engine `kv` version 2 does, and counts what it was asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "s.test-token"


class KvServer(ThreadingHTTPServer):
    """Secrets by path, each a list of versions; None where a version was destroyed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, list[dict[str, Any] | None]] = {}
        self.sealed = False
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: KvServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self, status: int, body: dict[str, Any] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        path = re.fullmatch(r"/v1/secret/(data|metadata|destroy)/([^?]*)(\?list=true)?", self.path)
        if self.server.sealed:
            self._answer(503, {"errors": ["Vault is sealed"]})
        elif self.headers.get("X-Vault-Token") != TOKEN:
            self._answer(403, {"errors": ["permission denied"]})
        elif path is None:
            self._answer(404, {"errors": []})
        else:
            with self.server.lock:
                self._answer(*self._act(path[1], path[2], bool(path[3]), body))

    do_GET = do_POST = do_PUT = do_DELETE = _handle

    def _act(self, kind: str, name: str, listed: bool, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        kept = self.server.kept
        if kind == "metadata" and listed:
            under = sorted(key.removeprefix(f"{name}/") for key in kept if key.startswith(f"{name}/"))
            return (200, {"data": {"keys": under}}) if under else (404, {"errors": []})
        if kind == "metadata" and self.command == "DELETE":
            kept.pop(name, None)
            return 204, None
        if kind == "destroy":
            for version in body["versions"]:
                kept[name][version - 1] = None
            return 204, None
        if self.command == "GET":
            found = kept.get(name)
            if not found or found[-1] is None:
                return 404, {"errors": []}
            return 200, {"data": {"data": found[-1], "metadata": {"version": len(found), "destroyed": False}}}
        if "cas" in body.get("options", {}) and body["options"]["cas"] != len(kept.get(name, [])):
            return 400, {"errors": ["check-and-set parameter did not match the current version"]}
        kept.setdefault(name, []).append(body["data"])
        return 200, {"data": {"version": len(kept[name]), "destroyed": False}}


@contextmanager
def kv_server() -> Iterator[KvServer]:
    """A server of this kind while the block runs."""
    server = KvServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

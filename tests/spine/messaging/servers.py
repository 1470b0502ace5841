"""Receivers that speak the real protocols on this machine: a mail server and a web server, with answers to choose."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail by SMTP (RFC 5321). `says` gives other answers to commands, used up one after the other."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), MailSession)
        self.says: dict[str, list[str]] = {}
        self.mails: list[Message] = []

    def answer(self, command: str, usual: str) -> str:
        waiting = self.says.get(command, [])
        return waiting.pop(0) if waiting else usual


class MailSession(socketserver.StreamRequestHandler):
    """One conversation."""

    server: MailServer

    def say(self, line: str) -> bool:
        self.wfile.write(line.encode() + b"\r\n")
        return line[0] in "23"

    def handle(self) -> None:
        if not self.say(self.server.answer("CONNECT", "220 test ESMTP")):
            return
        while line := self.rfile.readline():
            command = line[:4].decode().strip().upper()
            if command == "QUIT":
                self.say("221 bye")
                return
            if command == "DATA":
                self.take()
            elif command == "EHLO":
                self.say(self.server.answer("EHLO", "250 test"))
            else:
                self.say(self.server.answer(command, "250 ok"))

    def take(self) -> None:
        if not self.say(self.server.answer("DATA", "354 go on")):
            return
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if self.say(self.server.answer("END", "250 taken")):
            self.server.mails.append(message_from_bytes(b"".join(lines)))


class WebServer(ThreadingHTTPServer):
    """Takes POSTs. `says` lists the next answers, a status or seconds to keep silent; then it is 200."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), WebSession)
        self.says: list[int | float] = []
        self.calls: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is what some tests are about."""


class WebSession(BaseHTTPRequestHandler):
    """One call."""

    server: WebServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, dict(self.headers.items()), body))
        answer = self.server.says.pop(0) if self.server.says else 200
        if isinstance(answer, float):
            time.sleep(answer)
            return
        self.send_response(answer)
        if answer in (301, 302, 307):
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


Server = TypeVar("Server", MailServer, WebServer)


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Serve in a thread for as long as the block lasts."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

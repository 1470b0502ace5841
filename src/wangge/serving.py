"""The processes of an installation: web workers, the engine, and both under one parent.

    python -m wangge.serving web HOST PORT WORKERS      the web workers
    python -m wangge.serving engine                     the engine

`serve` runs these two as its children. A child that dies is started again; when the parent ends, even
by SIGKILL, the pipe that it holds to each child closes, and the child ends too.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import FrameType

import django
from django.conf import settings
from django.db import connection
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from wangge.ground.kernel.problems import PortTaken

log = logging.getLogger(__name__)
GRACE_SECONDS = 15
SOONEST_RESTART = 1.0
LATEST_RESTART = 30.0


def workers_default() -> int:
    """How many web workers suit the database: SQLite has one writer at a time, PostgreSQL many."""
    return 2 if connection.vendor == "postgresql" else 1


def port_check(host: str, port: int) -> None:
    """Raise PortTaken unless the address can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host=host, port=port, reason=error.strerror or str(error)) from None


def web(*, workers: int | None = None, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve pages and the API until SIGTERM or SIGINT; a worker that dies is replaced. Raises PortTaken."""
    port_check(host, port)
    Server(
        "wangge.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers or workers_default(),
        http=HTTPModes.http1,
        websockets=False,
        # An open page holds a connection for its live changes; reports have their own limit (WANGGE_WAITING).
        backlog=2048,
        backpressure=4096,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=GRACE_SECONDS,
        log_enabled=settings.DEBUG,
    ).serve()


class Child:
    """A process of ours: started, watched, started again ever more slowly when it keeps dying."""

    def __init__(self, name: str, *args: str) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "wangge.serving", name, *args]
        self._wait = SOONEST_RESTART
        self._start_at = 0.0
        self._started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def watch(self) -> None:
        """Start the process where it does not run and its time has come."""
        now = time.monotonic()
        if self.process is not None:
            if self.process.poll() is None:
                return
            lived = now - self._started_at
            self._wait = SOONEST_RESTART if lived > LATEST_RESTART else min(self._wait * 2, LATEST_RESTART)
            log.warning(
                "%s ended with code %s, starting again in %.0f s", self.name, self.process.returncode, self._wait
            )
            self._start_at, self.process = now + self._wait, None
        if now >= self._start_at:
            self._started_at = now
            self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE)

    def stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end up to a monotonic instant, then end it by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(*, host: str = "127.0.0.1", port: int = 8000, workers: int | None = None) -> None:
    """Web workers and one engine under this process, until SIGTERM or SIGINT. Raises PortTaken."""
    port_check(host, port)
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    children = [Child("web", host, str(port), str(workers or workers_default())), Child("engine")]
    try:
        while not stop.is_set():
            for child in children:
                child.watch()
            stop.wait(0.2)
    finally:
        for child in children:
            child.stop()
        until = time.monotonic() + GRACE_SECONDS
        for child in children:
            child.wait(until)


def end_with_parent() -> None:
    """End this process when the pipe to its parent closes."""

    def listen() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=listen, daemon=True, name="parent").start()


def main(args: list[str]) -> None:
    """What a child of `serve` runs."""
    django.setup()
    # Ctrl-C reaches the whole group at once; the parent alone decides who ends when.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    if args[0] == "web":
        web(host=args[1], port=int(args[2]), workers=int(args[3]))
    else:
        importlib.import_module("wangge.engine").main()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
    main(sys.argv[1:])

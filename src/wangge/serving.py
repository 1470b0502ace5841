"""The processes of an installation: web workers, the engine, and both under one parent.

    python -m wangge.serving web HOST PORT WORKERS      the web workers
    python -m wangge.serving engine                     the engine

`serve` becomes their parent, `wangge.parent`. When it ends, even by SIGKILL, the pipe that it holds to each
child closes, and the child ends too.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
import threading
from typing import NoReturn

import django
from django.conf import settings
from django.db import connection
from granian.constants import HTTPModes, Interfaces
from granian.server import Server

from wangge.ground.kernel.problems import PortTaken
from wangge.parent import GRACE_SECONDS


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


def serve(*, host: str = "127.0.0.1", port: int = 8000, workers: int | None = None) -> NoReturn:
    """Become the parent of web workers and one engine, until SIGTERM or SIGINT. Raises PortTaken.

    The parent only watches, so it runs as a program of its own, without all that this one has loaded.
    """
    port_check(host, port)
    # What people are sent links to; behind a proxy the settings say it.
    os.environ.setdefault("WANGGE_SITE_URL", f"http://{host}:{port}")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(  # noqa: S606 - our own interpreter, no shell
        sys.executable, [sys.executable, "-m", "wangge.parent", host, str(port), str(workers or workers_default())]
    )


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

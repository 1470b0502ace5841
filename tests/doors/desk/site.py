"""A whole installation for browser tests: the small city on SQLite in a folder of its own, served by granian.

Run as a script it fills the folder; `Site` starts and stops the server.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import django

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "网格-village-2020"


def fill() -> None:
    """Build the city and give everybody in it a password."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up only here

    call_command("migrate", verbosity=0)
    from tests.conftest import OPERATOR, build_city  # noqa: PLC0415
    from wangge.ground.accounts.services import password_set  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415

    for person in build_city().people.values():
        password_set(actor=OPERATOR, person_id=person, password=PASSWORD, now=clock.now())


class Site:
    """The installation in a folder, at an address of its own, with settings beside the usual."""

    def __init__(self, folder: Path, *, workers: int = 1, **settings: str) -> None:
        self.workers = workers
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
            "WANGGE_DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "wangge.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            **settings,
        }
        self.database = folder / "wangge.sqlite3"
        self.log = folder / "web.log"
        self.process: subprocess.Popen[bytes] | None = None
        # The cookies of those who have signed in, by name.
        self.sessions: dict[str, list[Any]] = {}

    def fill(self) -> None:
        """Make the installation, in a process of its own."""
        subprocess.run([sys.executable, __file__], env=self.environment, cwd=ROOT, check=True, timeout=600)

    def command(self, *arguments: str) -> None:
        """Run `wangge` on the installation."""
        wangge = Path(sys.executable).with_name("wangge")
        subprocess.run([wangge, *arguments], env=self.environment, cwd=ROOT, check=True, timeout=600)

    def start(self) -> None:
        """Serve, and wait until the sign-in page answers."""
        granian = Path(sys.executable).with_name("granian")
        command = [granian, "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port)]
        command += [
            "--workers",
            str(self.workers),
            "--respawn-failed-workers",
            "--workers-kill-timeout",
            "1",
            "--no-ws",
            "wangge.asgi:application",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=ROOT, stdout=log, stderr=log)
        for _ in range(120):
            try:
                with urlopen(f"{self.address}/sign-in", timeout=5):  # noqa: S310 - our own address
                    return
            except (URLError, OSError):
                time.sleep(0.25)
        raise RuntimeError(f"the web server does not answer:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop serving; pages left open have to resume."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


if __name__ == "__main__":
    fill()

"""The parent of the web workers and the engine: it starts them, watches them, and starts again what died.

    python -m wangge.parent HOST PORT WORKERS

It loads nothing but Python's own modules, so that watching takes next to no memory.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from types import FrameType

GRACE_SECONDS = 15
SOONEST_RESTART = 1.0
LATEST_RESTART = 30.0


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
            told = f"{self.name} ended with code {self.process.returncode}, starting again in {self._wait:.0f} s"
            print(told, file=sys.stderr, flush=True)
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


def watch(host: str, port: str, workers: str) -> None:
    """Keep web workers and one engine running until SIGTERM or SIGINT."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    children = [Child("web", host, port, workers), Child("engine")]
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


if __name__ == "__main__":
    watch(*sys.argv[1:])

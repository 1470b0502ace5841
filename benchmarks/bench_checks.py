"""How many checks by link a second are on disk and acknowledged, over HTTP.

    python -m benchmarks.bench_checks [postgres|sqlite ...] [--seconds N]

PostgreSQL: fsync on, 2 web workers; SQLite: synchronous=FULL, 1 worker; 16 connections, each check by the link of
another person. Beside it, in the same run, bare limits: single-row INSERTs, each committed to the same disk.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from benchmarks.bench_intake import CONNECTIONS, bare, spent
from benchmarks.city import build_elsewhere
from benchmarks.load import drive
from benchmarks.observed import secret_of
from benchmarks.servers import ROOT, cpu_seconds, environment, running_web

PEOPLE = 60_000
WARM = 55_000  # the links from here on are used before anything is measured
COUNT = (
    "import django; django.setup(); from wangge.duties.observation.models import Check; print(Check.objects.count())"
)


def request(number: int) -> bytes:
    """A check of another person each time."""
    body = f"temperature=36.{number % 10}".encode()
    head = (
        f"POST /c/{secret_of(number)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def count(env: dict[str, str]) -> int:
    """How many checks the database holds."""
    done = subprocess.run([sys.executable, "-c", COUNT], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def measure(database: str, seconds: float) -> None:
    with environment(database) as env:
        build_elsewhere(env)
        subprocess.run([sys.executable, "-m", "benchmarks.observed", str(PEOPLE)], env=env, cwd=ROOT, check=True)
        workers = 2 if database == "postgres" else 1
        with running_web(env, workers) as (port, pid):
            drive(port, connections=CONNECTIONS, seconds=2, request=request, first=WARM)
            before = count(env)
            limit = bare(env, 3)
            used = cpu_seconds(env, pid)
            taken = drive(port, connections=CONNECTIONS, seconds=seconds, request=request)
            used = {name: total - used[name] for name, total in cpu_seconds(env, pid).items()}
            found, acknowledged = count(env) - before, taken.statuses[303]
    rate = acknowledged / taken.seconds
    print(f"{database}, {workers} web worker(s), {CONNECTIONS} connections, {seconds:.0f} s")
    print(f"  checks by link {rate:>8,.0f} /s  p50 {taken.percentile(0.5):.1f} ms  p99 {taken.percentile(0.99):.1f} ms")
    print(f"  answers {dict(taken.statuses)}, acknowledged {acknowledged:,}, found {found:,}")
    print("  processor      " + spent(used, acknowledged).replace("a report", "a check"))
    print(f"  bare INSERTs   {limit:>8,.0f} /s    ratio {rate / limit:.2f}")
    print(json.dumps({"database": database, "checks_per_second": round(rate), "bare": round(limit)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--seconds", type=float, default=10)
    asked = parser.parse_args()
    for name in asked.databases:
        measure(name, asked.seconds)

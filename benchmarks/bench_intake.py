"""How many reports a second are on disk and acknowledged, over HTTP.

    python -m benchmarks.bench_intake [postgres|sqlite ...] [--seconds N]

PostgreSQL: fsync on, 2 web workers; SQLite: synchronous=FULL, 1 worker; 16 connections that send one report after
the other. Beside it, in the same run, bare limits: single-row INSERTs, each committed to the same disk. Then the
door is overrun with more senders than may wait: nothing but 201, 429 and 503 may come back, and every report that
was acknowledged must be found.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import threading
import time
from uuid import uuid4

import psycopg

from benchmarks.city import BenchCity, build_elsewhere
from benchmarks.load import Measured, Request, drive
from benchmarks.servers import ROOT, cpu_seconds, environment, running_web

CONNECTIONS = 16
FLOOD = 2_600  # more than may wait in two workers together
SQLITE_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
TABLE = "CREATE TABLE IF NOT EXISTS bare (id char(36) PRIMARY KEY, body text NOT NULL)"


def request_of(city: BenchCity, run: str) -> Request:
    """Requests that each carry a report and a key of their own."""
    head = (
        "POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {city.token}\r\nIdempotency-Key: {run}-%d\r\nContent-Length: %d\r\n\r\n"
    )

    def request(number: int) -> bytes:
        body = city.report(number)
        return (head % (number, len(body))).encode() + body

    return request


def count(env: dict[str, str]) -> int:
    """How many matters the database holds."""
    code = (
        "import django; django.setup(); from wangge.duties.matters.models import Matter; print(Matter.objects.count())"
    )
    return int(
        subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    )


def bare_postgres(address: str, seconds: float) -> float:
    """Durable single-row commits a second by 16 connections."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(TABLE)
    done, stop = [0] * CONNECTIONS, time.perf_counter() + seconds

    def insert(place: int) -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            while time.perf_counter() < stop:
                connection.execute("INSERT INTO bare VALUES (%s, %s)", (str(uuid4()), "x" * 300), prepare=True)
                done[place] += 1

    threads = [threading.Thread(target=insert, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def bare_sqlite(path: str, seconds: float) -> float:
    """Durable single-row commits a second by one connection: there is one writer at a time."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SQLITE_PRAGMAS)
    connection.execute(TABLE)
    done, stop = 0, time.perf_counter() + seconds
    while time.perf_counter() < stop:
        connection.execute("INSERT INTO bare VALUES (?, ?)", (str(uuid4()), "x" * 300))
        done += 1
    connection.close()
    return done / seconds


def bare(env: dict[str, str], seconds: float) -> float:
    """The bare limit of the database of this run."""
    if "DATABASE_URL" in env:
        return bare_postgres(env["DATABASE_URL"], seconds)
    return bare_sqlite(f"{env['WANGGE_DATA']}/bare.sqlite3", seconds)


def spent(used: dict[str, float], reports: int) -> str:
    """The processor time of each party for one report, and what that alone allows on two free cores."""
    each = {name: 1e6 * seconds / max(reports, 1) for name, seconds in used.items()}
    told = ", ".join(f"{name} {micros:.0f}" for name, micros in each.items())
    return f"{told} µs a report; two cores with nothing else to do: {2e6 / sum(each.values()):,.0f}/s"


def measure(database: str, seconds: float, flood: bool) -> None:
    with environment(database) as env:
        city = build_elsewhere(env)
        workers = 2 if database == "postgres" else 1
        with running_web(env, workers) as (port, pid):
            drive(port, connections=CONNECTIONS, seconds=2, request=request_of(city, "warm"))
            before = count(env)
            limit = bare(env, 3)
            used = cpu_seconds(env, pid)
            taken = drive(port, connections=CONNECTIONS, seconds=seconds, request=request_of(city, "run"))
            used = {name: total - used[name] for name, total in cpu_seconds(env, pid).items()}
            found = count(env) - before
            print(f"{database}, {workers} web worker(s), {CONNECTIONS} connections, {seconds:.0f} s")
            print(f"  reports        {taken.line()}")
            print(f"  acknowledged {taken.statuses[201]:,}, found {found:,}")
            print("  processor      " + spent(used, taken.statuses[201]))
            print(f"  bare INSERTs   {limit:>8,.0f} /s    ratio {taken.rate / limit:.2f}")
            if flood:
                overrun(env, port, city, before + found)
    print(json.dumps({"database": database, "reports_per_second": round(taken.rate), "bare": round(limit)}))


def overrun(env: dict[str, str], port: int, city: BenchCity, before: int) -> None:
    """More senders than may wait: what comes back, and whether every acknowledged report is there."""
    flood: Measured = drive(port, connections=FLOOD, seconds=5, request=request_of(city, "flood"), pause=0.2)
    found = count(env) - before
    print(f"  {FLOOD:,} senders  {flood.line()}")
    wrong = {status for status in flood.statuses if status not in (201, 429, 503)}
    verdict = "fine" if not wrong and not flood.broken and found >= flood.statuses[201] else "WRONG"
    print(f"  acknowledged {flood.statuses[201]:,}, found {found:,}: {verdict}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--no-flood", action="store_true")
    asked = parser.parse_args()
    for name in asked.databases:
        measure(name, asked.seconds, not asked.no_flood)

"""How many reports a second a batch of NDJSON brings in, from the first byte sent to the last result line.

    python -m benchmarks.bench_batch [postgres|sqlite ...] [--lines 10000] [--times 3]

Beside it the bare limit: as many rows of about the same size written by one COPY (PostgreSQL) or one executemany
(SQLite), seven rows a report, because a report fills seven tables.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import time
from uuid import uuid4

import psycopg

from benchmarks.city import BenchCity, build_elsewhere
from benchmarks.servers import cpu_seconds, environment, running_web

ROWS = 7
TABLE = "CREATE TABLE bare_batch (id char(36) PRIMARY KEY, body text NOT NULL)"


def send(port: int, city: BenchCity, run: str, count: int) -> float:
    """Send one batch; the seconds it took. Every line must have been taken."""
    body = b"\n".join(city.report(number, key=f"{run}-{number}") for number in range(count))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    begun = time.perf_counter()
    connection.request(
        "POST",
        "/api/v1/reports/batch",
        body,
        {"Authorization": f"Bearer {city.token}", "Content-Type": "application/x-ndjson"},
    )
    results = connection.getresponse().read()
    took = time.perf_counter() - begun
    taken = sum(json.loads(line).get("status") == 201 for line in results.splitlines())
    if taken != count:
        raise SystemExit(f"only {taken} of {count} lines were taken: {results[:300]!r}")
    return took


def bare(env: dict[str, str], count: int) -> float:
    """Seconds for the bare rows, committed to disk."""
    rows = [(str(uuid4()), "x" * 120) for _ in range(count * ROWS)]
    if "DATABASE_URL" in env:
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            connection.execute(TABLE)
            begun = time.perf_counter()
            with connection.cursor().copy("COPY bare_batch FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            connection.commit()
            return time.perf_counter() - begun
    lite = sqlite3.connect(f"{env['WANGGE_DATA']}/bare.sqlite3")
    lite.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    lite.execute(TABLE)
    begun = time.perf_counter()
    lite.executemany("INSERT INTO bare_batch VALUES (?, ?)", rows)
    lite.commit()
    return time.perf_counter() - begun


def measure(database: str, count: int, times: int) -> None:
    with environment(database) as env:
        city = build_elsewhere(env)
        with running_web(env, 1) as (port, pid):
            send(port, city, "warm", 500)
            limit = bare(env, count)
            before = cpu_seconds(env, pid)
            took = [send(port, city, f"run{number}", count) for number in range(times)]
            used = {name: total - before[name] for name, total in cpu_seconds(env, pid).items() if name != "load"}
    each = ", ".join(f"{name} {1e6 * seconds / (count * times):.0f}" for name, seconds in used.items())
    best = count / min(took)
    print(f"{database}, batches of {count:,} lines, {times} times")
    print(f"  reports/s       best {best:,.0f}, all {', '.join(f'{count / one:,.0f}' for one in took)}")
    print(f"  processor       {each} µs a report")
    print(f"  bare rows       {count / limit:,.0f} reports' worth/s    ratio {best * limit / count:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    for name in asked.databases:
        measure(name, asked.lines, asked.times)

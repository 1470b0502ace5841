"""How many screenings a second a checkpoint's own system brings in, and how fast a year of totals adds up.

    python -m benchmarks.bench_screening [postgres|sqlite] [--rows 50000] [--times 3] [--points 100]

Rows go to the API as NDJSON, from the first byte sent to the answer; beside it the bare limit of the same run: as many
rows of the table's columns written by one COPY (PostgreSQL) or one executemany (SQLite). The year of totals is what
200,000 screenings a day come to at so many checkpoints, filled in directly: hours, days and months by lane and shift.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks.city import city_here
from benchmarks.servers import running_web

DAILY = 200_000
LANES, SHIFTS = 3, ("day", "evening", "night")
LIMIT_ROWS, LIMIT_MS = 20_000, 100
TABLE = "CREATE TABLE bare_screening (id char(36) PRIMARY KEY, point char(36), at timestamptz, lane int, people int)"


def register(points: int, response_code: str) -> list[Any]:
    """So many checkpoints, in as many villages."""
    from wangge.duties.checkpoints.rules import CheckpointDraft  # noqa: PLC0415 - models exist only after setup
    from wangge.duties.checkpoints.services.register import checkpoints_register  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415

    villages = tree().at_level("village")
    drafts = [
        CheckpointDraft("joint", villages[number * 13].id, f"检疫点{number}", "国道", lanes=LANES)
        for number in range(points)
    ]
    clerk = system_actor("benchmark", "checkpoint.manage")
    return checkpoints_register(actor=clerk, response_id=response_by_code(response_code).id, drafts=drafts, now=now())


def body_of(run: str, count: int, numbers: list[str]) -> bytes:
    """A batch as a checkpoint's system sends it."""
    at = datetime.now(UTC) - timedelta(hours=2)
    return b"\n".join(
        json.dumps(
            {"key": f"{run}-{number}", "checkpoint": numbers[number % len(numbers)], "lane": number % LANES + 1,
             "at": (at + timedelta(milliseconds=number)).isoformat(), "plate": f"粤L{number % 10**5:05d}", "people": 2},
            ensure_ascii=False,
        ).encode()
        for number in range(count)
    )  # fmt: skip


def send(port: int, token: str, body: bytes, count: int) -> float:
    """Send one batch; the seconds it took. Every row must have been taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    begun = time.perf_counter()
    connection.request("POST", "/api/v1/checkpoints/screenings/batch", body, headers)
    answer = connection.getresponse().read()
    took = time.perf_counter() - begun
    if json.loads(answer).get("taken") != count:
        raise SystemExit(f"not all rows were taken: {answer[:300]!r}")
    return took


def bare(count: int) -> float:
    """Seconds for the bare rows, committed to disk."""
    at = datetime.now(UTC)
    rows = [(str(uuid4()), str(uuid4()), at.isoformat(), 1, 2) for _ in range(count)]
    if "DATABASE_URL" in os.environ:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute(TABLE)
            begun = time.perf_counter()
            with connection.cursor().copy("COPY bare_screening FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            connection.commit()
            return time.perf_counter() - begun
    lite = sqlite3.connect(f"{os.environ['WANGGE_DATA']}/bare.sqlite3")
    lite.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    lite.execute(TABLE)
    begun = time.perf_counter()
    lite.executemany("INSERT INTO bare_screening VALUES (?, ?, ?, ?, ?)", rows)
    lite.commit()
    return time.perf_counter() - begun


def fill_year(points: list[Any]) -> int:
    """A year's totals of all checkpoints, written straight to their table; how many screenings they stand for."""
    from django.db import transaction  # noqa: PLC0415

    from wangge.duties.checkpoints.models import Total  # noqa: PLC0415
    from wangge.duties.checkpoints.rules import hour_of, starts_of  # noqa: PLC0415
    from wangge.duties.checkpoints.services.screening import KEYS, SUMS  # noqa: PLC0415
    from wangge.ground.kernel.bulk import insert_rows  # noqa: PLC0415

    Total.objects.all().delete()  # of the rows that were sent before
    last = hour_of(datetime.now(UTC))
    each = DAILY // (len(points) * 24 * LANES) + 1
    coarse: dict[tuple[str, datetime, UUID, int, str], int] = {}
    for back in range(365):
        rows = []
        for hour in range(last - back * 24 - 23, last - back * 24 + 1):
            starts, shift = starts_of(hour), SHIFTS[hour % 24 // 8]
            for point in points:
                for lane in range(1, LANES + 1):
                    rows.append(("hour", starts["hour"], point.id, lane, shift, each, 2 * each, 0, 0, 0))
                    for grain in ("day", "month"):
                        key = (grain, starts[grain], point.id, lane, shift)
                        coarse[key] = coarse.get(key, 0) + each
        with transaction.atomic():
            insert_rows(Total, (*KEYS, *SUMS), rows)
    with transaction.atomic():
        insert_rows(Total, (*KEYS, *SUMS), [(*key, sum_, 2 * sum_, 0, 0, 0) for key, sum_ in coarse.items()])
    return each * LANES * len(points) * 24 * 365


def totals_timed(response_code: str) -> dict[str, float]:
    """Milliseconds to add up a year of the whole city, the best of five."""
    from django.db import connection  # noqa: PLC0415

    from wangge.duties.checkpoints.queries.totals import totals  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    root, today = tree().root().id, now()
    upon: dict[str, Any] = {"actor": system_actor("benchmark", "checkpoint.view"), "area_id": root}
    upon |= {"response_id": response_by_code(response_code).id, "until": today + timedelta(days=1)}
    found = {}
    for by in ("checkpoint_id", "lane", "shift"):
        took = []
        for _ in range(5):
            begun = time.perf_counter()
            totals(**upon, since=today - timedelta(days=364), by=by)
            took.append((time.perf_counter() - begun) * 1000)
        found[by] = min(took)
    return found


def measure(database: str, count: int, times: int, points: int) -> None:
    with city_here(database) as city:
        made = register(points, city.response)
        numbers = [one.number for one in made]
        env = dict(os.environ)
        with running_web(env, 1) as (port, _):
            send(port, city.token, body_of("warm", 2_000, numbers), 2_000)
            limit = bare(count)
            bodies = [body_of(f"run{number}", count, numbers) for number in range(times)]
            took = [send(port, city.token, body, count) for body in bodies]
        best = count / min(took)
        print(f"{database}, batches of {count:,} rows for {points} checkpoints, {times} times")
        every = ", ".join(f"{count / one:,.0f}" for one in took)
        print(f"  rows/s          best {best:,.0f} (limit {LIMIT_ROWS:,}), all {every}")
        print(f"  bare rows       {count / limit:,.0f}/s    ratio {best * limit / count:.2f}")
        screened = fill_year(made)
        found = ", ".join(f"by {by} {ms:.0f} ms" for by, ms in totals_timed(city.response).items())
        print(f"  a year's totals of {screened / 1e6:,.0f} million screenings: {found} (limit {LIMIT_MS} ms)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", nargs="?", default="postgres", choices=["postgres", "sqlite"])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--points", type=int, default=100)
    asked = parser.parse_args()
    measure(asked.database, asked.rows, asked.times, asked.points)

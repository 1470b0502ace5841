"""How many filled-in forms a second are on disk and acknowledged over OpenRosa, and what lists and tables of them cost.

    python -m benchmarks.bench_openrosa [--seconds N] [--rows N]

PostgreSQL with fsync on, 2 web workers, 16 connections that send one form after the other, each a multipart body as ODK
Collect writes it, with an instanceID of its own. Beside it, in the same run, bare limits: single-row INSERTs, each
committed to the same disk, and 200 bare rows selected. Then the list of 200 forms, and `--rows` submissions as CSV and
Excel, with the memory that it takes for a tenth of them and for all.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any

import django
import psutil

from benchmarks.bench_intake import bare_postgres, spent
from benchmarks.city import build
from benchmarks.load import Request, drive
from benchmarks.servers import ROOT, cpu_seconds, environment, running_web
from tests.doors.field.collect import multipart, submission_xml
from tests.spine.forms.sheets import named, xlsform

CONNECTIONS = 16
FORMS = 200
PLACE = ("441302001001", "惠城区", "桥东街道", "东湖社区")
ANSWERS = (
    "<place_kind>shop</place_kind><places>3</places><people>7</people>"
    "<who><owner>王小明</owner><phone>13812345678</phone></who><found>gathering no_mask</found>"
    "<place>23.09 114.41 0 5</place><note>店主已告知停业要求，门口张贴公告，当场劝离三人。</note>"
)


def founded() -> dict[str, str]:
    """A city with 200 forms and a key for its desk; in a process of its own."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up only here

    call_command("migrate", verbosity=0)
    city = build()
    from wangge.ground.accounts.queries import people  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415
    from wangge.spine.forms.services.keys import key_issue  # noqa: PLC0415
    from wangge.spine.forms.services.publishing import form_publish  # noqa: PLC0415

    keeper = system_actor("benchmark", "form.publish", "form.issue_key")
    upon = {"actor": keeper, "response_id": response_by_code(city.response).id, "now": clock.now()}
    for number in range(FORMS):
        settings = named("visit" if number == 0 else f"form_{number}")
        form_publish(**upon, file_name="form.xlsx", content=xlsform(settings=settings))
    desk = people().filter(username="p1").get()
    _, secret = key_issue(**upon, person_id=desk.id, area_id=None, name="benchmark")
    return {"key": secret, "response": str(upon["response_id"]), "person": str(desk.id)}


def request_of(key: str, run: str) -> Request:
    """Requests that each carry a form of their own."""
    head = (
        f"POST /or/{key}/submission HTTP/1.1\r\nHost: 127.0.0.1\r\nX-OpenRosa-Version: 1.0\r\n"
        "Content-Type: %s\r\nContent-Length: %d\r\n\r\n"
    )

    def request(number: int) -> bytes:
        kind, body = multipart(submission_xml(instance=f"uuid:{run}-{number}", answers=ANSWERS))
        return (head % (kind, len(body))).encode() + body

    return request


def sent(env: dict[str, str], city: dict[str, str], seconds: float) -> None:
    """Submissions a second, beside bare commits."""
    with running_web(env, 2) as (port, pid):
        drive(port, connections=CONNECTIONS, seconds=2, request=request_of(city["key"], "warm"))
        limit = bare_postgres(env["DATABASE_URL"], 3)
        used = cpu_seconds(env, pid)
        taken = drive(port, connections=CONNECTIONS, seconds=seconds, request=request_of(city["key"], "run"))
        used = {name: total - used[name] for name, total in cpu_seconds(env, pid).items()}
        print(f"postgres, 2 web workers, {CONNECTIONS} connections, {seconds:.0f} s, load {psutil.getloadavg()[0]:.1f}")
        print(f"  submissions    {taken.line()}")
        print("  processor      " + spent(used, taken.statuses[201]).replace("a report", "a submission"))
        print(f"  bare INSERTs   {limit:>8,.0f} /s    ratio {taken.rate / limit:.2f}")
        listed(env, pid, port, city["key"])


def listed(env: dict[str, str], pid: int, port: int, key: str) -> None:
    """The list of 200 forms, asked for by one phone after the other."""
    text = f"GET /or/{key}/formList HTTP/1.1\r\nHost: 127.0.0.1\r\nX-OpenRosa-Version: 1.0\r\n\r\n".encode()
    used = cpu_seconds(env, pid)
    run = drive(port, connections=1, seconds=3, request=lambda number: text)
    used = {name: total - used[name] for name, total in cpu_seconds(env, pid).items()}
    each = 1000 * (used["web"] + used["database"]) / max(run.statuses[200], 1)
    print(f"  list of {FORMS} forms   p50 {run.percentile(0.5):.1f} ms   p95 {run.percentile(0.95):.1f} ms")
    print(f"                 {each:.1f} ms of processor time, web and database ({dict(run.statuses)})")


def tables(city: dict[str, str], count: int) -> None:
    """So many submissions as CSV and as Excel: rows a second, and memory for a tenth and for all."""
    from uuid import UUID  # noqa: PLC0415 - Django is set up only here

    from django.db import connection  # noqa: PLC0415

    from wangge.ground.accounts.queries import actor_of, people  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415
    from wangge.picture.tables.csvfile import csv_pieces  # noqa: PLC0415
    from wangge.picture.tables.workbook import Column, Sheet, workbook_pieces  # noqa: PLC0415
    from wangge.spine.forms.queries.columns import answer_columns  # noqa: PLC0415
    from wangge.spine.forms.queries.rows import form_rows  # noqa: PLC0415
    from wangge.spine.forms.services.taking import Sent, submissions_take  # noqa: PLC0415

    # As web workers have it, see asgi.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    now, response_id = clock.now(), UUID(city["response"])
    actor = actor_of(people().get(id=city["person"]), now)
    lying = len(list(_rows(form_rows, answer_columns, actor, response_id)))
    begun = time.process_time()
    missing = max(count - lying, 0)
    for start in range(0, missing, 250):
        batch = [
            Sent(actor, response_id, submission_xml(instance=f"uuid:table-{n}", answers=ANSWERS))
            for n in range(start, min(start + 250, missing))
        ]
        assert all(hasattr(one, "fresh") for one in submissions_take(sent=batch, now=now))
    each = 1e6 * (time.process_time() - begun) / max(missing, 1)
    print(f"  {missing:,} more taken in batches of 250: {each:.0f} µs of Python each")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    heads = [Column(str(number)) for number in range(9 + len(answer_columns(response_id, "visit")))]
    makers: dict[str, Callable[[Iterable[Any]], Iterable[bytes]]] = {
        "CSV": lambda rows: csv_pieces(heads, rows),
        "Excel": lambda rows: workbook_pieces([Sheet("填报", heads, rows)], made_at=now, title="填报"),
    }
    for name, make in makers.items():
        for limit in (count // 10, count):
            rows = _rows(form_rows, answer_columns, actor, response_id, limit)
            _measured(f"{name} {limit:,} rows", make(rows), limit)
        rows = _rows(form_rows, answer_columns, actor, response_id, count // 10)
        small = _peak(make(rows))
        large = _peak(make(_rows(form_rows, answer_columns, actor, response_id, count)))
        print(f"  {name} memory     {small / 1e6:.1f} MB for {count // 10:,} rows, {large / 1e6:.1f} MB for {count:,}")


def _rows(form_rows: Any, answer_columns: Any, actor: Any, response_id: Any, limit: int = 10**9) -> Iterable[Any]:
    columns = answer_columns(response_id, "visit")
    rows = form_rows(actor=actor, response_id=response_id, code="visit", columns=columns)
    for number, row in enumerate(rows):
        if number == limit:
            return
        yield (
            row.received_at,
            row.version,
            row.state,
            "4413",
            "县",
            "镇",
            "村",
            row.person,
            row.instance_id,
            *row.answers,
        )


def _measured(name: str, pieces: Iterable[bytes], count: int) -> None:
    clock, used = time.perf_counter(), time.process_time()
    size = sum(map(len, pieces))
    clock, used = time.perf_counter() - clock, time.process_time() - used
    print(
        f"  {name:<18} {count / clock:>8,.0f} rows/s by the clock, {1e6 * used / count:.0f} µs of Python a row "
        f"({count / used:,.0f} rows/s), {size / 1e6:.1f} MB"
    )


def _peak(pieces: Iterable[bytes]) -> int:
    tracemalloc.start()
    for _ in pieces:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main(seconds: float, count: int) -> None:
    with environment("postgres") as env:
        command = [sys.executable, "-m", "benchmarks.bench_openrosa", "--found"]
        done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        city = json.loads(done.stdout.splitlines()[-1])
        sent(env, city, seconds)
        command = [
            sys.executable,
            "-m",
            "benchmarks.bench_openrosa",
            "--tables",
            json.dumps(city),
            "--rows",
            str(count),
        ]
        subprocess.run(command, env=env, cwd=ROOT, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--found", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--tables", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.found:
        django.setup()
        print(json.dumps(founded()))
    elif asked.tables:
        django.setup()
        tables(json.loads(asked.tables), asked.rows)
    else:
        main(asked.seconds, asked.rows)

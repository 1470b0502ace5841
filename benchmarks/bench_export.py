"""Lists as Excel: time and memory of 200,000 rows, through the service and the list's own query, beside a tenth of it.

    python -m benchmarks.bench_export [--rows 200000]

Each size runs in a process of its own on a fresh SQLite city with so many open matters. The rows are first written as
CSV, which is the limit to compare with and fills SQLite's own cache; what the export then adds to the memory of the
process must not grow with the rows.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import django


def filled(rows: int) -> None:
    """A small city with so many open matters, written straight into the table: how they came there is not measured."""
    from datetime import timedelta  # noqa: PLC0415

    from tests.conftest import START, build_city  # noqa: PLC0415
    from wangge.duties.matters.models import Matter  # noqa: PLC0415
    from wangge.duties.matters.rules import ReportDraft  # noqa: PLC0415
    from wangge.duties.matters.services.intake import matter_receive  # noqa: PLC0415
    from wangge.ground.kernel.ids import new_id  # noqa: PLC0415

    city = build_city()
    draft = ReportDraft(kind="gathering", area_id=city.area("441302001001"), source="phone", text="有人聚集")
    taken = matter_receive(actor=city.actor("dan"), response_id=city.response_id, draft=draft, now=START)
    model = Matter.objects.get(id=taken.matter_id)
    fields = {field.attname: getattr(model, field.attname) for field in Matter._meta.concrete_fields}
    for begin in range(1, rows, 5000):
        Matter.objects.bulk_create(
            Matter(
                **{
                    **fields,
                    "id": new_id(),
                    "number": f"{model.number[:-4]}{number:08d}",
                    "queue_at": START + timedelta(seconds=number),
                }
            )
            for number in range(begin, min(begin + 5000, rows))
        )


def fill(rows: int) -> None:
    """A data folder with a city of so many open matters."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    filled(rows)


def anonymous() -> float:
    """Memory of this process in MB, without the files it has mapped."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say")


def watched(rows: Iterable[Sequence[object]], seen: list[float]) -> Iterator[Sequence[object]]:
    """The same rows; every thousand of them the memory is looked at."""
    for number, row in enumerate(rows):
        if number % 1000 == 0:
            seen.append(anonymous())
        yield row


def run() -> None:
    """One measurement, printed as a line."""
    from tests.conftest import START  # noqa: PLC0415
    from wangge.doors.desk.listings import Asked, listing  # noqa: PLC0415
    from wangge.ground.accounts.models import Person  # noqa: PLC0415
    from wangge.ground.accounts.queries import actor_of  # noqa: PLC0415
    from wangge.ground.journal.models import Event  # noqa: PLC0415
    from wangge.ground.responses.queries import pack_of, response_current  # noqa: PLC0415
    from wangge.picture.tables.services import list_export  # noqa: PLC0415

    response = response_current()
    actor = actor_of(Person.objects.get(username="frank"), START)
    asked = Asked(actor=actor, response=response, pack=pack_of(response), now=START)
    begun = time.process_time()
    lines = csv.writer(io.TextIOWrapper(open(os.devnull, "wb"), encoding="utf-8"))  # noqa: SIM115
    for row in listing("queue", asked).rows:
        lines.writerow(row)
    plain = time.process_time() - begun
    before, seen = anonymous(), []
    begun, wall = time.process_time(), time.perf_counter()
    wanted = listing("queue", asked)
    wanted = replace(wanted, rows=watched(wanted.rows, seen))
    pieces = list_export(actor=actor, listing=wanted, now=START)
    size = len(next(pieces))
    first = time.perf_counter() - wall
    size += sum(map(len, pieces))
    taken, written = time.process_time() - begun, Event.objects.get(type="list.exported").data["rows"]
    per_row = f"{1e6 * taken / written:.0f} µs/row, {taken / plain:.1f}× the same as CSV"
    memory = f"at most {max(seen) - before:+.1f} MB of memory beside {before:.0f} MB"
    wall = time.perf_counter() - wall
    sent = f"first byte after {1000 * first:.0f} ms, {size / 1e6:.1f} MB"
    print(f"{written:>8,} rows  {taken:.1f} s CPU ({per_row}), {wall:.1f} s; {sent}; {memory}")


def main() -> None:
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--rows", type=int, default=200_000)
    asking.add_argument("--step", choices=("fill", "run"), help=argparse.SUPPRESS)
    given = asking.parse_args()
    if given.step:
        django.setup()
        fill(given.rows) if given.step == "fill" else run()
        return
    root = Path(__file__).resolve().parents[1]
    for rows in (given.rows // 10, given.rows):
        with tempfile.TemporaryDirectory(prefix="wangge-export-") as folder:
            env = {**os.environ, "WANGGE_DATA": folder, "DJANGO_SETTINGS_MODULE": "wangge.settings"}
            env.pop("DATABASE_URL", None)
            env["PYTHONPATH"] = f"{root / 'src'}{os.pathsep}{root}"
            for step in ("fill", "run"):
                command = [sys.executable, "-m", "benchmarks.bench_export", "--step", step, "--rows", str(rows)]
                subprocess.run(command, env=env, cwd=root, check=True, timeout=600)


if __name__ == "__main__":
    main()

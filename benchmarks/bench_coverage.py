"""Coverage ahead of a city: every village and hour of fourteen days, with a roster in force at every officer's post.

    python -m benchmarks.bench_coverage [--times 3]

On a SQLite of its own. The limit is reading the same duty times and nothing more, in the same run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import timedelta


def main() -> None:
    """Print how long it takes, what is found, and the ratio to reading alone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"WANGGE_DATA": folder, "DJANGO_SETTINGS_MODULE": "wangge.settings"}
        os.environ.pop("DATABASE_URL", None)
        measure(times)


def measure(times: int) -> None:
    """Fill the database, then look."""
    import django  # noqa: PLC0415 - settings exist only after setup
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from benchmarks.city import build  # noqa: PLC0415
    from wangge.ground.accounts.duty import Duty, duties_replace  # noqa: PLC0415
    from wangge.ground.accounts.models import DutyTime, Holding  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.picture.coverage import rules  # noqa: PLC0415
    from wangge.picture.coverage.queries import coverage_ahead  # noqa: PLC0415

    build()
    now = read_clock()
    held = Holding.objects.filter(post__role__stands="responsible").values_list("post_id", "person_id")
    day = timedelta(days=1)
    duties = [
        Duty(post, person, now + number * day, now + number * day + day / 2)
        for place, (post, person) in enumerate(held)
        for number in range(14)
        if (place + number) % 7
    ]
    clerk = system_actor("benchmark", "roster.publish", "coverage.view")
    began = time.perf_counter()
    changed = duties_replace(
        actor=clerk, post_ids={duty.post_id for duty in duties}, since=now, until=now + 14 * day, duties=duties, now=now
    )
    print(f"{changed} duty times put into force in {time.perf_counter() - began:.2f} s")
    for _ in range(times):
        began = time.perf_counter()
        bare = len(DutyTime.objects.values_list("post_id", "person_id", "since", "until"))
        reading = time.perf_counter() - began
        began = time.perf_counter()
        found = coverage_ahead(actor=clerk, area_ids=[tree().root().id], now=now)
        open_ = rules.gaps(found.level)
        took = time.perf_counter() - began
        villages, hours = found.level.shape
        print(
            f"{villages} villages × {hours} hours: {took:.2f} s, {len(open_)} gaps, {took / reading:.1f} × {bare} rows"
        )


if __name__ == "__main__":
    main()

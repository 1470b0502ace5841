"""Coverage ahead of a city: every village and hour of fourteen days, with a roster in force at every officer's post.

Before it a drill of the whole city, of whom three in four answer, and twelve older ones; then what opens where twenty
people are ill, and who could fill it.

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
    from wangge.duties.drills.models import Drill, DrillTest  # noqa: PLC0415
    from wangge.duties.drills.services import drill_call, drill_end  # noqa: PLC0415
    from wangge.ground.accounts.duty import Duty, duties_replace  # noqa: PLC0415
    from wangge.ground.accounts.models import DutyTime, Holding  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.picture.coverage import filling, rules  # noqa: PLC0415
    from wangge.picture.coverage.queries import Away, coverage_ahead  # noqa: PLC0415

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
    clerk = system_actor("benchmark", "roster.publish", "coverage.view", "drill.call")
    city = tree().root().id
    for number in range(13, 0, -1):
        then = now - 3 * number * day
        began = time.perf_counter()
        drill = drill_call(actor=clerk, area_id=city, minutes=30, now=then)
        took = time.perf_counter() - began
        tests = list(DrillTest.objects.filter(drill=drill).values_list("id", flat=True))
        DrillTest.objects.filter(id__in=tests[::4]).update(answered_at=None)
        DrillTest.objects.filter(id__in=[one for place, one in enumerate(tests) if place % 4]).update(answered_at=then)
        drill_end(actor=clerk, drill_id=drill.id, now=then + day / 96)
    print(f"a drill of {len(tests)} people and channels called in {took:.2f} s; {Drill.objects.count()} drills kept")
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
        found = coverage_ahead(actor=clerk, area_ids=[city], now=now)
        open_ = rules.gaps(found.level)
        took = time.perf_counter() - began
        villages, hours = found.level.shape
        print(
            f"{villages} villages × {hours} hours: {took:.2f} s, {len(open_)} gaps, {took / reading:.1f} × {bare} rows"
        )
        began = time.perf_counter()
        ill = Away(frozenset([duty.person_id for duty in duties[:: len(duties) // 20]][:20]), now + day, now + 8 * day)
        opened = found.without(ill)
        gaps = rules.gaps(rules.opened(found.level, opened.level), (rules.NOBODY, rules.DESK, rules.SILENT))
        fills = filling.fillings(opened, gaps, now)
        took, named = time.perf_counter() - began, sum(bool(one.best) for some in fills for one in some)
        print(f"  {len(ill.people)} people ill: {len(gaps)} gaps, who could fill {named} of them: {took:.2f} s")


if __name__ == "__main__":
    main()

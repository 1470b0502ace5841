"""How fast points find their area, against a bare STRtree.query over the same village outlines in the same run.

    python benchmarks/bench_locate.py [points]

Loads the pack's areas into a database in memory; prints points per second and the ratio of the two.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import django
import numpy as np
import shapely
from django.conf import settings
from django.core.management import call_command

AREAS = Path(__file__).resolve().parent.parent / "packs" / "huizhou-2020" / "areas"
ROUNDS = 5


def seconds(work: Callable[[], object]) -> float:
    """The best of several rounds: the others measure what else the machine was doing."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def main(count: int) -> None:
    settings.configure(
        INSTALLED_APPS=["wangge.ground.journal", "wangge.ground.areas"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from wangge.ground.areas.loading import load_areas  # noqa: PLC0415 - models exist only after setup
    from wangge.ground.areas.locating import locate_many, outline_index  # noqa: PLC0415
    from wangge.ground.kernel.clock import now  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415

    load_areas(AREAS, actor=system_actor("benchmark", "area.manage"), now=now())
    villages = outline_index().layers[0][1]
    west, south, east, north = shapely.total_bounds(villages.geometries)
    dice = np.random.default_rng(20200205)
    lons, lats = dice.uniform(west, east, count), dice.uniform(south, north, count)
    points = shapely.points(lons, lats)

    bare = seconds(lambda: villages.query(points, predicate="intersects"))
    ours = seconds(lambda: locate_many(lons, lats))
    inside = np.mean(locate_many(lons, lats)[0] >= 0)
    within = shapely.union_all(villages.geometries)
    shapely.prepare(within)
    kept = shapely.contains_xy(within, lons, lats)
    few_lons, few_lats, few_points = lons[kept], lats[kept], points[kept]
    bare_inside = seconds(lambda: villages.query(few_points, predicate="intersects"))
    ours_inside = seconds(lambda: locate_many(few_lons, few_lats))
    print(f"points                {count:>12,} ({inside:.0%} inside the city)")
    print(f"bare STRtree.query    {count / bare:>12,.0f} points/s")
    print(f"locate_many           {count / ours:>12,.0f} points/s")
    print(f"ratio                 {bare / ours:>12.2f}")
    print(f"only points inside    {len(few_points) / ours_inside:>12,.0f} points/s")
    print(f"ratio to bare         {bare_inside / ours_inside:>12.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)

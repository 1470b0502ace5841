"""What a report and a bulletin cost as the journal grows: at 10,000 events, and ten times as many at each step.

    python -m benchmarks.bench_growth [--to 10000000] [--no-figures]

In one process on PostgreSQL with fsync on: batches of 64 reports through the service of the hot door, and the bulletin
of the city. Each is held against its cost at the first step; a factor of 1.3 is what the design allows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.city import BenchCity, city_here

FIRST = 10_000
BATCH = 64
ROUNDS = 25


def typical(work: Callable[[], object]) -> float:
    """The median of several rounds in milliseconds, after one to warm up."""
    work()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return sorted(taken)[ROUNDS // 2]


def run(city: BenchCity, most: int, figures: bool) -> None:
    from benchmarks.year import EVENTS_EACH, fill, prepare  # noqa: PLC0415 - models exist only after setup
    from wangge.doors.api.reports import reports_take, sent_line  # noqa: PLC0415
    from wangge.doors.api.tokens import actor_looked_up  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415
    from wangge.picture.figures.queries import figures as figures_of  # noqa: PLC0415

    response_id, actor, began = response_by_code(city.response).id, actor_looked_up(city.token), read_clock()
    prepare(response_id, began)
    sent, done, step, base = 0, 0, FIRST, {}

    def intake() -> None:
        nonlocal sent
        lines = [city.report(number, key=f"g{number}") for number in range(sent, sent + BATCH)]
        sent += BATCH
        [first, *_] = reports_take([sent_line(actor, line) for line in lines], read_clock())
        if not isinstance(first, tuple):
            raise SystemExit(f"a report was not taken: {first}")

    def bulletin() -> object:
        return figures_of(actor=actor, response_id=response_id, area_id=tree().root().id, until=read_clock())

    work: dict[str, Callable[[], object]] = {"report": intake} | ({"bulletin": bulletin} if figures else {})
    while step <= most:
        fill(response_id, first=done, last=step // EVENTS_EACH - 1, now=began, read=figures)
        done = step // EVENTS_EACH
        for name, one in work.items():
            cost = typical(one) / (BATCH if name == "report" else 1)
            base.setdefault(name, cost)
            print(f"{step:>12,} events   {name:<9} {cost:8.3f} ms   ratio {cost / base[name]:.2f}", flush=True)
        step *= 10


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=int, default=10_000_000)
    parser.add_argument("--no-figures", action="store_true")
    asked = parser.parse_args()
    with city_here() as city:
        run(city, asked.to, not asked.no_figures)

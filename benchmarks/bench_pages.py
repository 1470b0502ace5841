"""Pages of a city at a year's end: server time and queries of the queue, of a matter, of the bulletin.

    python -m benchmarks.bench_pages [--events 10000000] [--times 40] [--no-figures]

With --no-figures the journal's reader of figures does not catch up with the events, and the bulletin is left out.

Beside each the same page of the empty city in the same run: what the data cost, apart from the machine.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.city import city_here

if TYPE_CHECKING:
    from benchmarks.year import Reading


def measured(show: Callable[[], object], times: int) -> tuple[float, float, int]:
    """Median and 95th percentile in milliseconds, and the queries of one showing."""
    from django.db import connection  # noqa: PLC0415 - settings exist only after setup
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    show()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        show()
        taken.append(1000 * (time.perf_counter() - begun))
    with CaptureQueriesContext(connection) as queries:
        show()
    taken.sort()
    return taken[len(taken) // 2], taken[int(0.95 * (len(taken) - 1))], len(queries)


def spent(show: Callable[[], object], times: int) -> float:
    """Processor time of this process for one showing, in milliseconds; with SQLite that is all there is."""
    begun = time.process_time()
    for _ in range(times):
        show()
    return 1000 * (time.process_time() - begun) / times


def pages(figures: bool) -> dict[str, Callable[[], object]]:
    """The pages as a city's desk and a town's desk see them."""
    from django.test import Client  # noqa: PLC0415

    from wangge.duties.matters.models import Matter  # noqa: PLC0415
    from wangge.ground.accounts.models import Person  # noqa: PLC0415

    city, town = Client(), Client()
    city.force_login(Person.objects.get(username="p0"))
    town.force_login(Person.objects.filter(holdings__post__role_id="duty_desk").order_by("username")[0])
    numbers = list(Matter.objects.order_by("-id").values_list("number", flat=True)[:500])
    numbers += list(Matter.objects.order_by("id").values_list("number", flat=True)[:500])
    dice = random.Random(1)

    def get(client: Client, path: str) -> object:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        return answer

    shown = {
        "queue, city": lambda: get(city, "/"),
        "queue, city, one kind": lambda: get(city, "/?kind=gathering"),
        "queue, town": lambda: get(town, "/"),
        "matter": lambda: get(city, f"/matters/{dice.choice(numbers)}"),
    }
    return shown | ({"bulletin, city": lambda: get(city, "/bulletin")} if figures else {})


def told(reading: Reading | None) -> str:
    """How fast figures read, in words."""
    if reading is None:
        return "figures not read"
    return (
        f"figures read at {reading.rate:,.0f} events/s "
        f"({reading.python:.1f} µs python + {reading.database:.1f} µs database an event)"
    )


def run(events: int, times: int, figures: bool, response: str) -> None:
    from benchmarks.year import EVENTS_EACH, fill, prepare  # noqa: PLC0415 - models exist only after setup
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415

    response_id, now = response_by_code(response).id, read_clock()
    count = events // EVENTS_EACH
    prepare(response_id, now)
    fill(response_id, first=0, last=99, now=now)
    small = {name: measured(show, times) for name, show in pages(figures).items()}
    begun = time.perf_counter()
    reading = fill(response_id, first=100, last=count - 1, now=now, read=figures)
    took = time.perf_counter() - begun
    print(f"{events:,} events, {count:,} matters, written in {took:,.0f} s; " + told(reading))
    for name, show in pages(figures).items():
        p50, p95, queries = measured(show, times)
        base = small[name]
        print(
            f"  {name:<22} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   {queries} queries"
            f"   (with 100 matters: {base[0]:.1f} ms, {base[2]} queries; ratio {p50 / base[0]:.2f})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--no-figures", action="store_true")
    asked = parser.parse_args()
    with city_here() as city:
        run(asked.events, asked.times, not asked.no_figures, city.response)

"""The monitoring board of a city, and the minute at which everybody's check falls due.

    python -m benchmarks.bench_board [postgres|sqlite] [--people 50000] [--times 20]

Server time and queries of the board with so many running plans and a fortnight of checks, beside the same page with a
hundred people in the same run; then how long the engine takes when all of them miss the same check.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.bench_pages import measured, spent
from benchmarks.city import city_here


def pages() -> dict[str, Callable[[], object]]:
    """The board as the city, a town and a village see it."""
    from django.test import Client  # noqa: PLC0415 - settings exist only after setup

    from wangge.ground.accounts.models import Person  # noqa: PLC0415

    clients = {}
    for name, role in (
        ("city", "city_desk"),
        ("county", "county_desk"),
        ("town", "duty_desk"),
        ("village", "village_officer"),
    ):
        clients[name] = Client()
        clients[name].force_login(Person.objects.filter(holdings__post__role_id=role).order_by("username")[0])

    def get(client: Client, path: str) -> bytes:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        return answer.content

    shown: dict[str, Callable[[], object]] = {
        f"board, {name}": lambda client=client: get(client, "/board") for name, client in clients.items()
    }
    first = get(clients["city"], "/board").decode()
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    shown["board, city, second page"] = lambda: get(clients["city"], f"/board{following}")
    shown["board, city, found"] = lambda: get(clients["city"], "/board?show=found")
    return shown


def everybody_misses(people: int) -> str:
    """Let the next check of everybody be due now; how long it takes until each is counted, and has its matter."""
    from wangge.duties.observation.models import Alarm, Plan  # noqa: PLC0415
    from wangge.duties.observation.services.alarms import observation_due  # noqa: PLC0415
    from wangge.engine import ENGINE, FLOWS_READER, advance  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415

    following = Plan.objects.order_by("next_due_at").values_list("next_due_at", flat=True)[0]
    Plan.objects.update(next_due_at=following)
    while advance(FLOWS_READER, now=read_clock()):
        pass
    begun, used = time.perf_counter(), time.process_time()
    missed = observation_due(actor=ENGINE, now=following)
    counted, python = time.perf_counter() - begun, time.process_time() - used
    begun, used = time.perf_counter(), time.process_time()
    while advance(FLOWS_READER, now=following):
        pass
    matters, flows = time.perf_counter() - begun, time.process_time() - used
    left = Alarm.objects.filter(matter_id=None).count()
    return (
        f"{missed:,} checks missed at one minute: counted and told in {counted:.1f} s ({missed / counted:,.0f}/s, "
        f"Python {python:.1f} s), their matters opened and pushed in {matters:.1f} s more (Python {flows:.1f} s); "
        f"alarms without a matter: {left}"
    )


def run(people: int, times: int, response: str) -> None:
    from django.db import connection  # noqa: PLC0415 - settings exist only after setup

    from benchmarks.observed import fill, fill_checks  # noqa: PLC0415 - models exist only after setup
    from wangge.ground.journal.partitions import partitions_ensure  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.responses.queries import response_by_code  # noqa: PLC0415

    now, response_id = read_clock(), response_by_code(response).id
    partitions_ensure(now=now, ahead=3)
    fill(response_id, 100, now=now)
    fill_checks(now)
    small = {name: measured(show, times) for name, show in pages().items()}
    fill(response_id, people - 100, now=now, first=100)
    checks = fill_checks(now)
    print(f"{connection.vendor}, {people:,} running plans, {checks:,} checks")
    for name, show in pages().items():
        p50, p95, queries = measured(show, times)
        base = small[name]
        print(
            f"  {name:<26} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   Python {spent(show, times):5.1f} ms   "
            f"{queries} queries"
            f"   (with 100 people: {base[0]:.1f} ms, {base[2]} queries; ratio {p50 / base[0]:.2f})"
        )
    print("  " + everybody_misses(people))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", nargs="?", default="postgres", choices=("postgres", "sqlite"))
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with city_here(asked.database) as city:
        run(asked.people, asked.times, city.response)

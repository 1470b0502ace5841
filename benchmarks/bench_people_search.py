"""How long an exact search for a person takes among many, against one bare look-up by primary key in the same run.

    python -m benchmarks.bench_people_search [people]

Runs on the database of DATABASE_URL, or on SQLite in a folder of its own. People are written straight into the
tables, sealed and indexed as the vault does it, 500,000 unless a number is given; a hundred share each name. The
limit is 50 ms for each search, at the desk of the whole city.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import django
from django.core.management import call_command

LIMIT_MS = 50
ROUNDS = 40
AT_ONCE = 5000


def milliseconds(work: Callable[[int], Any]) -> list[float]:
    times = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
    os.environ["WANGGE_DATA"] = tempfile.mkdtemp(prefix="wangge-search-")
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection, transaction  # noqa: PLC0415 - models exist only after setup

    from benchmarks.city import build  # noqa: PLC0415
    from wangge.duties.observation.models import Individual  # noqa: PLC0415
    from wangge.duties.observation.queries.people import people_search  # noqa: PLC0415
    from wangge.ground.accounts.models import Person  # noqa: PLC0415
    from wangge.ground.accounts.queries import actor_of  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now  # noqa: PLC0415
    from wangge.ground.kernel.ids import new_id  # noqa: PLC0415
    from wangge.ground.responses import vault  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415
    from wangge.ground.responses.vault import Secret  # noqa: PLC0415

    city, at = build(), now()
    actor, response = actor_of(Person.objects.get(username="p0"), at), response_current().id
    villages = [node.id for code in city.areas if (node := tree().by_code(code))]
    ids: list[Any] = []

    def told(number: int) -> dict[str, str]:
        return {
            "name": f"测{number % (count // 100 or 1):05}",
            "phone": f"138{number:08}",
            "document": f"E{number:08}",
        }

    begun = time.perf_counter()
    for start in range(0, count, AT_ONCE):
        people = [
            Individual(
                id=new_id(), response_id=response, number=f"R{number:012}", area_id=villages[number % len(villages)],
                role="arrival", document_kind="passport", identified_at=at,
            )
            for number in range(start, min(start + AT_ONCE, count))
        ]  # fmt: skip
        secrets = [
            Secret(one.id, field, field, value)
            for number, one in enumerate(people, start=start)
            for field, value in told(number).items()
        ]
        with transaction.atomic():
            Individual.objects.bulk_create(people, batch_size=1000)
            vault.put_many(response_id=response, secrets=secrets)
        ids += [one.id for one in people]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"{connection.vendor}, {count:,} people, filled in {time.perf_counter() - begun:.0f} s")
    bare = milliseconds(lambda n: Individual.objects.get(id=ids[n * 7919 % count]))
    print(f"bare look-up by key  median {statistics.median(bare):>6.1f} ms")
    slow = False
    for field in ("document", "phone", "name"):

        def search(n: int, field: str = field) -> None:
            assert people_search(actor=actor, response_id=response, text=told(n * 7919 % count)[field])

        times = milliseconds(search)
        middle, worst = statistics.median(times), times[int(ROUNDS * 0.95)]
        slow |= worst > LIMIT_MS
        print(
            f"by {field:<10}        median {middle:>6.1f} ms   95% {worst:>6.1f} ms"
            f"   ratio to bare {middle / statistics.median(bare):.1f}"
        )
    sys.exit(slow)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500_000)

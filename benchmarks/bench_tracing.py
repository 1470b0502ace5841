"""The contact-tracing board of a city with 50,000 people, and what the database takes of it.

    python -m benchmarks.bench_tracing [postgres|sqlite ...] [--people 50000] [--times 20]

All of them were identified in the fortnight that the board shows, most told and kept apart within a day; a third of
their plans has ended, and one in a hundred is a case. Server time, processor time of the page and queries, beside the
same page with a hundred people in the same run.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import django

from benchmarks.bench_pages import measured, spent
from benchmarks.city import build_elsewhere
from benchmarks.servers import ROOT, environment


def fill(response_id: UUID, numbers: range, people: int, now: datetime) -> None:
    """These of so many people as an outbreak leaves them on record, one after the other in a fortnight."""
    from wangge.duties.observation.models import Contact, Individual, Plan  # noqa: PLC0415 - models exist after setup
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import local  # noqa: PLC0415

    villages, dice, today = tree().at_level("village"), random.Random(numbers.start), local(now).date()
    records, plans, cases = [], [], []
    for n in numbers:
        found = now - timedelta(days=13) * (1 - n / people)
        told, apart, case = (found + timedelta(minutes=dice.randrange(2000)) for _ in range(3))
        confirmed = n % 100 == 0
        one = Individual(
            response_id=response_id, number=f"R{n:09}", area_id=villages[n * 7919 % len(villages)].id,
            role="confirmed" if confirmed else "close_contact", identified_at=found,
            notified_at=told if n % 20 else None, quarantined_at=apart if n % 10 else None,
            isolated_at=apart if confirmed else None, confirmed_at=case if confirmed else None,
            onset_on=(found - timedelta(days=dice.randrange(6))).date() if confirmed else None,
            quarantined_when_confirmed=n % 300 == 0 if confirmed else None,
        )  # fmt: skip
        records.append(one)
        cases += [one] if confirmed else []
        ended = n % 3 == 0
        plans.append(
            Plan(
                individual=one, area_id=one.area_id, setting="home", protocol="v3", exposure_on=today,
                started_at=found, ends_on=today, slots=["10:00", "18:00"], fever_tenths=373,
                state="ended" if ended else "running", outcome="released" if ended else "",
                ended_at=now - timedelta(minutes=dice.randrange(13 * 1440)) if ended else None,
                made=20, missed=n % 4, link_digest=f"{n:064}",
            )
        )  # fmt: skip
    Individual.objects.bulk_create(records, batch_size=2000)
    Plan.objects.bulk_create(plans, batch_size=2000)
    Contact.objects.bulk_create(
        [
            Contact(case=case, exposed=exposed, setting="meal", infector=True, listed_at=now)
            for case, exposed in itertools.pairwise(cases)
            if dice.random() < 0.6
        ]
    )


def pages() -> dict[str, Callable[[], object]]:
    """The board as the city, a county and a town see it."""
    from django.test import Client  # noqa: PLC0415

    from wangge.ground.accounts.models import Person  # noqa: PLC0415

    shown: dict[str, Callable[[], object]] = {}
    for name, role in (("city", "city_desk"), ("county", "county_desk"), ("town", "duty_desk")):
        client = Client()
        client.force_login(Person.objects.filter(holdings__post__role_id=role).order_by("username")[0])

        def show(client: Client = client) -> object:
            answer = client.get("/tracing")
            if answer.status_code != 200:
                raise SystemExit(f"the board answered {answer.status_code}")
            return answer

        shown[f"board, {name}"] = show
    return shown


def run(people: int, times: int) -> None:
    """Measure on the database of the environment."""
    from django.db import connection  # noqa: PLC0415

    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415

    now, response_id = read_clock(), response_current().id
    fill(response_id, range(100), people, now)
    small = {name: measured(show, times) for name, show in pages().items()}
    for start in range(100, people, 10_000):
        fill(response_id, range(start, min(start + 10_000, people)), people, now)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(f"{connection.vendor}, {people:,} people")
    for name, show in pages().items():
        p50, p95, queries = measured(show, times)
        print(
            f"  {name:<14} p50 {p50:6.1f} ms   p95 {p95:6.1f} ms   processor {spent(show, times):6.1f} ms   "
            f"{queries} queries   (with 100 people: {small[name][0]:.1f} ms; ratio {p50 / small[name][0]:.2f})"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--people", type=int, default=50_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
        django.setup()
        run(asked.people, asked.times)
    else:
        for database in asked.databases:
            with environment(database) as env:
                build_elsewhere(env)
                told = ["--here", "--people", str(asked.people), "--times", str(asked.times)]
                subprocess.run([sys.executable, "-m", "benchmarks.bench_tracing", *told], env=env, cwd=ROOT, check=True)

"""People under observation in numbers: records with running plans, and their checks of a fortnight.

    python -m benchmarks.observed PEOPLE      fills the database of the environment; their links are `secret_of(n)`

Nobody's name is there, so a page finds its vault rows missing, not its queries.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from uuid import UUID

import django

CHECKS = """
INSERT INTO observation_check (id, plan_id, day, slot, temperature_tenths, symptoms, source, observed_at, at)
SELECT {id}, plan.id, %(day)s, turn.slot, CASE WHEN {dice} < 2 THEN 378 ELSE 362 + {dice} %% 8 END, '[]', 'self',
    %(at)s, %(at)s
FROM observation_plan plan CROSS JOIN (SELECT 0 AS slot UNION ALL SELECT 1) AS turn
WHERE {dice} < 970 ON CONFLICT DO NOTHING
"""
# A new key, and a die of a thousand sides.
SPOKEN = {
    "postgresql": {"id": "gen_random_uuid()", "dice": "floor(random() * 1000)::int"},
    "sqlite": {"id": "lower(hex(randomblob(16)))", "dice": "abs(random() %% 1000)"},
}


def secret_of(number: int) -> str:
    """The secret of somebody's link, as long as a real one."""
    return f"link-{number:019}"


def fill(response_id: UUID, people: int, *, now: datetime, first: int = 0) -> None:
    """So many people with a running plan each, spread over the villages; a part missing, due and done."""
    from wangge.duties.observation import rules  # noqa: PLC0415 - models exist only after setup
    from wangge.duties.observation.models import Individual, Plan  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import LOCAL, local  # noqa: PLC0415
    from wangge.ground.kernel.secret import digest_of  # noqa: PLC0415

    villages, today, slots = tree().at_level("village"), local(now).date(), ["10:00", "18:00"]
    following = rules.next_due(now, slots, today + timedelta(days=9), LOCAL)
    tomorrow = rules.due_at(today + timedelta(days=1), slots[0], LOCAL)
    assert following
    for start in range(first, first + people, 5000):
        numbers = range(start, min(start + 5000, first + people))
        persons = [
            Individual(
                response_id=response_id,
                number=f"R{villages[n * 7919 % len(villages)].code}-B{n:06}",
                area_id=villages[n * 7919 % len(villages)].id,
                role="arrival",
                identified_at=now - timedelta(days=14),
            )
            for n in numbers
        ]
        Individual.objects.bulk_create(persons)
        due = {n: tomorrow if n % 2 else following[2] for n in numbers}
        Plan.objects.bulk_create(
            Plan(
                individual=person,
                area_id=person.area_id,
                setting="home",
                protocol="v3",
                exposure_on=today - timedelta(days=5),
                started_at=now - timedelta(days=14),
                ends_on=today + timedelta(days=9),
                slots=slots,
                fever_tenths=373,
                next_due_at=due[n],
                attend_at=now - timedelta(hours=1) if n % 20 == 0 else due[n],
                link_digest=digest_of(secret_of(n)),
            )
            for n, person in zip(numbers, persons, strict=True)
        )


def fill_checks(now: datetime, days: int = 14) -> int:
    """Two checks a day of everybody, a few of them missed and a few feverish; how many there are."""
    from django.db import connection  # noqa: PLC0415

    from wangge.ground.kernel.clock import local  # noqa: PLC0415

    with connection.cursor() as cursor:
        for back in range(1, days + 1):
            at = now - timedelta(days=back)
            cursor.execute(CHECKS.format(**SPOKEN[connection.vendor]), {"day": local(at).date(), "at": at})
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        cursor.execute("SELECT count(*) FROM observation_check")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
    django.setup()
    from wangge.ground.kernel.clock import now as read_clock
    from wangge.ground.responses.queries import response_current

    fill(response_current().id, int(sys.argv[1]), now=read_clock())

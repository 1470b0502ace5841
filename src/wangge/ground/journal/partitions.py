"""Monthly partitions of the journal on PostgreSQL; SQLite keeps one table and needs none of this."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def _months(now: datetime, ahead: int) -> list[datetime]:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = [first]
    for _ in range(ahead):
        last = months[-1]
        months.append(last.replace(year=last.year + last.month // 12, month=last.month % 12 + 1))
    return months


def partitions_ensure(*, now: datetime, ahead: int = 3) -> list[str]:
    """Make the partitions of this month and the next ones where they are missing; the names made.

    A month whose rows already fell into the catch-all partition stays there: it is found as
    quickly, and moving rows of an append-only table is not worth the lock.
    """
    if connection.vendor != "postgresql":
        return []
    made = []
    months = _months(now, ahead + 1)
    with connection.cursor() as cursor:
        for start, end in zip(months, months[1:], strict=False):
            name = f"journal_event_{start:%Y_%m}"
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
            if cursor.fetchone()[0]:
                continue
            cursor.execute("SELECT EXISTS (SELECT 1 FROM journal_event_rest WHERE at >= %s AND at < %s)", [start, end])
            if cursor.fetchone()[0]:
                continue
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF journal_event "
                f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
            )
            made.append(name)
    return made

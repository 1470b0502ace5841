"""Monthly partitions of the journal on PostgreSQL; SQLite keeps one table and needs none of this."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from itertools import pairwise

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from wangge.ground.journal import append_only

log = logging.getLogger(__name__)


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
    quickly, and moving rows of an append-only table is not worth the lock. A month that cannot be
    made within three seconds, because somebody reads for longer, is left for the next call.
    """
    if connection.vendor != "postgresql":
        return []
    months = _months(now, ahead + 1)
    spans = pairwise(months)
    return [name for start, end in spans if _made(name := f"journal_event_{start:%Y_%m}", start, end)]


def partitions_missing(*, now: datetime, ahead: int) -> list[str]:
    """The months from this one on whose events would fall into the catch-all partition for want of their own."""
    if connection.vendor != "postgresql":
        return []
    names = [f"journal_event_{month:%Y_%m}" for month in _months(now, ahead)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NULL", [names])
        return [row[0] for row in cursor.fetchall()]


def _made(name: str, start: datetime, end: datetime) -> bool:
    try:
        return _make(name, start, end)
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        log.warning("the journal is read for long; its partition %s is made later", name)
        return False


def _make(name: str, start: datetime, end: datetime) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if cursor.fetchone()[0]:
            return False
        # From here until the commit nobody writes, so neither another engine nor a row comes between look and make.
        # The strongest lock at once: one taken in two steps could meet a reader that goes on to write.
        cursor.execute("SET LOCAL lock_timeout = '3s'")
        cursor.execute("LOCK TABLE journal_event IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        made_meanwhile = cursor.fetchone()[0]
        cursor.execute("SELECT EXISTS (SELECT 1 FROM journal_event_rest WHERE at >= %s AND at < %s)", [start, end])
        if made_meanwhile or cursor.fetchone()[0]:
            return False
        cursor.execute(
            f"CREATE TABLE {name} PARTITION OF journal_event "
            f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        )
        append_only.guard_truncate(connection, name)
    return True

"""Whether the tables of the database are those of this version 结构更新."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from wangge.ground.kernel.problems import TablesOutdated


def tables_missing() -> int:
    """How many migrations the database lacks. Raises DatabaseError where it cannot be reached."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def tables_check() -> None:
    """Raise TablesOutdated where migrations are missing; a database that is away is waited for by whoever needs it."""
    try:
        missing = tables_missing()
    except DatabaseError:
        return
    if missing:
        raise TablesOutdated(missing=missing)

"""The guard of the journal in the database: no row is changed or removed, whoever asks.

Raised by the migration. It is lowered only to empty a test database.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

FUNCTION = """CREATE OR REPLACE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"""
RAISE = {
    "postgresql": [
        FUNCTION,
        """CREATE TRIGGER journal_event_no_change BEFORE UPDATE OR DELETE ON journal_event
           FOR EACH ROW EXECUTE FUNCTION journal_append_only()""",
    ],
    "sqlite": [
        """CREATE TRIGGER journal_event_no_update BEFORE UPDATE ON journal_event
           BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER journal_event_no_delete BEFORE DELETE ON journal_event
           BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        # REPLACE removes the row in its way without asking the triggers for deletions.
        """CREATE TRIGGER journal_event_no_replace BEFORE INSERT ON journal_event
           WHEN EXISTS (SELECT 1 FROM journal_event WHERE id = NEW.id)
           BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    ],
}
LOWER = {
    "postgresql": ["DROP TRIGGER journal_event_no_change ON journal_event"],
    "sqlite": [
        "DROP TRIGGER journal_event_no_update",
        "DROP TRIGGER journal_event_no_delete",
        "DROP TRIGGER journal_event_no_replace",
    ],
}
TABLES = "SELECT relid::regclass::text FROM pg_partition_tree('journal_event')"


def raise_(connection: BaseDatabaseWrapper) -> None:
    """Put the guard up."""
    _run(connection, RAISE)
    for table in _tables(connection):
        guard_truncate(connection, table)


def lower(connection: BaseDatabaseWrapper) -> None:
    """Take the guard down."""
    _run(connection, LOWER)
    for table in _tables(connection):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER IF EXISTS journal_event_no_truncate ON {table}")


def guard_truncate(connection: BaseDatabaseWrapper, table: str) -> None:
    """Guard one table of the journal on PostgreSQL; a partition does not inherit this from the whole."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE TRIGGER journal_event_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()"
        )


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The journal and its partitions, which exist on PostgreSQL only."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        return [row[0] for row in cursor.fetchall()]


def _run(connection: BaseDatabaseWrapper, statements: dict[str, list[str]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)

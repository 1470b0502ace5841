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
        """CREATE TRIGGER journal_event_no_truncate BEFORE TRUNCATE ON journal_event
           FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()""",
    ],
    "sqlite": [
        """CREATE TRIGGER journal_event_no_update BEFORE UPDATE ON journal_event
           BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
        """CREATE TRIGGER journal_event_no_delete BEFORE DELETE ON journal_event
           BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    ],
}
LOWER = {
    "postgresql": [
        "DROP TRIGGER journal_event_no_change ON journal_event",
        "DROP TRIGGER journal_event_no_truncate ON journal_event",
    ],
    "sqlite": ["DROP TRIGGER journal_event_no_update", "DROP TRIGGER journal_event_no_delete"],
}


def raise_(connection: BaseDatabaseWrapper) -> None:
    """Put the guard up."""
    _run(connection, RAISE)


def lower(connection: BaseDatabaseWrapper) -> None:
    """Take the guard down."""
    _run(connection, LOWER)


def _run(connection: BaseDatabaseWrapper, statements: dict[str, list[str]]) -> None:
    with connection.cursor() as cursor:
        for statement in statements[connection.vendor]:
            cursor.execute(statement)

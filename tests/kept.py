"""The database as the set-up of a test run left it, put back after every test that commits.

The city takes a second to build; putting its rows back takes some milliseconds. It also finds every test
the same database, whatever the tests before it have committed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from django.conf import settings
from django.db import connection, transaction

TABLES = """SELECT relname FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"""
# Rows go and come in any order and past the guard of the journal: neither foreign keys nor triggers look.
UNGUARDED = "SET LOCAL session_replication_role = replica"


def keep() -> None:
    """Remember the database as it is now."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(settings.DATA / "kept.sqlite3")) as kept:
            connection.connection.backup(kept)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for table in _tables("public"):
            cursor.execute(f'CREATE UNLOGGED TABLE kept."{table}" AS TABLE public."{table}"')


def put_back() -> None:
    """Make the database what it was when it was kept."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(settings.DATA / "kept.sqlite3")) as kept:
            kept.backup(connection.connection)
        return
    steps = [UNGUARDED]
    for table in _tables("kept"):
        steps += [f'DELETE FROM public."{table}"', f'INSERT INTO public."{table}" TABLE kept."{table}"']  # noqa: S608
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(steps))


def _tables(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [schema])
        return [name for (name,) in cursor.fetchall()]

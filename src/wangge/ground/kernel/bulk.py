"""Writing many rows at once: COPY on PostgreSQL, executemany on SQLite.

The hot doors write hundreds of rows a transaction; the ORM's statement building would cost more
than the database does. Values are given as Python objects in the order of the named fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg.types.json import Json


def _sqlite_value(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        # Django's SQLite backend keeps instants as naive UTC text; rows written here must compare equal.
        return str(connection.ops.adapt_datetimefield_value(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


def _postgres_value(value: Any) -> Any:
    return Json(value) if isinstance(value, dict | list) else value


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows into the model's table inside the caller's transaction."""
    columns = [model._meta.get_field(name).column or name for name in fields]  # type: ignore[union-attr]
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    if connection.vendor == "postgresql":
        # Django does not translate the errors of a COPY by itself; callers wait for an IntegrityError.
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row([_postgres_value(value) for value in row])
        return
    gaps = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({gaps})",  # noqa: S608 - names come from the model, not from input
            [[_sqlite_value(value) for value in row] for row in rows],
        )

"""Values and conditions for the statements that the ORM has no words for, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from wangge.ground.journal.readers import Position, beyond
from wangge.ground.kernel.bulk import bound


class Piece(NamedTuple):
    """A piece of a statement and its values."""

    sql: str
    values: list[Any]


def bound_all(values: Sequence[Any]) -> list[Any]:
    """Several values as parameters."""
    return [bound(value) for value in values]


def indexed(index: str) -> str:
    """Names the index to SQLite, whose planner knows nothing of how few events a position leaves."""
    return f"INDEXED BY {index}" if connection.vendor == "sqlite" else ""


def after(position: Position) -> Piece:
    """The condition that an event stands after a position of the journal, in words that either planner understands."""
    tx, _ = position
    return Piece(beyond("%s", "%s"), [*position] if connection.vendor == "postgresql" else [*position, tx])


def event_field(key: str) -> str:
    """A key of an event's data as JSON text, NULL where it is missing. Keys are codes, never input."""
    return f"(data->'{key}')::text" if connection.vendor == "postgresql" else f"(data -> '$.{key}')"


def event_sign_sql() -> str:
    """−1 for a counter-entry, 1 for everything else."""
    if connection.vendor == "postgresql":
        return "(CASE WHEN data->'sign' = '-1'::jsonb THEN -1 ELSE 1 END)"
    return "(CASE WHEN json_extract(data, '$.sign') = -1 THEN -1 ELSE 1 END)"


def event_quantity(code: str) -> str:
    """A quantity of an event as a whole number, 0 where there is none."""
    if connection.vendor == "postgresql":
        number = f"trunc((data->>'{code}')::numeric)::bigint"
        return f"(CASE WHEN jsonb_typeof(data->'{code}') = 'number' THEN {number} ELSE 0 END)"
    number = f"CAST(json_extract(data, '$.{code}') AS INTEGER)"
    return f"(CASE WHEN json_type(data, '$.{code}') IN ('integer', 'real') THEN {number} ELSE 0 END)"


def local_day(column: str) -> str:
    """The day of an instant on the wall clock of the city, as text 2020-02-05."""
    if connection.vendor == "postgresql":
        return f"to_char({column} AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"
    return f"date({column}, '+8 hours')"


def grain_start(grain: str, column: str) -> str:
    """Where the hour, day or month of an instant begins on the wall clock of the city, as the database keeps it."""
    if connection.vendor == "postgresql":
        return f"date_trunc('{grain}', {column}, 'Asia/Shanghai')"
    if grain == "hour":
        return f"(substr({column}, 1, 13) || ':00:00')"
    first = ", 'start of month'" if grain == "month" else ""
    return f"datetime(date({column}, '+8 hours'{first}), '-8 hours')"


def table_of(columns: Mapping[str, str]) -> str:
    """A SELECT of rows that are given as one value, a JSON text of objects with these columns, each of a type."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {type_}" for name, type_ in columns.items())
        return f"SELECT * FROM json_to_recordset(%s) AS t({typed})"  # noqa: S608 - names and types of columns
    fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"SELECT {fields} FROM json_each(%s)"  # noqa: S608 - names of columns

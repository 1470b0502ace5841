"""Values and conditions for the statements that the ORM has no words for, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from wangge.ground.kernel.bulk import bound


def bound_all(values: Sequence[Any]) -> list[Any]:
    """Several values as parameters."""
    return [bound(value) for value in values]


def indexed(index: str) -> str:
    """Names the index to SQLite, whose planner knows nothing of how few events a position leaves."""
    return f"INDEXED BY {index}" if connection.vendor == "sqlite" else ""


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

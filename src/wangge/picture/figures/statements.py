"""Values and conditions for the statements that the ORM has no words for, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


def bound(value: Any) -> Any:
    """A value as a parameter of a raw statement; SQLite keeps ids and instants as text."""
    if connection.vendor == "postgresql":
        return value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value


def bound_all(values: Sequence[Any]) -> list[Any]:
    """Several values as parameters."""
    return [bound(value) for value in values]


def gaps(count: int) -> str:
    """`%s, %s, …` for a list of parameters."""
    return ", ".join(["%s"] * count)

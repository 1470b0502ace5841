"""Writing many rows at once: COPY on PostgreSQL, executemany on SQLite.

The hot doors write hundreds of rows a transaction; the ORM's statement building would cost more
than the database does. Values are given as Python objects in the order of the named fields.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, models
from psycopg.types.json import Jsonb

FEW = 256  # rows of one table: so many go as one JSON text, more are worth a COPY


class _Target(NamedTuple):
    """What is known of a model's columns: the statement that fills them, and what reading them takes."""

    copy: str
    insert: str
    select: str
    uuids: tuple[int, ...]
    jsons: tuple[int, ...]
    columns: tuple[str, ...]
    insert_json: str


_waiting: ContextVar[list[tuple[_Target, list[Sequence[Any]]]] | None] = ContextVar("waiting", default=None)


@lru_cache(maxsize=64)
def _target(model: type[models.Model], fields: tuple[str, ...]) -> _Target:
    known = [model._meta.get_field(name) for name in fields]
    columns = [field.column or field.name for field in known]  # type: ignore[union-attr]
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    targets = [getattr(field, "target_field", field) for field in known]
    return _Target(
        # The names come from the model, not from input.
        copy=f"COPY {table} ({names}) FROM STDIN",
        insert=f"INSERT INTO {table} ({names}) VALUES {gaps(len(columns))}",  # noqa: S608
        select=f"SELECT {names} FROM {table} WHERE ",  # noqa: S608
        uuids=tuple(place for place, field in enumerate(targets) if isinstance(field, models.UUIDField)),
        jsons=tuple(place for place, field in enumerate(targets) if isinstance(field, models.JSONField)),
        columns=tuple(columns),
        insert_json=(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608
            f"FROM json_populate_recordset(NULL::{table}, %s)"
        ),
    )


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _sqlite_value(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is UUID:
        return value.hex
    if kind is datetime:
        # Django's SQLite backend keeps instants as naive UTC text; rows written here must compare equal.
        return str((value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None))
    return _json(value) if isinstance(value, dict | list) else value


def _postgres_value(value: Any) -> Any:
    return Jsonb(value, dumps=_json) if isinstance(value, dict | list) else value


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows into the model's table inside the caller's transaction."""
    target = _target(model, tuple(fields))
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.executemany(target.insert, [[_sqlite_value(value) for value in row] for row in rows])
        return
    waiting, kept = _waiting.get(), list(rows)
    if waiting is not None and len(kept) <= FEW:
        waiting.append((target, kept))
        return
    # Django does not translate the errors of a COPY by itself; callers wait for an IntegrityError.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(target.copy) as copy:
        for row in kept:
            copy.write_row([_postgres_value(value) for value in row])


def _bytes_in_json(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _rows_in_json(target: _Target, rows: Sequence[Sequence[Any]]) -> str:
    named = [dict(zip(target.columns, row, strict=True)) for row in rows]
    return orjson.dumps(named, default=_bytes_in_json).decode()


@contextmanager
def inserted_together() -> Iterator[None]:
    """What is inserted in here goes to PostgreSQL in one message at the end; a question in here does not see it.

    A batch of a few reports writes six tables: waiting for six answers costs more than the rows do.
    """
    if _waiting.get() is not None or connection.vendor != "postgresql":
        yield
        return
    waiting: list[tuple[_Target, list[Sequence[Any]]]] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    filled = [(target, rows) for target, rows in waiting if rows]
    if filled:
        statements = "; ".join(target.insert_json for target, _ in filled)
        with connection.cursor() as cursor:
            cursor.execute(statements, [_rows_in_json(target, rows) for target, rows in filled])


class Question(NamedTuple):
    """Which rows of a model's table are asked for: a condition in SQL, its gaps `%s` and the values for them.

    For the few questions that a hot door asks with every batch: there the ORM takes several times as
    long to make a statement as the database does to answer it.
    """

    model: type[models.Model]
    fields: tuple[str, ...]
    where: str = "1 = 1"
    values: Sequence[Any] = ()


def ask(*questions: Question) -> list[list[tuple[Any, ...]]]:
    """The rows for each question, ids and JSON as Python objects; to PostgreSQL it is one message."""
    targets = [_target(question.model, question.fields) for question in questions]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statements = "; ".join(target.select + one.where for target, one in zip(targets, questions, strict=True))
            cursor.execute(statements, [value for one in questions for value in one.values] or None)
            answers = [cursor.fetchall()]
            while cursor.nextset():
                answers.append(cursor.fetchall())
            return [[_read(row, target, ()) for row in rows] for rows, target in zip(answers, targets, strict=True)]
        answers = []
        for target, one in zip(targets, questions, strict=True):
            cursor.execute(target.select + one.where, [_sqlite_value(value) for value in one.values])
            answers.append([_read(row, target, target.uuids) for row in cursor.fetchall()])
        return answers


def select_rows(
    model: type[models.Model], fields: Sequence[str], where: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """The rows for one question."""
    return ask(Question(model, tuple(fields), where, values))[0]


def _read(row: tuple[Any, ...], target: _Target, uuids: tuple[int, ...]) -> tuple[Any, ...]:
    if not (target.jsons or uuids):
        return row
    values = list(row)
    for place in target.jsons:
        values[place] = orjson.loads(values[place]) if isinstance(values[place], str) else values[place]
    for place in uuids:
        values[place] = UUID(values[place]) if values[place] else None
    return tuple(values)


def one_of(column: str, values: Collection[Any]) -> tuple[str, list[Any]]:
    """The condition that a column holds one of these values, and what fills its gaps; one gap on PostgreSQL."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN {gaps(len(values))}", list(values)


def count_up(model: type[models.Model], keys: Sequence[str], column: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Add to counters, made where they are missing, in one statement: a row is the keys and what to add.

    The rows come back as the keys and the sums. They are given in an order that all callers share, so
    that two at once wait for each other instead of standing in each other's way.
    """
    target = _target(model, (*keys, column))
    table = connection.ops.quote_name(model._meta.db_table)
    known, total = ", ".join(target.columns[:-1]), target.columns[-1]
    ending = (
        f" ON CONFLICT ({known}) DO UPDATE SET {total} = {table}.{total} + excluded.{total} RETURNING {known}, {total}"
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(target.insert_json + ending, [_rows_in_json(target, rows)])
            return [_read(row, target, ()) for row in cursor.fetchall()]
        more = f", {gaps(len(target.columns))}" * (len(rows) - 1)
        cursor.execute(target.insert + more + ending, [_sqlite_value(value) for row in rows for value in row])
        return [_read(row, target, target.uuids) for row in cursor.fetchall()]


def bound(value: Any) -> Any:
    """A value as a parameter of a raw statement; SQLite keeps ids and instants as text."""
    return value if connection.vendor == "postgresql" else _sqlite_value(value)


def gaps(count: int) -> str:
    """Gaps for so many values of an IN condition: (%s, %s, …)."""
    return f"({', '.join(['%s'] * count)})"

"""Writing many rows at once: arrays to prepared statements or COPY on PostgreSQL, executemany on SQLite.

The hot doors write hundreds of rows a transaction; the ORM's statement building would cost more
than the database does. Values are given as Python objects in the order of the named fields.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

import orjson
import psycopg
from django.db import connection, models, transaction
from psycopg.pq import PipelineStatus

from wangge.ground.kernel.ids import BareId, bare_ids, new_id
from wangge.ground.kernel.wire import Array, ArrayDumper, Form, all_one, array, copied, form_of

COPIED = 100  # rows from which on COPY costs the database less, its two more messages counted in
ASKED = 500  # ids that SQLite is asked for at once
NEVER = 2**31  # executions after which psycopg would prepare a statement that nobody asked it to prepare


class _Target(NamedTuple):
    """What is known of a model's columns: the statements that fill them, and what reading them takes."""

    table: str
    insert: str
    insert_arrays: str
    select: str
    uuids: tuple[int, ...]
    jsons: tuple[int, ...]
    columns: tuple[str, ...]
    forms: tuple[Form, ...]


@lru_cache(maxsize=64)
def _target(model: type[models.Model], fields: tuple[str, ...]) -> _Target:
    known = [model._meta.get_field(name) for name in fields]
    columns = [field.column or field.name for field in known]  # type: ignore[union-attr]
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    targets = [getattr(field, "target_field", field) for field in known]
    forms = [form_of(cast("models.Field[Any, Any]", field)) for field in targets]
    return _Target(
        table=table,
        # The names come from the model, not from input.
        insert=f"INSERT INTO {table} ({names}) VALUES {gaps(len(columns))}",  # noqa: S608
        insert_arrays=(
            f"INSERT INTO {table} ({names}) "  # noqa: S608
            f"SELECT * FROM unnest({', '.join(f'%s::{form.type}[]' for form in forms)})"
        ),
        select=f"SELECT {names} FROM {table} WHERE ",  # noqa: S608
        uuids=tuple(place for place, field in enumerate(targets) if isinstance(field, models.UUIDField)),
        jsons=tuple(place for place, field in enumerate(targets) if isinstance(field, models.JSONField)),
        columns=tuple(columns),
        forms=tuple(forms),
    )


def _sqlite_value(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if kind is UUID or kind is BareId:
        return value.hex
    if kind is datetime:
        # Django's SQLite backend keeps instants as naive UTC text; rows written here must compare equal.
        return str((value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None))
    if kind is time:
        return str(value)
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


def _sqlite_values(column: Sequence[Any]) -> list[Any]:
    if all_one(column):
        return [_sqlite_value(column[0])] * len(column)
    return [_sqlite_value(value) for value in column]


def _raw() -> psycopg.Connection[Any]:
    connection.ensure_connection()
    return cast("psycopg.Connection[Any]", connection.connection)


def _sent(statement: str, values: Sequence[Any], prepare: bool = True) -> psycopg.Cursor[Any]:
    """Run a statement on PostgreSQL; prepared, it is parsed and planned once a connection, not once a batch."""
    raw = _raw()
    if raw.prepare_threshold != NEVER:  # a connection that is new here
        raw.prepare_threshold = NEVER  # Django forbids preparing; with a threshold it happens where it is asked for
        raw.adapters.register_dumper(Array, ArrayDumper)
    # Django does not translate the errors of a cursor that is not its own; callers wait for an IntegrityError.
    with connection.wrap_database_errors:
        return psycopg.Cursor(raw).execute(statement, values, prepare=prepare)


def _arrays(target: _Target, columns: Sequence[Sequence[Any]]) -> list[Array]:
    return [array(form, column) for form, column in zip(target.forms, columns, strict=True)]


def insert_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows into the model's table inside the caller's transaction; where no id is named, each gets one."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    if not columns:
        return
    if "id" not in fields and model._meta.pk.default is new_id:
        fields, columns = ("id", *fields), [bare_ids(len(columns[0])), *columns]
    target = _target(model, tuple(fields))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            values = [_sqlite_values(column) for column in columns]
            cursor.executemany(target.insert, list(zip(*values, strict=True)))
    elif len(columns[0]) >= COPIED and _raw().pgconn.pipeline_status == PipelineStatus.OFF:
        _copy(target, columns)
    else:
        _sent(target.insert_arrays, _arrays(target, columns))


def _copy(target: _Target, columns: Sequence[Sequence[Any]]) -> None:
    order, rows = copied(target.forms, columns)
    names = ", ".join(connection.ops.quote_name(target.columns[place]) for place in order)
    statement = f"COPY {target.table} ({names}) FROM STDIN (FORMAT BINARY)"
    with connection.wrap_database_errors, psycopg.Cursor(_raw()).copy(statement) as copy:
        copy.write(rows)


def update_rows(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Change rows inside the caller's transaction, each to values of its own: a row is an id and the new values.

    The caller has locked them, or nobody else changes these fields.
    """
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    if not columns:
        return
    target = _target(model, ("id", *fields))
    key, *names = map(connection.ops.quote_name, target.columns)
    if connection.vendor == "sqlite":
        sets = ", ".join(f"{name} = %s" for name in names)
        values = [_sqlite_values(column) for column in (*columns[1:], columns[0])]
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {target.table} SET {sets} WHERE {key} = %s",  # noqa: S608
                list(zip(*values, strict=True)),
            )
        return
    sets = ", ".join(f"{name} = new.{name}" for name in names)
    told = f"unnest({', '.join(f'%s::{form.type}[]' for form in target.forms)}) AS new ({key}, {', '.join(names)})"
    # Planned anew each time: a plan for few rows would be kept when there are many.
    _sent(
        f"UPDATE {target.table} SET {sets} FROM {told} WHERE {target.table}.{key} = new.{key}",  # noqa: S608
        _arrays(target, columns),
        prepare=False,
    )


@contextmanager
def in_few_messages(savepoint: bool = True, rows: int = 1) -> Iterator[None]:
    """A transaction whose statements are sent to PostgreSQL without waiting for the answer of each.

    Only a question waits, for its own answer and for those of everything before it; the end of the
    transaction travels with what was inserted last. An insertion that fails raises its error at the
    next question or at the end, and nothing of the transaction is kept. Inside another transaction it
    is a part of that one, with a savepoint or without, as `transaction.atomic` has it.

    So many `rows` that COPY is cheaper are sent by it, and COPY waits for each of its answers.
    """
    outermost = not connection.in_atomic_block
    if connection.vendor != "postgresql" or rows >= COPIED:
        with transaction.atomic(savepoint=savepoint):
            yield
        return
    with transaction.atomic(savepoint=savepoint), _pipeline():
        yield
        if outermost and not connection.needs_rollback:
            # Django's own commit at the end of `atomic` finds nothing left to do.
            _raw().commit()


@contextmanager
def _pipeline() -> Iterator[None]:
    raw = _raw()
    if raw.pgconn.pipeline_status != PipelineStatus.OFF:
        yield
        return
    with connection.wrap_database_errors, raw.pipeline() as pipeline:
        try:
            yield
        except BaseException:
            # What was sent behind a statement that failed is answered too, and says nothing new.
            with suppress(psycopg.Error):
                pipeline.sync()
            raise


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
    """The rows for each question, ids and JSON as Python objects; to PostgreSQL it is one message.

    Statements are prepared, so this is for tables that stay small: a plan made for a few rows is kept
    when there are many.
    """
    return _answers(questions, prepare=True)


def select_rows(
    model: type[models.Model], fields: Sequence[str], where: str, values: Sequence[Any] = ()
) -> list[tuple[Any, ...]]:
    """The rows for one question to a table that may grow; it is planned anew each time."""
    return _answers([Question(model, tuple(fields), where, values)], prepare=False)[0]


def _answers(questions: Sequence[Question], prepare: bool) -> list[list[tuple[Any, ...]]]:
    asked = [(_target(one.model, one.fields), one) for one in questions]
    if connection.vendor == "postgresql":
        with _pipeline() if len(questions) > 1 else nullcontext(), connection.wrap_database_errors:
            cursors = [_sent(target.select + one.where, one.values, prepare) for target, one in asked]
            found = [cursor.fetchall() for cursor in cursors]
        return [[_read(row, target, ()) for row in rows] for rows, (target, _) in zip(found, asked, strict=True)]
    answers = []
    with connection.cursor() as cursor:
        for target, one in asked:
            cursor.execute(target.select + one.where, [_sqlite_value(value) for value in one.values])
            answers.append([_read(row, target, target.uuids) for row in cursor.fetchall()])
    return answers


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


def insert_new(model: type[models.Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> set[Any]:
    """Insert the rows whose ids, the first of the fields, are not there yet; the ids of those that were inserted.

    They are given in an order that all callers share. Inside the caller's transaction: SQLite has one writer then.
    """
    if not rows:
        return set()
    target = _target(model, tuple(fields))
    if connection.vendor == "postgresql":
        ending = f" ON CONFLICT DO NOTHING RETURNING {target.columns[0]}"
        with connection.wrap_database_errors:
            told = _sent(target.insert_arrays + ending, _arrays(target, list(zip(*rows, strict=True))))
            return {row[0] for row in told.fetchall()}
    known: set[Any] = set()
    ids = [row[0] for row in rows]
    for start in range(0, len(ids), ASKED):
        where, values = one_of(target.columns[0], ids[start : start + ASKED])
        known.update(row[0] for row in select_rows(model, fields[:1], where, values))
    fresh = [row for row in rows if row[0] not in known]
    insert_rows(model, fields, fresh)
    return {row[0] for row in fresh}


def count_up(
    model: type[models.Model], keys: Sequence[str], column: str | Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[Any]:
    """Add to counters, made where they are missing, in one statement: a row is the keys and what to add.

    The rows come back as the keys and the sums. They are given in an order that all callers share, so
    that two at once wait for each other instead of standing in each other's way.
    """
    target = _target(model, (*keys, column) if isinstance(column, str) else (*keys, *column))
    table = connection.ops.quote_name(model._meta.db_table)
    known, totals = ", ".join(target.columns[: len(keys)]), target.columns[len(keys) :]
    sums = ", ".join(f"{total} = {table}.{total} + excluded.{total}" for total in totals)
    ending = f" ON CONFLICT ({known}) DO UPDATE SET {sums} RETURNING {known}, {', '.join(totals)}"
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            return _sent(target.insert_arrays + ending, _arrays(target, list(zip(*rows, strict=True)))).fetchall()
    more = f", {gaps(len(target.columns))}" * (len(rows) - 1)
    with connection.cursor() as cursor:
        cursor.execute(target.insert + more + ending, [_sqlite_value(value) for row in rows for value in row])
        return [_read(row, target, target.uuids) for row in cursor.fetchall()]


def bound(value: Any) -> Any:
    """A value as a parameter of a raw statement; SQLite keeps ids and instants as text."""
    return value if connection.vendor == "postgresql" else _sqlite_value(value)


def gaps(count: int) -> str:
    """Gaps for so many values of an IN condition: (%s, %s, …)."""
    return f"({', '.join(['%s'] * count)})"

"""Values in PostgreSQL's binary forms, whole columns at once: sent as an array each, or as the rows of COPY.

An element of an array, like a field of COPY, is four bytes of length (-1 for NULL) and the value. Made here column by
column, they cost the client a third of what a driver takes that meets every value for itself, and
the server has no text to read.
Source: the functions array_recv, uuid_recv, timestamptz_recv and so on of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain, repeat
from struct import Struct, error
from typing import Any, NamedTuple

import orjson
from django.db import DataError, models
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

Column = Sequence[Any]
Fields = list[bytes]

COPY_HEAD, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
EPOCH, FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)
_length = Struct("!i").pack
_uuid_head = _length(16)
_truths = {True: b"\x00\x00\x00\x01\x01", False: b"\x00\x00\x00\x01\x00", None: NULL}


def _uuids(column: Column) -> Fields:
    return [NULL if value is None else _uuid_head + value.bytes for value in column]


def _sized(value: bytes) -> bytes:
    return _length(len(value)) + value


def _texts(column: Column) -> Fields:
    return [NULL if value is None else _sized(value.encode()) for value in column]


def _raws(column: Column) -> Fields:
    return [NULL if value is None else _length(len(value)) + value for value in column]


def _jsons(column: Column) -> Fields:
    return [NULL if value is None else _sized(b"\x01" + orjson.dumps(value)) for value in column]


def _booleans(column: Column) -> Fields:
    return [_truths[value] for value in column]


def _packed(form: str) -> Callable[[Column], Fields]:
    packed = Struct(f"!i{form}")
    pack, size = packed.pack, packed.size - 4
    return lambda column: [NULL if value is None else pack(size, value) for value in column]


_longs = _packed("q")
_days_packed = _packed("i")


def _instants(column: Column) -> Fields:
    return _longs([None if value is None else (value - EPOCH) // MICROSECOND for value in column])


def _days(column: Column) -> Fields:
    return _days_packed([None if value is None else date.toordinal(value) - FIRST_DAY for value in column])


def _times(column: Column) -> Fields:
    return _longs(
        [None if one is None else (datetime.combine(EPOCH, one, UTC) - EPOCH) // MICROSECOND for one in column]
    )


class Form(NamedTuple):
    """How the values of a column are written, and the type and number PostgreSQL knows their type by."""

    fields: Callable[[Column], Fields]
    type: str
    oid: int


_small, _whole, _long = Form(_packed("h"), "int2", 21), Form(_packed("i"), "int4", 23), Form(_longs, "int8", 20)
FORMS: dict[type[models.Field[Any, Any]], Form] = {
    models.UUIDField: Form(_uuids, "uuid", 2950),
    models.CharField: Form(_texts, "varchar", 1043),
    models.TextField: Form(_texts, "text", 25),
    models.JSONField: Form(_jsons, "jsonb", 3802),
    models.BinaryField: Form(_raws, "bytea", 17),
    models.BooleanField: Form(_booleans, "bool", 16),
    models.DateTimeField: Form(_instants, "timestamptz", 1184),
    models.DateField: Form(_days, "date", 1082),
    models.TimeField: Form(_times, "time", 1083),
    models.FloatField: Form(_packed("d"), "float8", 701),
    models.SmallIntegerField: _small,
    models.PositiveSmallIntegerField: _small,
    models.IntegerField: _whole,
    models.PositiveIntegerField: _whole,
    models.AutoField: _whole,
    models.BigIntegerField: _long,
    models.BigAutoField: _long,
}


def form_of(field: models.Field[Any, Any]) -> Form:
    """The form of a model's field; that of a foreign key is its target's. Raises TypeError for a type not known."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    for kind in type(field).__mro__:
        if kind in FORMS:
            return FORMS[kind]
    raise TypeError(f"{type(field).__name__} has no binary form")


def all_one(column: Column) -> bool:
    """Whether a column holds one and the same object: a state, an instant, the response; in a batch most do."""
    first = column[0]
    return column[-1] is first and all(value is first for value in column)


def fields_of(form: Form, column: Column) -> Fields:
    """The column's values in their form. Raises DataError for one that the type cannot hold."""
    try:
        return form.fields(column[:1]) * len(column) if all_one(column) else form.fields(column)
    except (error, OverflowError) as wrong:
        raise DataError(str(wrong)) from None


def copied(forms: Sequence[Form], columns: Sequence[Column]) -> tuple[list[int], bytes]:
    """Columns as rows for COPY in its binary form, and the order in which a row has them.

    What all rows have alike comes first, as one piece that is made once.
    """
    alike = [place for place, column in enumerate(columns) if all_one(column)]
    order = alike + [place for place in range(len(columns)) if place not in alike]
    made = [fields_of(forms[place], columns[place][:1] if place in alike else columns[place]) for place in order]
    start = _columns(len(columns)) + b"".join(first for [first] in made[: len(alike)])
    rows = zip(repeat(start, len(columns[0])), *made[len(alike) :], strict=True)
    return order, b"".join((COPY_HEAD, *chain.from_iterable(rows), COPY_END))


class Array(NamedTuple):
    """A column in the binary form of a one-dimensional array, ready to be sent."""

    sent: bytes


def array(form: Form, column: Column) -> Array:
    """A column as an array; it has at least one value."""
    return Array(b"".join((_array_head(1, 1, form.oid, len(column), 1), *fields_of(form, column))))


_columns = Struct("!h").pack
_array_head = Struct("!iiIii").pack


class ArrayDumper(Dumper):
    """Hands an array on as it is; the statement says of which type."""

    format = Format.BINARY

    def dump(self, obj: Array) -> Buffer:
        return obj.sent

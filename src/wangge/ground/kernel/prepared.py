"""Questions to the database that are written once, as the ORM writes them, and asked again and again.

For the steps that every matter and every message goes through: making the statement anew each time
costs several times what the database needs to answer it. The question stays an ordinary queryset;
only where its values go are gaps, filled at each asking.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models import Expression, Field, Lookup, QuerySet
from django.db.models.query import FlatValuesListIterable, ModelIterable, ValuesListIterable

from wangge.ground.kernel.bulk import bound

Values = ParamSpec("Values")
Row = TypeVar("Row")


class Gap(Expression):
    """Where a value goes that is given at each asking."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)


@Field.register_lookup
@models.ForeignObject.register_lookup
class Among(Lookup):
    """`column__among=values`: IN, with one gap for however many values."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, values = self.process_lhs(compiler, connection)
        gap, many = compiler.compile(self.rhs)
        form = "{} = ANY({})" if connection.vendor == "postgresql" else "{} IN (SELECT value FROM json_each({}))"
        return form.format(column, gap), [*values, *many]


class _Statement(NamedTuple):
    sql: str
    values: tuple[Any, ...]
    converters: list[tuple[int, list[Any], Any]]
    made: Callable[[Sequence[Any]], Any]


def prepared(question: Callable[Values, QuerySet[Any, Row]]) -> Callable[Values, list[Row]]:
    """Ask the question that a function writes as a queryset: models, tuples or single columns.

    The function is called once with gaps for its arguments, all of them positional; it may hand them
    to filters only, and uses `__among` where there are many values. select_related is not for here.
    """
    known: dict[str, _Statement] = {}
    with_gaps = cast(Callable[..., QuerySet[Any, Row]], question)

    @wraps(question)
    def ask(*values: Values.args, **named: Values.kwargs) -> list[Row]:
        vendor = connection.vendor
        if vendor not in known:
            known[vendor] = _written(with_gaps(*(Gap(place) for place in range(len(values)))))
        statement = known[vendor]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, filled(statement.values, values))
            rows = cursor.fetchall()
        return [statement.made(_converted(row, statement)) for row in rows]

    return ask


def filled(values: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """The values of a statement, each gap among them filled with the one that is given for its place."""
    return [_value(given[one.place]) if type(one) is Gap else one for one in values]


def _written(asked: QuerySet[Any, Any]) -> _Statement:
    compiler = asked.query.get_compiler(using=DEFAULT_DB_ALIAS)
    sql, values = compiler.as_sql()
    shown = [column[0] for column in compiler.select]
    found = compiler.get_converters(shown)
    converters = [(place, functions, column) for place, (functions, column) in found.items()]
    return _Statement(sql, tuple(values), converters, _maker(asked, shown))


def _maker(asked: QuerySet[Any, Any], shown: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    kind = asked._iterable_class
    if kind is ModelIterable and not asked.query.select_related:
        names = [column.target.attname for column in shown]
        model = asked.model
        return lambda row: model.from_db(DEFAULT_DB_ALIAS, names, row)
    if kind is FlatValuesListIterable:
        return lambda row: row[0]
    if kind is ValuesListIterable:
        return tuple
    raise TypeError(f"{asked.model.__name__}: only models, values_list and flat ones are prepared")


def _value(value: Any) -> Any:
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        many = [bound(one) for one in value]
        return many if connection.vendor == "postgresql" else bound(many)
    return bound(value)


def _converted(row: Sequence[Any], statement: _Statement) -> Sequence[Any]:
    if not statement.converters:
        return row
    values = list(row)
    for place, functions, column in statement.converters:
        value = values[place]
        for function in functions:
            value = function(value, column, connection)
        values[place] = value
    return values


def change_rows(model: type[models.Model], where: Mapping[str, Any], changes: Mapping[str, Any]) -> int:
    """Compare and set: change the rows whose fields have exactly these values (None: nothing); how many there were."""
    sql, keys, news = _change(connection.vendor, model, tuple(changes), tuple((k, v is None) for k, v in where.items()))
    values = [field.get_db_prep_save(changes[name], connection) for name, field in news]
    values += [field.get_db_prep_value(where[name], connection) for name, field in keys]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def change_seen(row: models.Model, version: int, changes: Mapping[str, Any]) -> bool:
    """Change a row where it still stands at the version that somebody saw; False where somebody was faster."""
    news = {**changes, "version": version + 1}
    if change_rows(type(row), {"id": row.pk, "version": version}, news) != 1:
        return False
    for name, value in news.items():
        setattr(row, name, value)
    return True


_Fields = list[tuple[str, Any]]


@lru_cache(maxsize=256)
def _change(
    vendor: str, model: type[models.Model], changes: tuple[str, ...], where: tuple[tuple[str, bool], ...]
) -> tuple[str, _Fields, _Fields]:
    quote = connection.ops.quote_name

    def field(name: str) -> Any:
        return model._meta.get_field(name)

    news = [(name, field(name)) for name in changes]
    keys = [(name, field(name)) for name, empty in where if not empty]
    sets = ", ".join(f"{quote(one.column)} = %s" for _, one in news)
    conditions = [f"{quote(one.column)} = %s" for _, one in keys]
    conditions += [f"{quote(field(name).column)} IS NULL" for name, empty in where if empty]
    # The names come from the model, not from input.
    return f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {' AND '.join(conditions)}", keys, news  # noqa: S608

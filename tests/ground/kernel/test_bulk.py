"""Rows written in bulk are the rows the ORM would have written, on either database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, models, transaction
from django.db.models import Q

from wangge.ground.kernel.bulk import count_up, in_few_messages, insert_rows, select_rows, update_rows
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.ids import new_id


class Everything(models.Model):
    """One field of every type that rows written in bulk have."""

    id = models.UUIDField(primary_key=True, default=new_id)
    upper = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    char = models.CharField(max_length=40, null=True)
    text = models.TextField(null=True)
    small = models.PositiveSmallIntegerField(null=True)
    big = models.BigIntegerField(null=True)
    real = models.FloatField(null=True)
    truth = models.BooleanField(null=True)
    day = models.DateField(null=True)
    hour = models.TimeField(null=True)
    instant = models.DateTimeField(null=True)
    raw = models.BinaryField(null=True)
    json = models.JSONField(null=True)
    other = models.UUIDField(null=True)

    class Meta:
        app_label = "tests_of_bulk"
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(small=13), name="never_thirteen")]


FIELDS = [field.name for field in Everything._meta.fields if field.name != "id"]
FULL: dict[str, Any] = {
    "char": "网格 “40 个字符”\t\\N\n' %s {}",
    "text": "",
    "small": 32767,
    "big": -(2**63),
    "real": 0.1,
    "truth": True,
    "day": date(2020, 2, 5),
    "hour": time(21, 30, 0, 123456),
    "instant": datetime(2020, 2, 5, 21, 30, 0, 123456, tzinfo=LOCAL),
    "raw": bytes(range(256)),
    "json": {"区": ["桥东", 1, 2.5, None, True], "深": {"a": "b\\u0000\\"}},
    "other": UUID(int=2**128 - 1),
}
VARIANTS: list[dict[str, Any]] = [
    FULL,
    dict.fromkeys(FULL),
    {**FULL, "truth": False, "instant": datetime(1950, 1, 1, tzinfo=UTC), "raw": b"", "json": {}, "char": "\\."},
    {
        **FULL,
        "json": [],
        "raw": b"\\x00",
        "real": -1e300,
        "small": 0,
        "instant": datetime(2020, 2, 5, tzinfo=UTC),
        "hour": time(0),
    },
    {**FULL, "json": [{}, "", 0, {"a": None}], "text": "null", "char": '{"a": 1}', "day": date(1949, 10, 1)},
]


@pytest.fixture
def everything(transactional_db: None) -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(Everything)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Everything)


def column_of(name: str) -> str:
    column = Everything._meta.get_field(name).column  # type: ignore[union-attr]
    assert column
    return column


def kept(row: int) -> dict[str, Any]:
    """What the database itself holds, without Django's readers between."""
    names = ", ".join(connection.ops.quote_name(column_of(name)) for name in FIELDS)
    table = connection.ops.quote_name(Everything._meta.db_table)
    key = Everything._meta.pk.get_db_prep_value(UUID(int=row), connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {table} WHERE id = %s", [key])  # noqa: S608 - names of the model
        found = cursor.fetchone()
    values = dict(zip(FIELDS, found, strict=True))
    values["raw"] = None if values["raw"] is None else bytes(values["raw"])
    if values["json"] is not None:  # text, whose spaces and escapes may differ
        values["json"] = json.dumps(json.loads(values["json"]), sort_keys=True)
    return values


def ways() -> dict[str, tuple[int, AbstractContextManager[None]]]:
    """How rows reach the database: how often the variants are repeated, and whether rows of several tables wait."""
    return {"few": (1, nullcontext()), "many": (256, nullcontext()), "unanswered": (1, in_few_messages())}


@pytest.mark.parametrize("way", ["few", "many", "unanswered"])
def test_every_type_of_field_is_kept_as_the_orm_keeps_it(everything: None, way: str) -> None:
    times, context = ways()[way]
    for number, values in enumerate(VARIANTS):
        Everything._default_manager.create(id=UUID(int=number), **values)
    names = [name for name in FIELDS if name != "upper"]
    rows = [[values[name] for name in names] for values in VARIANTS * times]
    with transaction.atomic(), context:
        insert_rows(Everything, ["id", *names], [[UUID(int=1000 + place), *row] for place, row in enumerate(rows)])
    assert Everything._default_manager.count() == len(VARIANTS) * (times + 1)
    for number in range(len(VARIANTS)):
        assert kept(1000 + number) == kept(number)


@pytest.mark.parametrize("value", [timedelta(1), object()], ids=lambda value: type(value).__name__)
def test_a_value_of_a_type_that_is_not_known_is_refused_aloud(everything: None, value: object) -> None:
    with pytest.raises((DatabaseError, TypeError)), in_few_messages():
        insert_rows(Everything, ["id", "day"], [[UUID(int=1), value]])
    assert not Everything._default_manager.exists()


def test_rows_that_wait_are_lost_with_the_work_that_failed(everything: None) -> None:
    with pytest.raises(RuntimeError), in_few_messages():
        insert_rows(Everything, ["id"], [[UUID(int=1)]])
        raise RuntimeError
    assert not Everything._default_manager.exists()
    insert_rows(Everything, ["id"], [[UUID(int=2)]])  # nothing waits any more
    assert Everything._default_manager.count() == 1


def test_what_waits_is_refused_like_anything_else(everything: None) -> None:
    with pytest.raises(IntegrityError), in_few_messages():
        insert_rows(Everything, ["id", "small"], [[UUID(int=1), 13]])
    assert not Everything._default_manager.exists()


def test_rows_refer_to_others_by_their_key(everything: None) -> None:
    insert_rows(Everything, ["id", "upper"], [[UUID(int=1), None], [UUID(int=2), UUID(int=1)]])
    assert Everything._default_manager.filter(upper_id=UUID(int=1)).get().pk == UUID(int=2)


def test_what_a_constraint_refuses_is_an_integrity_error_and_nothing_is_kept(everything: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Everything, ["id", "small"], [[UUID(int=1), 12], [UUID(int=2), 13]])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Everything, ["id"], [[UUID(int=1)], [UUID(int=1)]])
    assert not Everything._default_manager.exists()


def test_of_many_rows_one_refused_keeps_all_out_and_the_connection_is_fit_for_more(everything: None) -> None:
    rows = [[UUID(int=number), 12 + number // 299] for number in range(300)]
    with pytest.raises(IntegrityError), in_few_messages(rows=300):
        insert_rows(Everything, ["id", "small"], rows)
    rows[299] = [UUID(int=298), 12]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Everything, ["id", "small"], rows)
    assert not Everything._default_manager.exists()
    with in_few_messages(rows=299):
        insert_rows(Everything, ["id", "small"], rows[:299])
    assert Everything._default_manager.filter(small=12).count() == 299


@pytest.mark.parametrize("count", [2, 200])
def test_a_row_that_names_no_id_gets_one(everything: None, count: int) -> None:
    insert_rows(Everything, ["small"], [[1]] * count)
    kept_ids = list(Everything._default_manager.order_by("id").values_list("id", flat=True))
    assert len(set(kept_ids)) == count
    assert {key.version for key in kept_ids} == {7}


@pytest.mark.parametrize("times", [1, 256])
def test_rows_are_changed_each_to_values_of_its_own(everything: None, times: int) -> None:
    names = [name for name in FIELDS if name != "upper"]
    for number, values in enumerate(VARIANTS):
        Everything._default_manager.create(id=UUID(int=number), **values)
    insert_rows(
        Everything, ["id", "small"], [[UUID(int=1000 + place), 7] for place in range(len(VARIANTS) * times + 1)]
    )
    rows = [[UUID(int=1000 + place), *map(values.get, names)] for place, values in enumerate(VARIANTS * times)]
    with transaction.atomic():
        update_rows(Everything, names, [*rows, [UUID(int=999), *map(FULL.get, names)]])  # nobody has the last id
    for number in range(len(VARIANTS)):
        assert kept(1000 + number) == kept(number)
    assert kept(1000 + len(rows)) == kept(1000 + len(rows)) | {"small": 7, "char": None}, "another row stays"
    assert Everything._default_manager.count() == len(VARIANTS) + len(rows) + 1


def test_a_change_that_a_constraint_refuses_changes_nothing(everything: None) -> None:
    insert_rows(Everything, ["id", "small"], [[UUID(int=1), 1], [UUID(int=2), 2]])
    with pytest.raises(IntegrityError), transaction.atomic():
        update_rows(Everything, ["small"], [[UUID(int=1), 12], [UUID(int=2), 13]])
    assert sorted(Everything._default_manager.values_list("small", flat=True)) == [1, 2]


def test_no_rows_are_no_error(everything: None) -> None:
    insert_rows(Everything, ["id"], [])
    update_rows(Everything, ["small"], [])
    assert not Everything._default_manager.exists()


def test_rows_of_a_transaction_rolled_back_are_gone(everything: None) -> None:
    with transaction.atomic():
        insert_rows(Everything, ["id"], [[UUID(int=1)]])
        transaction.set_rollback(True)
    assert not Everything._default_manager.exists()


def test_what_was_sent_without_waiting_is_kept_and_seen_by_others(everything: None) -> None:
    with in_few_messages():
        insert_rows(Everything, ["id", "small"], [[UUID(int=1), 1]])
        assert select_rows(Everything, ["small"], "small = %s", [1]) == [(1,)]
        insert_rows(Everything, ["id", "small"], [[UUID(int=2), 2]])
    connection.close()
    assert Everything._default_manager.count() == 2


def test_a_failure_among_what_was_sent_leaves_the_connection_fit_for_more(everything: None) -> None:
    for _ in range(3):
        with pytest.raises(IntegrityError), in_few_messages():
            insert_rows(Everything, ["id", "small"], [[UUID(int=1), 13]])
            insert_rows(Everything, ["id", "small"], [[UUID(int=2), 12]])
        assert select_rows(Everything, ["id"], "1 = 1") == []
    with in_few_messages():
        insert_rows(Everything, ["id"], [[UUID(int=3)]])
    assert Everything._default_manager.count() == 1


def test_a_part_of_another_transaction_fails_alone(everything: None) -> None:
    with transaction.atomic():
        insert_rows(Everything, ["id"], [[UUID(int=1)]])
        with pytest.raises(IntegrityError), in_few_messages():
            insert_rows(Everything, ["id", "small"], [[UUID(int=2), 13]])
        with in_few_messages():
            insert_rows(Everything, ["id"], [[UUID(int=3)]])
    assert set(Everything._default_manager.values_list("id", flat=True)) == {UUID(int=1), UUID(int=3)}


def test_a_transaction_marked_to_be_rolled_back_is_not_committed(everything: None) -> None:
    with in_few_messages():
        insert_rows(Everything, ["id"], [[UUID(int=1)]])
        transaction.set_rollback(True)
    assert not Everything._default_manager.exists()


def test_a_value_too_large_for_its_column_is_refused(everything: None) -> None:
    if connection.vendor == "postgresql":  # SQLite's integers are all of one size
        with pytest.raises(DataError), in_few_messages():
            insert_rows(Everything, ["id", "small"], [[UUID(int=1), 2**15]])
    assert not Everything._default_manager.exists()


def test_counters_are_made_and_raised_in_one_statement(everything: None) -> None:
    insert_rows(Everything, ["id", "big"], [[UUID(int=1), 5]])
    rows = [(UUID(int=1), 2), (UUID(int=2), 3)]
    assert sorted(count_up(Everything, ("id",), "big", rows)) == [(UUID(int=1), 7), (UUID(int=2), 3)]

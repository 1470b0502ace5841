"""The reader that keeps figures added up as events come in.

Each event adds to its area and to every area that covers it, by day and by hour. What a batch adds
is summed in memory first and written in statements of 500 rows, in the transaction that moves the
cursor, so that rollups and cursor always tell of the same events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from wangge.ground.areas.queries import covered_pairs
from wangge.ground.areas.tree import AreaTree, forget, tree, version
from wangge.ground.journal.readers import Event, Reader
from wangge.ground.kernel.bulk import bound, gaps
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Rollup, RollupState
from wangge.picture.figures.rules import Plan, day_start, hour_start, plan_of_pack

Bucket = tuple[UUID, UUID, str, datetime, str]  # response, area, grain, start, figure
ROWS_AT_ONCE = 500
TABLE = Rollup._meta.db_table
KEY = "response_id, area_id, grain, start, figure"
COLUMNS = "value, rows, own, own_rows"
TYPES = ("uuid", "uuid", "text", "timestamptz", "text", "bigint", "bigint", "bigint", "bigint")


@lru_cache(maxsize=16)
def plan_by_pack(pack_id: UUID) -> Plan:
    """The plan of a loaded pack version, which never changes."""
    return plan_of_pack(pack_by_id(pack_id))


class _Plans:
    """The plans of the responses met in one batch, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[UUID, Plan | None] = {}

    def of(self, response_id: UUID) -> Plan | None:
        if response_id not in self._known:
            try:
                self._known[response_id] = plan_by_pack(response_by_id(response_id).pack_id)
            except NotFound:
                self._known[response_id] = None
        return self._known[response_id]


class Added(NamedTuple):
    """What is added to one bucket: see the columns of `Rollup`."""

    value: int = 0
    rows: int = 0
    own: int = 0
    own_rows: int = 0


def added_by(events: Iterable[Event]) -> dict[Bucket, Added]:
    """What events add, by bucket. Exercises and events without area or response add nothing."""
    added: dict[Bucket, Added] = {}
    plans, areas = _Plans(), tree()
    for event in events:
        area_id, response_id = event.area_id, event.response_id
        if event.exercise or area_id is None or response_id is None:
            continue
        plan = plans.of(response_id)
        if plan is None or event.type not in plan.sources:
            continue
        if area_id not in areas:
            forget()  # made less than a second ago, after this process last looked
            areas = tree()
        upper = areas.superiors(area_id) if area_id in areas else {area_id: 0}
        _add(added, event, plan, upper, areas)
    return added


def _add(added: dict[Bucket, Added], event: Event, plan: Plan, upper: dict[UUID, int], areas: AreaTree) -> None:
    assert event.response_id is not None

    def within(code: str) -> bool:
        node = areas.by_code(code)
        return node is not None and node.id in upper

    starts = (("day", day_start(event.at)), ("hour", hour_start(event.at)))
    for figure, weight in plan.contributions(event.type, event.data, within).items():
        for grain, start in starts:
            for area_id in upper:
                bucket = (event.response_id, area_id, grain, start, figure)
                value, rows, own, own_rows = added.get(bucket, Added())
                here = area_id == event.area_id
                added[bucket] = Added(value + weight, rows + 1, own + weight * here, own_rows + here)


def write_added(added: dict[Bucket, Added]) -> None:
    """Add to the rollups; in order of key, so that two writers cannot deadlock."""
    buckets = sorted(added)
    sums = ", ".join(f"{column} = {TABLE}.{column} + excluded.{column}" for column in Added._fields)
    with connection.cursor() as cursor:
        for at in range(0, len(buckets), ROWS_AT_ONCE):
            part = [(*bucket, *added[bucket]) for bucket in buckets[at : at + ROWS_AT_ONCE]]
            source, values = _source(part)
            cursor.execute(
                f"INSERT INTO {TABLE} ({KEY}, {COLUMNS}) {source} ON CONFLICT ({KEY}) DO UPDATE SET {sums}",
                values,
            )


def _source(rows: list[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    """Rows for an INSERT: arrays, one a column, on PostgreSQL, where thousands of parameters are slow to place."""
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{type_}[]" for type_ in TYPES)
        return f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]  # noqa: S608
    return "VALUES " + ", ".join([gaps(9)] * len(rows)), [bound(item) for row in rows for item in row]


def cover_again() -> None:
    """Add up `value` and `rows` anew from `own` and `own_rows`, after a change of areas."""
    pairs, values = covered_pairs().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE own_rows = 0")  # noqa: S608 - the name is the model's
        cursor.execute(
            f"INSERT INTO {TABLE} ({KEY}, {COLUMNS}) "  # noqa: S608 - the names are the models'
            f"SELECT r.response_id, c.ancestor_id, r.grain, r.start, r.figure, SUM(r.own), SUM(r.own_rows), 0, 0 "
            f"FROM {TABLE} r JOIN ({pairs}) c ON c.area_id = r.area_id WHERE r.own_rows > 0 "
            f"GROUP BY r.response_id, c.ancestor_id, r.grain, r.start, r.figure "
            f"ON CONFLICT ({KEY}) DO UPDATE SET value = excluded.value, rows = excluded.rows",
            values,
        )


def follow_areas() -> None:
    """Bring the rollups to the areas that this process sees, if they were added up by others."""
    tree()
    seen = version()
    state = RollupState.objects.filter(id=1).values_list("areas_version", flat=True).first()
    if state == seen:
        return
    if state is not None:
        cover_again()
    RollupState.objects.update_or_create(id=1, defaults={"areas_version": seen})


def roll(events: list[Event], now: datetime) -> None:
    """Add a batch of events to the rollups; called by the reader in its transaction."""
    follow_areas()
    write_added(added_by(events))


FIGURES_READER = Reader("figures", roll, batch=2000)

"""The reader that keeps figures added up as events come in.

Each event adds to its area and to every area that covers it, by day and by hour. What a batch adds
is summed in memory first and written in statements of 500 rows, in the transaction that moves the
cursor, so that rollups and cursor always tell of the same events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from wangge.ground.areas.queries import covered_pairs
from wangge.ground.areas.tree import AreaTree, forget, tree, version
from wangge.ground.journal.readers import Reader
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.models import Rollup, RollupState
from wangge.picture.figures.rules import Plan, day_start, hour_start, plan_of_pack
from wangge.picture.figures.statements import bound, gaps

if TYPE_CHECKING:
    from wangge.ground.journal.models import Event

Bucket = tuple[UUID, UUID, str, datetime, str]  # response, area, grain, start, figure
ROWS_AT_ONCE = 500


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


def added_by(events: Iterable[Event]) -> tuple[Counter[Bucket], Counter[Bucket]]:
    """What events add: (value, own) by bucket. Exercises and events without area or response add nothing."""
    value: Counter[Bucket] = Counter()
    own: Counter[Bucket] = Counter()
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
        _add(value, own, event, plan, upper, areas)
    return value, own


def _add(
    value: Counter[Bucket], own: Counter[Bucket], event: Event, plan: Plan, upper: dict[UUID, int], areas: AreaTree
) -> None:
    assert event.response_id is not None and event.area_id is not None

    def within(code: str) -> bool:
        node = areas.by_code(code)
        return node is not None and node.id in upper

    for figure, weight in plan.contributions(event.type, event.data, within):
        for grain, start in (("day", day_start(event.at)), ("hour", hour_start(event.at))):
            own[(event.response_id, event.area_id, grain, start, figure)] += weight
            for area_id in upper:
                value[(event.response_id, area_id, grain, start, figure)] += weight


def write_added(value: Counter[Bucket], own: Counter[Bucket]) -> None:
    """Add to the rollups; in order of key, so that two writers cannot deadlock."""
    table = connection.ops.quote_name(Rollup._meta.db_table)
    key = "response_id, area_id, grain, start, figure"
    buckets = sorted(bucket for bucket in value if value[bucket] or own[bucket])
    with connection.cursor() as cursor:
        for at in range(0, len(buckets), ROWS_AT_ONCE):
            part = buckets[at : at + ROWS_AT_ONCE]
            rows = ", ".join([f"({gaps(7)})"] * len(part))
            cursor.execute(
                f"INSERT INTO {table} ({key}, value, own) VALUES {rows} "  # noqa: S608 - the names are the model's
                f"ON CONFLICT ({key}) DO UPDATE "
                f"SET value = {table}.value + excluded.value, own = {table}.own + excluded.own",
                [bound(item) for bucket in part for item in (*bucket, value[bucket], own[bucket])],
            )


def cover_again() -> None:
    """Add up `value` anew from `own`, after a change of areas.

    A bucket that has only `own` rows below it keeps a row of its own with `own` 0.
    """
    table = connection.ops.quote_name(Rollup._meta.db_table)
    pairs, values = covered_pairs().query.sql_with_params()
    key = "response_id, area_id, grain, start, figure"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET value = 0")  # noqa: S608 - the name is the model's
        cursor.execute(
            f"INSERT INTO {table} ({key}, value, own) "  # noqa: S608 - the names are the models'
            f"SELECT r.response_id, c.ancestor_id, r.grain, r.start, r.figure, SUM(r.own), 0 "
            f"FROM {table} r JOIN ({pairs}) c ON c.area_id = r.area_id WHERE r.own <> 0 "
            f"GROUP BY r.response_id, c.ancestor_id, r.grain, r.start, r.figure "
            f"ON CONFLICT ({key}) DO UPDATE SET value = excluded.value",
            values,
        )
        cursor.execute(f"DELETE FROM {table} WHERE value = 0 AND own = 0")  # noqa: S608 - the name is the model's


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
    write_added(*added_by(events))


FIGURES_READER = Reader("figures", roll, batch=2000)

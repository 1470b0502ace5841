"""The rows behind a figure as a table."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from wangge.doors.desk.listings.asked import PLACE, Asked, Rows, kind_name, listing_of, place_of, walk
from wangge.duties.matters.queries import numbers
from wangge.ground.areas.tree import tree
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import NotFound
from wangge.picture.figures.rows import figure_rows
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

FIGURE_COLUMNS = (
    Column("记录时间", 17, "instant"), Column("发生时间", 17, "instant"), Column("事由", 22), Column("类别", 22),
    Column("事项编号", 28), *PLACE, Column("计入", 10, "number"),
)  # fmt: skip


def figure(asked: Asked) -> Listing:
    """Everything that a figure counts up to a cut-off."""
    figure = asked.pack.figures.get(asked.figure)
    if figure is None:
        raise NotFound(what=f"指标 {asked.figure}")
    columns = FIGURE_COLUMNS + ((Column("计入分母", 10, "number"),) if figure.measure == "ratio" else ())
    until = asked.until or asked.now
    told = (
        ("指标", f"{figure.name}（{figure.unit}）"),
        ("起", f"{local(asked.since):%Y-%m-%d %H:%M}" if asked.since else "响应启动"),
        ("止", f"{local(until):%Y-%m-%d %H:%M}"),
    )
    rows = _figure_rows(asked, until, figure.measure == "ratio")
    return listing_of("figure", f"{figure.name}明细", "figure.view", columns, rows, asked, *told)


def _figure_rows(asked: Asked, until: datetime, ratio: bool) -> Rows:
    for page in walk(
        partial(
            figure_rows,
            actor=asked.actor,
            response_id=asked.response.id,
            code=asked.figure,
            area_id=asked.area_id or tree().root().id,
            since=asked.since,
            until=until,
        )
    ):
        known = numbers(row.subject_id for row in page.rows if row.type.startswith("matter.") and row.subject_id)
        for row in page.rows:
            yield (
                row.at, row.observed_at, CATALOGUE[row.type].zh if row.type in CATALOGUE else row.type,
                kind_name(row.kind, asked.pack), known.get(row.subject_id, "") if row.subject_id else "",
                *place_of(row.area_id), row.amount, *((row.out_of,) if ratio else ()),
            )  # fmt: skip

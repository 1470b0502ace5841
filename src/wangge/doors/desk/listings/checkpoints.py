"""Checkpoints as they stand, and what they screened on some days, as tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from wangge.doors.desk.listings.asked import PLACE, Asked, listing_of, place_of
from wangge.duties.checkpoints.queries import overview, totals
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local, midnight
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

WEEK = timedelta(days=6)  # the page of totals shows seven days where nobody says otherwise
SUMS = (
    Column("车辆", 10, "number"), Column("外省车辆", 10, "number"), Column("新能源车辆", 11, "number"),
    Column("人员", 10, "number"), Column("发热", 8, "number"), Column("名单地区来人", 13, "number"),
    Column("移交", 8, "number"),
)  # fmt: skip
CHECKPOINT_COLUMNS = (
    Column("状态", 10), Column("编号", 26), Column("名称", 26), Column("类别", 16), *PLACE, Column("道路", 24),
    Column("方向", 14), Column("车道", 6, "number"), Column("联勤单位", 26), Column("开放时间", 14), Column("设备", 26),
    Column("值班电话", 16), *SUMS, Column("排队车辆", 10, "number"), Column("在岗人员", 10, "number"),
    Column("缺岗", 8, "number"), Column("最近动静", 17, "instant"), Column("启用日期", 12, "day"), Column("演练", 6),
)  # fmt: skip
SCREENED_COLUMNS = (Column("编号", 26), Column("名称", 26), *PLACE, Column("道路", 24), *SUMS)


def checkpoints(asked: Asked) -> Listing:
    """The checkpoints of an area as they stand now, with what they screened today."""
    area = asked.place("checkpoint.view")
    upon: dict[str, Any] = {"actor": asked.actor, "response_id": asked.response.id, "area_id": area.id}
    found = overview.overview(**upon, now=asked.now)
    told = (("检疫点所属", tree().path_name(area.id)), ("时刻", f"{local(asked.now):%Y-%m-%d %H:%M}"))
    rows = (_standing(one, asked) for one in found.standings)
    return listing_of("checkpoints", "检疫点", "checkpoint.view", CHECKPOINT_COLUMNS, rows, asked, *told)


def _standing(standing: overview.Standing, asked: Asked) -> tuple[Any, ...]:
    one, plan = standing.checkpoint, asked.pack.checkpoints
    kind = plan.kinds.get(one.kind) if plan else None
    agencies = "、".join(asked.pack.agencies[code].name for code in one.agencies if code in asked.pack.agencies)
    hours = f"{one.opens_at:%H:%M}—{one.closes_at:%H:%M}" if one.opens_at and one.closes_at else "昼夜"
    return (
        overview.STATES[standing.state], one.number, one.name, kind.name if kind else one.kind,
        *place_of(one.area_id), one.road, one.direction, one.lanes, agencies, hours, one.equipment, one.desk_phone,
        *_sums(standing.sums, standing.stopped), one.queue, standing.present, standing.absent + standing.empty,
        one.last_seen_at, one.opened_on, "演练" if one.exercise else "",
    )  # fmt: skip


def _sums(sums: totals.Sums, stopped: totals.Stopped) -> tuple[int, ...]:
    return (
        sums.vehicles, sums.outside, sums.energy, sums.people, sums.fevers, stopped.origin, stopped.handed_over,
    )  # fmt: skip


def screened(asked: Asked) -> Listing:
    """What the checkpoints of an area screened from one day to another, those with most vehicles first."""
    area = asked.place("checkpoint.view")
    first = asked.day or asked.today - WEEK
    last = max(asked.last_day or asked.today, first)
    told = (("检疫点所属", tree().path_name(area.id)), ("起", str(first)), ("止", str(last)))
    upon: dict[str, Any] = {"actor": asked.actor, "response_id": asked.response.id, "area_id": area.id}
    found = overview.screened(**upon, since=midnight(first), until=midnight(last + timedelta(days=1)))
    rows = (
        (one.number, one.name, *place_of(one.area_id), one.road, *_sums(sums, stopped)) for one, sums, stopped in found
    )
    return listing_of("screened", "检疫汇总", "checkpoint.view", SCREENED_COLUMNS, rows, asked, *told)

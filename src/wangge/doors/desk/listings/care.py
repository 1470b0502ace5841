"""Those under observation with their days, and the places with rooms, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from wangge.doors.desk.listings.asked import NO_FILTER, PLACE, Asked, Rows, listing_of, place_of, walk
from wangge.duties.observation.queries import board as observed
from wangge.duties.observation.queries import facilities as places
from wangge.duties.observation.words import BOARD_NAMES, SETTING_NAMES
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

BOARD_COLUMNS = (
    Column("情况", 10), Column("档案编号", 28), Column("姓名", 10), Column("电话", 16), *PLACE, Column("观察方式", 10),
    Column("场所", 22), Column("房间", 10), Column("开始时间", 17, "instant"), Column("期满日期", 12, "day"),
    Column("应测时间", 17, "instant"), Column("已测次数", 10, "number"), Column("漏测次数", 10, "number"),
)  # fmt: skip
FACILITY_COLUMNS = (
    Column("名称", 26), Column("种类", 16), *PLACE, Column("负责单位", 22), Column("房间", 12),
    Column("床位", 8, "number"), Column("在住", 8, "number"), Column("停用", 6),
)  # fmt: skip
SLOT_WORDS = {"missed": "漏测", "due": "", "": ""}


def board(asked: Asked) -> Listing:
    """Everybody under observation, who is missing first, with their last fourteen days; names masked as on the page."""
    if asked.area_id is not None:
        require(asked.actor, "person.view", asked.area_id)
    show = asked.show if asked.show in observed.SHOWS else ""
    chosen = {one.facility.id: one.facility.name for one in places.facilities(actor=asked.actor)}
    told = (
        ("情况", BOARD_NAMES[show] if show else NO_FILTER),
        ("场所", chosen.get(asked.facility_id, "") if asked.facility_id else NO_FILTER),
    )
    days = [asked.today - timedelta(days=back) for back in reversed(range(observed.DAYS))]
    columns = BOARD_COLUMNS + tuple(Column(f"{day.month}月{day.day}日", 13) for day in days)
    return listing_of("board", "医学观察", "person.view", columns, _observed(asked, show), asked, *told)


def _observed(asked: Asked, show: str) -> Rows:
    upon: dict[str, Any] = {"area_id": asked.area_id, "facility_id": asked.facility_id, "show": show}
    for page in walk(partial(observed.board, actor=asked.actor, now=asked.now, **upon)):
        yield from map(_row, page.rows)


def _row(row: observed.Row) -> Sequence[Any]:
    plan, private, room = row.plan, row.card.private, row.plan.room
    return (
        BOARD_NAMES[row.state], row.card.individual.number, private.get("name", ""), private.get("phone", ""),
        *place_of(plan.area_id), SETTING_NAMES[plan.setting],
        *((room.facility.name, room.name) if room else ("", "")),
        plan.started_at, plan.ends_on, plan.attend_at if row.state in ("missing", "due") else None, plan.made,
        plan.missed, *("、".join(filter(None, map(_slot, day.slots))) for day in row.days),
    )  # fmt: skip


def _slot(slot: observed.Slot) -> str:
    if slot.state in SLOT_WORDS:
        return SLOT_WORDS[slot.state]
    measured = f"{slot.tenths / 10:.1f}" if slot.tenths else "已报"
    return f"{measured}（异常）" if slot.state == "found" else measured


def facilities(asked: Asked) -> Listing:
    """The rooms of the places that are open, with their beds."""
    if asked.area_id is not None:
        require(asked.actor, "person.view", asked.area_id)
    rows = (
        (
            place.facility.name, place.facility.get_kind_display(), *place_of(place.facility.area_id),
            place.facility.agency.name if place.facility.agency else "", room.name, room.beds, room.taken,
            "停用" if room.closed else "",
        )
        for place in places.facilities(actor=asked.actor)
        if asked.area_id is None or tree().covers(asked.area_id, place.facility.area_id)
        for room in place.rooms
    )  # fmt: skip
    return listing_of("facilities", "场所和床位", "person.view", FACILITY_COLUMNS, rows, asked)

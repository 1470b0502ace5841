"""Rosters, and who is on duty when by those that are published, as tables."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from wangge.doors.desk.listings.asked import NO_FILTER, PLACE, Asked, Rows, listing_of, place_of, walk
from wangge.duties.rosters.queries import listing
from wangge.ground.areas.tree import tree
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

WEEKS = timedelta(days=27)  # the page of one's duties shows four weeks
FURTHEST = timedelta(days=3653)  # nobody has been on duty here for longer than ten years
ROSTER_COLUMNS = (
    Column("单位", 26), *PLACE[:3], Column("自", 12, "day"), Column("至", 12, "day"), Column("班制", 12),
    Column("状态", 10), Column("班次", 8, "number"), Column("空缺", 8, "number"), Column("发布时间", 17, "instant"),
    Column("演练", 6),
)  # fmt: skip
DUTY_COLUMNS = (
    Column("开始", 17, "instant"), Column("结束", 17, "instant"), Column("班次", 10), Column("岗位", 30), *PLACE,
    Column("值班人员", 12), Column("签到", 17, "instant"), Column("演练", 6),
)  # fmt: skip


def rosters(asked: Asked) -> Listing:
    """The rosters of the actor's areas, the newest first."""
    return listing_of("rosters", "值班表", "roster.view", ROSTER_COLUMNS, _rosters(asked), asked)


def _rosters(asked: Asked) -> Rows:
    patterns = asked.pack.rosters.patterns if asked.pack.rosters else {}
    for page in walk(partial(listing.rosters_page, actor=asked.actor, area_id=asked.area_id)):
        for one, seats, empty in page.rows:
            pattern = patterns[one.pattern].name if one.pattern in patterns else one.pattern
            yield (
                tree().get(one.area_id).name, *place_of(one.area_id)[:3], one.since, one.until - timedelta(days=1),
                pattern, one.get_state_display(), seats, empty, one.published_at, "演练" if one.exercise else "",
            )  # fmt: skip


def duties(asked: Asked) -> Listing:
    """The duties of published rosters on some days, four weeks from today where nobody says otherwise."""
    first = min(max(asked.day or asked.today, asked.today - FURTHEST), asked.today + FURTHEST)
    last = min(max(asked.last_day or first + WEEKS, first), asked.today + FURTHEST)
    told = (("起", str(first)), ("止", str(last)), ("值班人员", "本人" if asked.own else NO_FILTER))
    return listing_of("duties", "值班明细", "roster.view", DUTY_COLUMNS, _duties(asked, first, last), asked, *told)


def _duties(asked: Asked, first: date, last: date) -> Rows:
    shifts = asked.pack.rosters.shifts if asked.pack.rosters else {}
    place = partial(listing.duties_page, actor=asked.actor, area_id=asked.area_id, own=asked.own)
    for page in walk(partial(place, first=first, last=last)):
        for one in page.rows:
            shift = shifts[one.seat.shift].name if one.seat.shift in shifts else one.seat.shift
            yield (
                one.seat.since, one.seat.until, shift, one.post, *place_of(one.area_id), one.person or "空缺",
                one.checked_in_at, "演练" if one.seat.roster.exercise else "",
            )  # fmt: skip

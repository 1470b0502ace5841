"""A communication drill as a table: a line for each person and channel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wangge.doors.desk.listings.asked import PLACE, Asked, Rows, listing_of, place_of
from wangge.duties.drills import queries
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import NotFound
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.duties.drills.models import Drill

COLUMNS = (
    *PLACE, Column("岗位", 24), Column("姓名", 12), Column("渠道", 10), Column("情况", 10),
    Column("发送时间", 17, "instant"), Column("未发出原因", 28),
    Column("应答时间", 17, "instant"), Column("用时（秒）", 11, "number"), Column("演练", 6),
)  # fmt: skip
CHANNELS = {"inapp": "站内", "smtp": "邮件", "webhook": "接口", "robot": "群机器人"}
STATES = {"answered": "已应答", "failed": "发送失败", "sent": "未应答", "waiting": "待发"}


def drill(asked: Asked) -> Listing:
    """Who answered a drill how fast. Raises NotFound where none is named."""
    if asked.drill is None:
        raise NotFound(what="通联演练")
    found = queries.drill_seen(asked.drill, asked.actor)
    told = ("发起时间", f"{local(found.called_at):%Y-%m-%d %H:%M}"), ("截止", f"{local(found.until):%Y-%m-%d %H:%M}")
    there = replace(asked, area=tree().get(found.area_id))
    return listing_of("drill", "通联演练结果", "coverage.view", COLUMNS, _rows(asked, found), there, *told)


def _rows(asked: Asked, found: Drill) -> Rows:
    for one in queries.results(found, asked.actor):
        for answer in one.answers:
            yield (
                *place_of(one.area_id), one.post, one.name, CHANNELS.get(answer.channel, answer.channel),
                STATES[answer.state], answer.sent_at, answer.reason, answer.answered_at, answer.seconds, "演练",
            )  # fmt: skip

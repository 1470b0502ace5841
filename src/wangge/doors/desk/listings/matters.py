"""Open and closed matters as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from wangge.doors.desk.listings.asked import (
    NO_FILTER,
    PLACE,
    Asked,
    Rows,
    kind_name,
    kind_told,
    listing_of,
    place_of,
    walk,
)
from wangge.doors.desk.templatetags.desk import SEVERITIES, STAGES
from wangge.duties.matters import queries as matters
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.responses.packs.schema import Pack
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.duties.matters.models import Matter

PAUSES = {"": "", "held": "挂起", "parked": "挂账"}
ENDINGS = {"": "", "settled": "办结", "dismissed": "不予受理", "returned": "退回补充", "merged": "并案"}

MATTER_COLUMNS = (
    Column("编号", 28), Column("类别", 22), Column("等级", 8), *PLACE, Column("环节", 12),
    Column("升级级数", 9, "number"), Column("牵头单位", 24), Column("受理时间", 17, "instant"),
    Column("本环节时限", 17, "instant"), Column("挂起挂账", 9), Column("演练", 6),
)  # fmt: skip
CLOSED_COLUMNS = (
    Column("编号", 28), Column("类别", 22), Column("等级", 8), *PLACE, Column("牵头单位", 24),
    Column("受理时间", 17, "instant"), Column("结案时间", 17, "instant"), Column("结案方式", 10), Column("结果", 20),
    Column("演练", 6),
)  # fmt: skip


def queue(asked: Asked) -> Listing:
    """Open matters, as the queue shows them."""
    stage = asked.stage if asked.stage in OPEN_STAGES else ""
    told = (("环节", STAGES[stage] if stage else NO_FILTER), kind_told(asked))
    return listing_of("queue", "待办事项", "matter.view", MATTER_COLUMNS, _open_rows(asked, stage), asked, *told)


def _open_rows(asked: Asked, stage: str) -> Rows:
    for page in walk(partial(matters.queue, actor=asked.actor, stage=stage, kind=asked.kind, area_id=asked.area_id)):
        yield from (_open_row(matter, asked.pack) for matter in page.matters)


def _open_row(matter: Matter, pack: Pack) -> Sequence[Any]:
    return (
        *_heading(matter, pack), STAGES[matter.stage], matter.level or None, matter.lead.name if matter.lead else "",
        matter.received_at, matter.due_at, PAUSES[matter.pause], "演练" if matter.exercise else "",
    )  # fmt: skip


def _heading(matter: Matter, pack: Pack) -> tuple[str, ...]:
    return matter.number, kind_name(matter.kind, pack), SEVERITIES[matter.severity], *place_of(matter.area_id)


def closed(asked: Asked) -> Listing:
    """Closed matters, the newest first."""
    told = kind_told(asked)
    return listing_of("closed", "已结案事项", "matter.view", CLOSED_COLUMNS, _closed_rows(asked), asked, told)


def _closed_rows(asked: Asked) -> Rows:
    for page in walk(partial(matters.closed, actor=asked.actor, kind=asked.kind, area_id=asked.area_id)):
        yield from (_closed_row(matter, asked.pack) for matter in page.matters)


def _closed_row(matter: Matter, pack: Pack) -> Sequence[Any]:
    kind = pack.kinds.get(matter.kind)
    outcome = kind.outcome(matter.outcome) if kind and matter.outcome else None
    return (
        *_heading(matter, pack), matter.lead.name if matter.lead else "", matter.received_at, matter.closed_at,
        ENDINGS[matter.ending], outcome.name if outcome else matter.outcome, "演练" if matter.exercise else "",
    )  # fmt: skip

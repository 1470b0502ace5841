"""The contact-tracing board 流调看板, and the same as Excel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render

from wangge.doors.desk.pages.exports import TableFile
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest
from wangge.duties.observation.queries.tracing import Board, tracing_board
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, InputInvalid, NotPermitted
from wangge.ground.responses.queries import response_current
from wangge.picture.tables.services import Listing, list_export
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response

USUAL = 14  # days back, from the last one shown
COLUMNS = (Column("指标", 34), Column("分子", 12, "number"), Column("分母", 12, "number"), Column("%", 10, "share"),
           Column("说明", 60))  # fmt: skip
WORDS = (
    ("notified", "发现后 24 小时内告知", "期间发现、已满 24 小时的人员中，24 小时内告知本人的"),
    ("quarantined", "发现后 24 小时内隔离", "期间发现、已满 24 小时的人员中，24 小时内居家、集中或住院隔离的"),
    ("monitored", "全程监测无漏测", "期间结束的医学观察中，没有漏测的"),
    ("in_quarantine", "新增病例确诊时已在隔离", "期间确诊的病例中，确诊时正在接受医学观察的"),
    ("unknown_source", "新增病例传染来源不明", "期间确诊的病例中，未登记传染来源、也不是外地来源的"),
)


@dataclass(frozen=True)
class Asked:
    """An area and a period, whole days of the city's clock, the last one included."""

    response: Response
    area: AreaNode
    since: date
    until: date

    @property
    def span(self) -> tuple[datetime, datetime]:
        start = clock.midnight(self.since)
        return start, clock.midnight(self.until + timedelta(days=1))


def tracing(request: DeskRequest) -> HttpResponse:
    """How fast people are found, told and kept apart, each number with what it is of."""
    asked, now = _asked(request), clock.now()
    board = _board(request, asked, now)
    context = {
        "asked": asked,
        "board": board,
        "rows": [(name, getattr(board, code), why) for code, name, why in WORDS],
        "areas": [node for node in places(request.actor) if may(request.actor, "person.view", node.id)],
        "address": f"?area={asked.area.code}&since={asked.since}&until={asked.until}",
    }
    return render(request, "desk/people/tracing.html", context)


def export(request: DeskRequest) -> TableFile:
    """The board as Excel; it holds counts only."""
    asked, now = _asked(request), clock.now()
    board = _board(request, asked, now)
    rows: list[tuple[object, ...]] = [
        (name, share.part, share.whole, share.percent, why)
        for code, name, why in WORDS
        for share in [getattr(board, code)]
    ]
    delay = board.delay
    for name, value in zip(("下四分位数", "中位数", "上四分位数"), delay.quartiles or (None,) * 3, strict=True):
        said = f"{value:g} 天" if value is not None else "无"
        rows.append((f"发病到隔离天数 {name}", delay.known, delay.whole, None, f"{said}；分子为两日期均已知的病例数"))
    listing = Listing(
        code="tracing", name="流调看板", verb="person.view", columns=COLUMNS, rows=rows,
        filters={"area": asked.area.code, "since": str(asked.since), "until": str(asked.until)},
        told=[("区域", tree().path_name(asked.area.id)), ("期间", f"{asked.since} 至 {asked.until}")],
        area_id=asked.area.id, response_id=asked.response.id,
    )  # fmt: skip
    pieces = list_export(actor=request.actor, listing=listing, now=now)
    return TableFile(pieces, name=f"流调看板-{asked.since}-{asked.until}.xlsx", plain_name="tracing.xlsx")


def _board(request: DeskRequest, asked: Asked, now: datetime) -> Board:
    since, until = asked.span
    return tracing_board(
        actor=request.actor,
        response_id=asked.response.id,
        area_id=asked.area.id,
        since=since,
        until=until,
        now=now,
    )


def _asked(request: DeskRequest) -> Asked:
    """What the address asks for: by default the first area of one's posts and the last fourteen days."""
    own = [grant.area_id for grant in request.actor.grants if "person.view" in grant.verbs and grant.area_id]
    code = request.GET.get("area", "").strip()
    node = tree().by_code(code) if code else (tree().get(own[0]) if own else None)
    if node is None:
        raise AreaUnknown(area=code) if code else NotPermitted(verb="person.view")
    until = _day(request, "until") or clock.local(clock.now()).date()
    since = _day(request, "since") or until - timedelta(days=USUAL - 1)
    if since > until:
        raise InputInvalid(field="since", why_zh="起始日应不晚于截止日。", why_en="The first day comes first.")
    return Asked(response_current(), node, since, until)


def _day(request: DeskRequest, name: str) -> date | None:
    text = request.GET.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputInvalid(field=name, why_zh="日期格式不对。", why_en="This is not a date.") from None

"""The lists of the desk as tables for Excel: the same queries as the pages, walked page by page to their end.

Headings and words are Chinese in either language of the desk, because the files go to people outside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from wangge.doors.desk.templatetags.desk import SEVERITIES, STAGES
from wangge.doors.desk.words import field_name
from wangge.duties.dutylog import queries as dutylog
from wangge.duties.matters import queries as matters
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.duties.observation.queries.cards import Card
from wangge.duties.observation.queries.people import PersonMark, numbers_of_people, people
from wangge.duties.observation.words import DOCUMENT_NAMES, ROLE_NAMES, STATE_NAMES
from wangge.ground.accounts.queries import villages_uncovered
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree, version
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted
from wangge.ground.responses.accesses import LookMark, unmaskings
from wangge.ground.responses.packs.schema import Pack
from wangge.picture.figures.rows import figure_rows
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.duties.dutylog.models import Entry
    from wangge.duties.matters.models import Matter
    from wangge.ground.responses.models import Response

# So many rows are asked for at once: few enough to hold, many enough that the database is not asked all the time.
AT_ONCE = 1000
Rows = Iterator[Sequence[Any]]
PAUSES = {"": "", "held": "挂起", "parked": "挂账"}
ENDINGS = {"": "", "settled": "办结", "dismissed": "不予受理", "returned": "退回补充", "merged": "并案"}
PLACE = (Column("区划编码", 17), Column("县（区）", 12), Column("镇（街）", 14), Column("村（居）", 18))
NO_FILTER = "全部"


@dataclass(frozen=True)
class Asked:
    """What somebody wants as a table: who, of which response, narrowed by what, at which moment."""

    actor: Actor
    response: Response
    pack: Pack
    now: datetime
    kind: str = ""
    stage: str = ""
    role: str = ""
    state: str = ""
    area: AreaNode | None = None
    own: bool = False
    figure: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def area_id(self) -> UUID | None:
        return self.area.id if self.area else None

    @property
    def codes(self) -> dict[str, str]:
        """The filters as codes, for the journal."""
        given = {
            "kind": self.kind,
            "stage": self.stage,
            "role": self.role,
            "state": self.state,
            "figure": self.figure,
            "area": self.area.code if self.area else "",
            "own": "yes" if self.own else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
        }
        return {name: value for name, value in given.items() if value}


def listing(code: str, asked: Asked) -> Listing:
    """The list with this code. Raises NotFound for any other."""
    make = LISTINGS.get(code)
    if make is None:
        raise NotFound(what=f"列表 {code}")
    return make(asked)


def _listing(
    code: str, name: str, verb: str, columns: Sequence[Column], rows: Rows, asked: Asked, *told: tuple[str, str]
) -> Listing:
    place = tree().path_name(asked.area.id) if asked.area else NO_FILTER
    return Listing(
        code=code,
        name=name,
        verb=verb,
        columns=columns,
        rows=rows,
        filters=asked.codes,
        told=[("响应", asked.response.name), ("区域", place), *told],
        area_id=asked.area_id,
        response_id=asked.response.id,
    )


def _place(area_id: UUID) -> tuple[str, str, str, str]:
    """Code, county, town and village of an area; what lies above them stays empty."""
    return _placed(area_id, version())


@lru_cache(maxsize=8192)
def _placed(area_id: UUID, areas_version: int) -> tuple[str, str, str, str]:
    areas = tree()
    levels = {areas.get(upper).level: areas.get(upper).short_name for upper in (area_id, *areas.ancestors(area_id))}
    county = levels.get("county") or levels.get("district", "")
    town = levels.get("town") or levels.get("station", "")
    village = levels.get("village", "") + (f" {levels['grid']}" if "grid" in levels else "")
    return areas.get(area_id).code, county, town, village


def _kind_name(code: str, pack: Pack) -> str:
    kind = pack.kinds.get(code) or pack.log_kinds.get(code)
    return kind.name if kind else code


# -- matters ---------------------------------------------------------------------------------------

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


def _queue(asked: Asked) -> Listing:
    stage = asked.stage if asked.stage in OPEN_STAGES else ""
    told = (("环节", STAGES[stage] if stage else NO_FILTER), _kind_told(asked))
    return _listing("queue", "待办事项", "matter.view", MATTER_COLUMNS, _open_rows(asked, stage), asked, *told)


def _kind_told(asked: Asked) -> tuple[str, str]:
    return "类别", _kind_name(asked.kind, asked.pack) if asked.kind else NO_FILTER


def _open_rows(asked: Asked, stage: str) -> Rows:
    after: matters.Mark | None = None
    while True:
        page = matters.queue(
            actor=asked.actor, stage=stage, kind=asked.kind, area_id=asked.area_id, after=after, limit=AT_ONCE
        )
        yield from (_open_row(matter, asked.pack) for matter in page.matters)
        if page.following is None:
            return
        after = page.following


def _open_row(matter: Matter, pack: Pack) -> Sequence[Any]:
    return (
        *_heading(matter, pack), STAGES[matter.stage], matter.level or None, matter.lead.name if matter.lead else "",
        matter.received_at, matter.due_at, PAUSES[matter.pause], "演练" if matter.exercise else "",
    )  # fmt: skip


def _heading(matter: Matter, pack: Pack) -> tuple[str, ...]:
    return matter.number, _kind_name(matter.kind, pack), SEVERITIES[matter.severity], *_place(matter.area_id)


def _closed(asked: Asked) -> Listing:
    told = _kind_told(asked)
    return _listing("closed", "已结案事项", "matter.view", CLOSED_COLUMNS, _closed_rows(asked), asked, told)


def _closed_rows(asked: Asked) -> Rows:
    after: matters.Mark | None = None
    while True:
        page = matters.closed(actor=asked.actor, kind=asked.kind, area_id=asked.area_id, after=after, limit=AT_ONCE)
        yield from (_closed_row(matter, asked.pack) for matter in page.matters)
        if page.following is None:
            return
        after = page.following


def _closed_row(matter: Matter, pack: Pack) -> Sequence[Any]:
    kind = pack.kinds.get(matter.kind)
    outcome = kind.outcome(matter.outcome) if kind and matter.outcome else None
    return (
        *_heading(matter, pack), matter.lead.name if matter.lead else "", matter.received_at, matter.closed_at,
        ENDINGS[matter.ending], outcome.name if outcome else matter.outcome, "演练" if matter.exercise else "",
    )  # fmt: skip


# -- the duty log ----------------------------------------------------------------------------------


def _log(asked: Asked) -> Listing:
    quantities = _quantities(asked)
    columns = (
        Column("记录时间", 17, "instant"), Column("开展时间", 17, "instant"), *PLACE, Column("工作类别", 18),
        Column("场所", 18), *(Column(name, 12, "number") for name in quantities), Column("记录人", 12),
        Column("单位", 24), Column("状态", 10), Column("演练", 6),
    )  # fmt: skip
    told = (_kind_told(asked), ("记录人", "本人" if asked.own else NO_FILTER))
    return _listing("log", "工作台账", "figure.view", columns, _log_rows(asked, quantities), asked, *told)


def _quantities(asked: Asked) -> list[str]:
    """The headings of the quantities of the kinds shown; kinds that call one alike share a column."""
    kinds = [asked.pack.log_kinds[asked.kind]] if asked.kind in asked.pack.log_kinds else asked.pack.log_kinds.values()
    return list(dict.fromkeys(_quantity_heading(item) for kind in kinds for item in kind.quantities))


def _quantity_heading(item: Any) -> str:
    return f"{item.name}（{item.unit}）"


def _log_rows(asked: Asked, quantities: Sequence[str]) -> Rows:
    after: dutylog.EntryMark | None = None
    while True:
        page = dutylog.entries(
            actor=asked.actor, kind=asked.kind, area_id=asked.area_id, own=asked.own, after=after, limit=AT_ONCE
        )
        yield from (_entry_row(entry, asked.pack, quantities) for entry in page.entries)
        if page.following is None:
            return
        after = page.following


def _entry_row(entry: Entry, pack: Pack, quantities: Sequence[str]) -> Sequence[Any]:
    kind = pack.log_kinds.get(entry.kind)
    known = {_quantity_heading(item): item.code for item in kind.quantities} if kind else {}
    numbers = [entry.quantities.get(known[name]) if name in known else None for name in quantities]
    place = (
        next((item.name for item in kind.place_kinds if item.code == entry.place_kind), entry.place_kind)
        if kind
        else ""
    )
    state = "冲正条目" if entry.sign < 0 else ("已被冲正" if getattr(entry, "countered", False) else "")
    return (
        entry.received_at, entry.observed_at, *_place(entry.area_id), _kind_name(entry.kind, pack), place,
        *(number if number is None else number * entry.sign for number in numbers),
        entry.person.display_name if entry.person else "", entry.agency.name if entry.agency else "", state,
        "演练" if entry.exercise else "",
    )  # fmt: skip


# -- people on record ------------------------------------------------------------------------------

PEOPLE_COLUMNS = (
    Column("档案编号", 28), Column("人员类别", 22), Column("状态", 8), Column("姓名", 10), Column("证件类型", 22),
    Column("证件号码", 22), Column("电话", 16), *PLACE, Column("来源地", 16), Column("到达日期", 12, "day"),
    Column("末次接触日期", 13, "day"), Column("发病日期", 12, "day"), Column("建档时间", 17, "instant"),
    Column("告知时间", 17, "instant"), Column("演练", 6),
)  # fmt: skip


def _people(asked: Asked) -> Listing:
    state = asked.state if asked.state in STATE_NAMES or asked.state == "all" else "active"
    role = asked.role if asked.role in ROLE_NAMES else ""
    told = (
        ("人员类别", ROLE_NAMES.get(role, NO_FILTER)),
        ("状态", STATE_NAMES.get(state, NO_FILTER)),
        ("建档人", "本人" if asked.own else NO_FILTER),
    )
    rows = _people_rows(asked, role, "" if state == "all" else state)
    return _listing("people", "人员档案", "person.view", PEOPLE_COLUMNS, rows, asked, *told)


def _people_rows(asked: Asked, role: str, state: str) -> Rows:
    after: PersonMark | None = None
    while True:
        page = people(
            actor=asked.actor,
            role=role,
            state=state,
            area_id=asked.area_id,
            own=asked.own,
            after=after,
            limit=AT_ONCE,
        )
        yield from map(_person_row, page.cards)
        if page.following is None:
            return
        after = page.following


def _person_row(card: Card) -> Sequence[Any]:
    one, private = card.individual, card.private
    return (
        one.number, ROLE_NAMES[one.role], STATE_NAMES[one.state], private.get("name", ""),
        DOCUMENT_NAMES[one.document_kind], private.get("document", ""), private.get("phone", ""),
        *_place(one.area_id), one.origin, one.arrived_on, one.last_exposure_on, one.onset_on, one.identified_at,
        one.notified_at, "演练" if one.exercise else "",
    )  # fmt: skip


# -- areas -----------------------------------------------------------------------------------------

VILLAGE_COLUMNS = (*PLACE, Column("类型", 12), Column("责任岗位此刻", 14))
COVERAGE_COLUMNS = (*PLACE, Column("责任岗位此刻", 14))


def _tops(asked: Asked, verb: str) -> list[UUID]:
    """The widest areas in which the actor may do this; only the one asked for where one is named."""
    areas = tree()
    tops = [area for area in asked.actor.area_ids if may(asked.actor, verb, area)]
    if not tops:
        raise NotPermitted(verb=verb)
    if asked.area is not None:
        if not may(asked.actor, verb, asked.area.id):
            raise NotPermitted(verb=verb)
        return [asked.area.id]
    return [top for top in tops if not any(other != top and areas.covers(other, top) for other in tops)]


def _coverage(asked: Asked) -> Listing:
    gaps, total = villages_uncovered(_tops(asked, "coverage.view"), asked.now)
    rows = ((*_place(area_id), "无人在岗") for area_id in gaps)
    told = (("时刻", f"{local(asked.now):%Y-%m-%d %H:%M}"), ("村（居）总数", str(total)))
    return _listing("coverage", "无人在岗的村（居）", "coverage.view", COVERAGE_COLUMNS, rows, asked, *told)


def _villages(asked: Asked) -> Listing:
    areas, tops = tree(), _tops(asked, "coverage.view")
    gaps = set(villages_uncovered(tops, asked.now)[0])
    places = dict.fromkeys(place for top in tops for place in (top, *areas.descendants(top)))
    nodes = [node for place in places if (node := areas.get(place)).level == "village" and not node.ended]
    nodes.sort(key=lambda node: node.code)
    rows = ((*_place(node.id), node.kind, "无人在岗" if node.id in gaps else "在岗") for node in nodes)
    told = ("时刻", f"{local(asked.now):%Y-%m-%d %H:%M}")
    return _listing("villages", "村（居）名单", "coverage.view", VILLAGE_COLUMNS, rows, asked, told)


# -- the rows behind a figure ----------------------------------------------------------------------

FIGURE_COLUMNS = (
    Column("记录时间", 17, "instant"), Column("发生时间", 17, "instant"), Column("事由", 22), Column("类别", 22),
    Column("事项编号", 28), *PLACE, Column("计入", 10, "number"),
)  # fmt: skip


def _figure(asked: Asked) -> Listing:
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
    return _listing("figure", f"{figure.name}明细", "figure.view", columns, rows, asked, *told)


def _figure_rows(asked: Asked, until: datetime, ratio: bool) -> Rows:
    after = None
    while True:
        page = figure_rows(
            actor=asked.actor,
            response_id=asked.response.id,
            code=asked.figure,
            area_id=asked.area_id or tree().root().id,
            since=asked.since,
            until=until,
            after=after,
            limit=AT_ONCE,
        )
        numbers = matters.numbers(
            row.subject_id for row in page.rows if row.type.startswith("matter.") and row.subject_id
        )
        for row in page.rows:
            yield (
                row.at, row.observed_at, CATALOGUE[row.type].zh if row.type in CATALOGUE else row.type,
                _kind_name(row.kind, asked.pack), numbers.get(row.subject_id, "") if row.subject_id else "",
                *_place(row.area_id), row.amount, *((row.out_of,) if ratio else ()),
            )  # fmt: skip
        if page.following is None:
            return
        after = page.following


# -- the access record -----------------------------------------------------------------------------

LOOK_COLUMNS = (
    Column("时间", 17, "instant"), Column("查看人", 12), Column("岗位", 16), *PLACE, Column("事项或档案编号", 30),
    Column("查看内容", 30),
)  # fmt: skip


# The reasons stay behind: what people wrote may name somebody, and a file goes where it likes.
def _accesses(asked: Asked) -> Listing:
    return _listing("accesses", "查阅记录", "vault.audit", LOOK_COLUMNS, _look_rows(asked), asked)


def _look_rows(asked: Asked) -> Rows:
    after: LookMark | None = None
    while True:
        page = unmaskings(actor=asked.actor, area_id=asked.area_id, after=after, limit=AT_ONCE)
        subjects = {look.subject_id for look in page.looks}
        numbers = matters.numbers_of_reports(subjects) | numbers_of_people(subjects)
        for look in page.looks:
            role = asked.pack.roles.get(look.role)
            yield (
                look.at, look.person, role.name if role else look.role, *_place(look.area_id),
                numbers.get(look.subject_id, ""), "、".join(field_name(code, asked.pack) for code in look.fields),
            )  # fmt: skip
        if page.following is None:
            return
        after = page.following


LISTINGS: Mapping[str, Callable[[Asked], Listing]] = {
    "queue": _queue,
    "closed": _closed,
    "log": _log,
    "people": _people,
    "coverage": _coverage,
    "villages": _villages,
    "figure": _figure,
    "accesses": _accesses,
}

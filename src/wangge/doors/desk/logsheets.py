"""The duty log as a workbook: the template to fill in, what a filled one says, and the rows to be mended.

One sheet for each kind of entry, named as the kind; columns are found by their headings, in whatever order.
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from wangge.duties.dutylog.rules import EntryDraft
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import LOCAL, parse_instant
from wangge.ground.kernel.incoming import MOST_ROWS, Rows
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, Problem, UploadRefused
from wangge.ground.responses.packs.schema import LogKind, Pack
from wangge.picture.tables.workbook import FORMULA_STARTS, OPTIONS, sheet_name

PLACE, VENUE, TIME, NOTE, WRONG = "村（居）", "场所", "开展时间", "备注", "错误"
VILLAGES, GUIDE = "村（居）名单", "填表说明"
GUIDE_LINES = (
    "每类工作一张表，表名即工作类别，不要改动表名和第一行。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "场所从下拉列表选；数量填整数，第一项数量必填，其余没有的可留空。",
    "开展时间必填，如 2020-02-05 15:30；只填日期的按当日零时计。",
    "备注加密保存，可不填。内容完全相同的行只导入一次，确为两次的请在备注里区别。",
    f"每个文件不超过 {MOST_ROWS} 行。",
)


@dataclass(frozen=True)
class Wrong:
    """One cell that cannot be taken: the column's heading ("" for the whole row), and why in both languages."""

    column: str
    zh: str
    en: str


@dataclass(frozen=True)
class Row:
    """One filled row: where it stands, its cells as text by heading, what it means or what is wrong with it."""

    sheet: str
    line: int
    cells: dict[str, str]
    draft: EntryDraft | None
    wrong: Wrong | None = None


def headings(kind: LogKind) -> list[str]:
    """The columns of a kind's sheet."""
    return [PLACE, VENUE, *(f"{item.name}（{item.unit}）" for item in kind.quantities), TIME, NOTE]


# -- the template and the rows to be mended ------------------------------------------------------------


def template(actor: Actor, pack: Pack, kinds: Iterable[str] = ()) -> bytes:
    """A workbook to fill in, with the places of the actor's areas to choose from; for some kinds or for all."""
    chosen = [pack.log_kinds[code] for code in kinds if code in pack.log_kinds] or list(pack.log_kinds.values())
    return _workbook(actor, {kind: [] for kind in chosen}, wrong=False)


def to_mend(actor: Actor, pack: Pack, rows: Sequence[Row]) -> bytes:
    """The same with the rows that could not be taken, each with its reason; mended, it can be sent again."""
    by_kind: dict[LogKind, list[Row]] = defaultdict(list)
    names = {sheet_name(kind.name): kind for kind in pack.log_kinds.values()}
    for row in rows:
        by_kind[names[row.sheet]].append(row)
    return _workbook(actor, by_kind, wrong=True)


def _workbook(actor: Actor, sheets: Mapping[LogKind, Sequence[Row]], *, wrong: bool) -> bytes:
    out = io.BytesIO()
    workbook = Workbook(out, {**OPTIONS, "constant_memory": False, "in_memory": True})
    bold = workbook.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
    text = workbook.add_format({"num_format": "@"})
    quoted = workbook.add_format({"num_format": "@", "quote_prefix": True})
    villages = list(places_by_name(actor))
    for kind, rows in sheets.items():
        page: Any = workbook.add_worksheet(sheet_name(kind.name))
        names = headings(kind) + ([WRONG] if wrong else [])
        page.freeze_panes(1, 0)
        page.write_row(0, 0, names, bold)
        page.set_column(0, len(names) - 1, 16)
        page.set_column(0, 0, 30)
        page.set_column(names.index(TIME), len(names) - 1, 20, text)
        if villages:
            choice = f"='{VILLAGES}'!$A$2:$A${len(villages) + 1}"
            # A name typed by hand is taken too, so the list only helps.
            page.data_validation(
                1, 0, MOST_ROWS, 0, {"validate": "list", "source": choice, "error_type": "information"}
            )
        venues = [item.name for item in kind.place_kinds]
        if sum(map(len, venues)) + len(venues) < 250:  # what Excel takes in a list written out
            page.data_validation(1, 1, MOST_ROWS, 1, {"validate": "list", "source": venues})
        last = xl_col_to_name(names.index(TIME))
        page.write_comment(f"{last}1", "如 2020-02-05 15:30")
        for line, row in enumerate(rows, start=1):
            for number, name in enumerate(names):
                said = row.cells.get(name, "")
                if name == WRONG and row.wrong:
                    said = f"{row.wrong.column}：{row.wrong.zh}" if row.wrong.column else row.wrong.zh
                page.write_string(line, number, said, quoted if said.startswith(FORMULA_STARTS) else text)
    _lists(workbook, bold, villages)
    workbook.close()
    return out.getvalue()


def _lists(workbook: Workbook, bold: Any, villages: Sequence[str]) -> None:
    page: Any = workbook.add_worksheet(VILLAGES)
    page.set_column(0, 0, 40)
    page.write_string(0, 0, VILLAGES, bold)
    for line, name in enumerate(villages, start=1):
        page.write_string(line, 0, name)
    guide: Any = workbook.add_worksheet(GUIDE)
    guide.set_column(0, 0, 90)
    for line, said in enumerate(GUIDE_LINES):
        guide.write_string(line, 0, said)


def places_by_name(actor: Actor, verb: str = "duty.log") -> dict[str, UUID]:
    """The villages where somebody may do this, by their name from the county down, in the order of their codes."""
    areas = tree()
    tops = [area for area in actor.area_ids if may(actor, verb, area)]
    found = {place for top in tops for place in (top, *areas.descendants(top))}
    nodes = sorted((areas.get(place) for place in found), key=lambda node: node.code)
    return {areas.path_name(node.id): node.id for node in nodes if node.level == "village" and not node.ended}


# -- what a filled one says ----------------------------------------------------------------------------


def read_rows(sheets: Mapping[str, Rows], actor: Actor, pack: Pack) -> list[Row]:
    """Every filled row of the sheets that are kinds of entries. Raises UploadRefused where there is none."""
    names = {sheet_name(kind.name): kind for kind in pack.log_kinds.values()}
    unknown = [name for name in sheets if name not in names and name not in (VILLAGES, GUIDE) and any(sheets[name])]
    if unknown:
        raise UploadRefused(
            why_zh=f"“{unknown[0]}”不是工作类别，请用模板里的表名",
            why_en=f"“{unknown[0]}” is no kind of work; keep the sheets' names of the template",
        )
    known = Places(actor)
    rows = [row for name, kind in names.items() if name in sheets for row in _rows(name, kind, sheets[name], known)]
    if not rows:
        raise UploadRefused(why_zh="没有填写任何一行", why_en="no row is filled in")
    if len(rows) > MOST_ROWS:
        raise UploadRefused(
            why_zh=f"共 {len(rows)} 行，超过 {MOST_ROWS} 行，请分开再传",
            why_en=f"it has {len(rows)} rows, more than {MOST_ROWS}; send it in parts",
        )
    return rows


def _rows(sheet: str, kind: LogKind, found: Rows, places: Places) -> Iterable[Row]:
    if not found:
        return
    names = [text_of(cell) for cell in found[0]]
    missing = [name for name in (*headings(kind)[:3], TIME) if name not in names]
    filled = [(line, cells) for line, cells in enumerate(found[1:], start=2) if any(map(text_of, cells))]
    if filled and missing:
        raise UploadRefused(
            why_zh=f"“{sheet}”第一行缺少列“{missing[0]}”", why_en=f"“{sheet}” lacks the column “{missing[0]}”"
        )
    for line, cells in filled:
        said = {name: text_of(cell) for name, cell in zip(names, cells, strict=False) if name and name != WRONG}
        yield row_of(sheet, line, said, kind, places)


def row_of(sheet: str, line: int, said: dict[str, str], kind: LogKind, places: Places) -> Row:
    """A row from its cells as text."""
    try:
        draft = EntryDraft(
            kind=kind.code,
            area_id=places.find(said.get(PLACE, "")),
            place_kind=_venue(said.get(VENUE, ""), kind),
            quantities=_quantities(said, kind),
            observed_at=_time(said.get(TIME, "")),
            note=said.get(NOTE, ""),
        )
    except InputInvalid as problem:
        details = problem.details
        return Row(sheet, line, said, None, Wrong(details["field"], details["why_zh"], details["why_en"]))
    return Row(sheet, line, said, draft)


def judged(row: Row, problem: Problem | None, kind: LogKind) -> Row:
    """The row with what the duty log says against it, under the heading that is meant."""
    if problem is None:
        return row
    columns = {"area": PLACE, "place_kind": VENUE, "observed_at": TIME, "note": NOTE}
    columns |= {item.code: f"{item.name}（{item.unit}）" for item in kind.quantities}
    if isinstance(problem, InputInvalid):
        details = problem.details
        column = columns.get(details["field"], "")
        return replace(row, wrong=Wrong(column, details["why_zh"], details["why_en"]))
    return replace(row, wrong=Wrong(PLACE, problem.sentence("zh"), problem.sentence("en")))


class Places:
    """The villages where somebody may do this, by every way to name one: code, path, or a name that only one has."""

    def __init__(self, actor: Actor, verb: str = "duty.log") -> None:
        self._known: dict[str, UUID] = {}
        shared: set[str] = set()
        for path, area_id in places_by_name(actor, verb).items():
            node = tree().get(area_id)
            for name in {path, path.replace(" ", ""), node.code, node.name, node.short_name}:
                if name in self._known:
                    shared.add(name)
                self._known[name] = area_id
        self._shared = shared

    def find(self, said: str) -> UUID:
        """The village meant. Raises InputInvalid."""
        name = " ".join(said.split())
        if not name:
            raise _wrong(PLACE, "请填写村（居）。", "Name the village or community.")
        if name in self._shared:
            raise _wrong(PLACE, f"有多个“{name}”，请写明镇（街）。", f"There are several “{name}”; add the town.")
        if name not in self._known:
            raise _wrong(PLACE, f"您的辖区内没有“{name}”。", f"There is no “{name}” in your area.")
        return self._known[name]


def _venue(said: str, kind: LogKind) -> str:
    found = next((item.code for item in kind.place_kinds if said in (item.name, item.code)), None)
    if found is None:
        zh = f"{kind.name}没有“{said}”这类场所。" if said else "请选择场所。"
        raise _wrong(VENUE, zh, f"There is no kind of place “{said}” here." if said else "Choose a kind of place.")
    return found


def _quantities(said: Mapping[str, str], kind: LogKind) -> dict[str, int]:
    found = {}
    for item in kind.quantities:
        heading = f"{item.name}（{item.unit}）"
        text = said.get(heading, "").replace(",", "").replace("，", "")
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise _wrong(heading, f"“{text[:20]}”不是整数。", f"“{text[:20]}” is no whole number.")
        found[item.code] = int(text)
    return found


def _time(said: str) -> datetime:
    if not said:
        raise _wrong(TIME, "请填写开展时间。", "Say when it was done.")
    try:
        return parse_instant(said.replace("/", "-").replace("：", ":"))
    except ValueError:
        raise _wrong(
            TIME,
            f"“{said[:20]}”不是时间，应如 2020-02-05 15:30。",
            f"“{said[:20]}” is no time such as 2020-02-05 15:30.",
        ) from None


def _wrong(heading: str, zh: str, en: str) -> InputInvalid:
    return InputInvalid(field=heading, why_zh=zh, why_en=en)


def text_of(cell: Any) -> str:
    """What a cell says, as a person would type it."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=LOCAL).strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return str(cell).strip()

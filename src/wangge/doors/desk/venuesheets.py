"""A list of venues as a table: the template to fill in, what a filled one says, and the rows to be mended.

Columns are found by their headings, in whatever order and sheet; headings that other cities use are known too.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from xlsxwriter import Workbook

from wangge.doors.desk.logsheets import GUIDE, VILLAGES, WRONG, Places, Wrong, places_by_name, text_of
from wangge.duties.venues.rules import VenueDraft
from wangge.ground.kernel.incoming import OLD_OR_LOCKED, Rows, read_csv, read_workbook
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, Problem, UploadRefused
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.picture.tables.workbook import FORMULA_STARTS, OPTIONS

MOST_VENUES = 5_000
SHEET = "场所名单"
# Each field, its heading in the template, and the headings under which it comes from elsewhere.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("名称", "场所名称", "单位名称", "店名"),
    "kind": ("类别", "场所类别", "场所类型", "类型"),
    "area": ("村（居）", "村居", "社区", "区划编码", "所在村（居）"),
    "address": ("地址", "详细地址", "经营地址"),
    "operator": ("经营者", "经营单位", "法人", "法定代表人"),
    "contact_name": ("联系人", "负责人"),
    "contact_phone": ("联系电话", "电话", "手机", "联系方式"),
    "size": ("规模", "房间数", "座位数", "人数"),
    "lon": ("经度",),
    "lat": ("纬度",),
}
HEADINGS = {field: names[0] for field, names in COLUMNS.items()}
FIELDS = {name: field for field, names in COLUMNS.items() for name in names}
GUIDE_LINES = (
    "第一行是列名，不要改动；各列次序可以调整，不用的列可以删去。名称、类别、村（居）必填。",
    "类别从下拉列表选，也可填 GA/T 852.1 代码（只对应一类时）。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "经纬度为 WGS84 坐标，可不填。规模填整数：房间、座位、机台或人数。",
    "同村同类同名的只登记一次；名称或电话相近的，先提示，确认不是同一处后再导入。",
    f"每个文件不超过 {MOST_VENUES} 行。CSV 文件可用 UTF-8 或 GB18030（GBK）编码。",
)


@dataclass(frozen=True)
class VenueRow:
    """One filled row: its line, its cells as text by heading, what it means or what is wrong with it."""

    line: int
    cells: dict[str, str]
    draft: VenueDraft | None
    wrong: Wrong | None = None


def read_venues(data: bytes, actor: Actor, plan: VenuesDef) -> list[VenueRow]:
    """Every filled row of a workbook or a CSV file. Raises UploadRefused."""
    book = data.startswith((b"PK", OLD_OR_LOCKED))
    tables: Mapping[str, Rows] = read_workbook(data, MOST_VENUES) if book else {SHEET: read_csv(data, MOST_VENUES)}
    places, rows = Places(actor, "venue.manage"), []
    for sheet, found in tables.items():
        if sheet not in (VILLAGES, GUIDE) and found:
            rows += _rows(found, places, plan)
    if not rows:
        raise UploadRefused(why_zh="没有填写任何一行", why_en="no row is filled in")
    if len(rows) > MOST_VENUES:
        raise UploadRefused(
            why_zh=f"共 {len(rows)} 行，超过 {MOST_VENUES} 行，请分开再传",
            why_en=f"it has {len(rows)} rows, more than {MOST_VENUES}; send it in parts",
        )
    return rows


def _rows(found: Rows, places: Places, plan: VenuesDef) -> list[VenueRow]:
    names = [FIELDS.get(text_of(cell).strip("*＊ "), "") for cell in found[0]]
    filled = [(line, cells) for line, cells in enumerate(found[1:], start=2) if any(map(text_of, cells))]
    missing = [HEADINGS[field] for field in ("name", "kind", "area") if field not in names]
    if filled and missing:
        raise UploadRefused(
            why_zh=f"第一行没有“{missing[0]}”列，请使用模板", why_en=f"it lacks the column {missing[0]}"
        )
    return [
        row_of(
            line,
            {HEADINGS[name]: text_of(cell) for name, cell in zip(names, cells, strict=False) if name},
            places,
            plan,
        )
        for line, cells in filled
    ]


def row_of(line: int, said: dict[str, str], places: Places, plan: VenuesDef) -> VenueRow:
    """A row from its cells as text."""
    told = {field: said.get(heading, "") for field, heading in HEADINGS.items()}
    try:
        draft = VenueDraft(
            kind=_kind(told["kind"], plan),
            area_id=places.find(told["area"]),
            name=told["name"],
            address=told["address"],
            lon=_degrees(told["lon"], "lon"),
            lat=_degrees(told["lat"], "lat"),
            size=_size(told["size"]),
            operator=told["operator"],
            contact_name=told["contact_name"],
            contact_phone=told["contact_phone"],
        )
    except InputInvalid as problem:
        details = problem.details
        return VenueRow(line, said, None, Wrong(details["field"], details["why_zh"], details["why_en"]))
    return VenueRow(line, said, draft)


def judged(row: VenueRow, problem: Problem | None) -> VenueRow:
    """The row with what stands against it, under the heading that is meant."""
    if problem is None:
        return row
    if isinstance(problem, InputInvalid):
        details = problem.details
        return replace(row, wrong=Wrong(HEADINGS.get(details["field"], ""), details["why_zh"], details["why_en"]))
    return replace(row, wrong=Wrong(HEADINGS["area"], problem.sentence("zh"), problem.sentence("en")))


def _kind(said: str, plan: VenuesDef) -> str:
    """The kind meant: by name, by code, or by a code of the standard that only one kind has."""
    by_standard = [kind.code for kind in plan.kinds.values() if said and kind.standard == said.upper()]
    found = next((kind.code for kind in plan.kinds.values() if said in (kind.name, kind.code)), None)
    if found is None and len(by_standard) == 1:
        found = by_standard[0]
    if found is None:
        zh = f"没有“{said[:20]}”这一类场所。" if said else "请填写类别。"
        en = f"There is no kind “{said[:20]}”." if said else "Name the kind."
        raise InputInvalid(field=HEADINGS["kind"], why_zh=zh, why_en=en)
    return found


def _degrees(said: str, field: str) -> float | None:
    if not said:
        return None
    try:
        return float(said)
    except ValueError:
        raise InputInvalid(
            field=HEADINGS[field], why_zh=f"“{said[:20]}”不是经纬度。", why_en=f"“{said[:20]}” are no degrees."
        ) from None


def _size(said: str) -> int | None:
    text = said.replace(",", "").replace("，", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputInvalid(
            field=HEADINGS["size"], why_zh=f"“{text[:20]}”不是整数。", why_en=f"“{text[:20]}” is no whole number."
        )
    return int(text)


# -- the template and the rows to be mended ------------------------------------------------------------


def venues_workbook(actor: Actor, plan: VenuesDef, rows: Sequence[VenueRow] = ()) -> bytes:
    """A workbook to fill in; with rows those that could not be taken, each with its reason, to be mended."""
    out = io.BytesIO()
    workbook = Workbook(out, {**OPTIONS, "constant_memory": False, "in_memory": True})
    bold = workbook.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
    text = workbook.add_format({"num_format": "@"})
    quoted = workbook.add_format({"num_format": "@", "quote_prefix": True})
    page: Any = workbook.add_worksheet(SHEET)
    names = [*HEADINGS.values(), *([WRONG] if rows else [])]
    page.freeze_panes(1, 0)
    page.write_row(0, 0, names, bold)
    page.set_column(0, len(names) - 1, 20, text)
    villages = list(places_by_name(actor, "venue.manage"))
    sources: dict[str, Any] = {HEADINGS["kind"]: [kind.name for kind in plan.kinds.values()]}
    if villages:
        sources[HEADINGS["area"]] = f"='{VILLAGES}'!$A$2:$A${len(villages) + 1}"
    for name, source in sources.items():
        place = names.index(name)
        # What is typed by hand is taken too, so the lists only help.
        choice = {"validate": "list", "source": source, "error_type": "information"}
        page.data_validation(1, place, MOST_VENUES, place, choice)
    for line, row in enumerate(rows, start=1):
        for number, name in enumerate(names):
            said = row.cells.get(name, "")
            if name == WRONG and row.wrong:
                said = f"{row.wrong.column}：{row.wrong.zh}" if row.wrong.column else row.wrong.zh
            page.write_string(line, number, said, quoted if said.startswith(FORMULA_STARTS) else text)
    for title, lines in ((VILLAGES, [VILLAGES, *villages]), (GUIDE, list(GUIDE_LINES))):
        further: Any = workbook.add_worksheet(title)
        further.set_column(0, 0, 90 if title == GUIDE else 40)
        further.write_column(0, 0, lines)
    workbook.close()
    return out.getvalue()

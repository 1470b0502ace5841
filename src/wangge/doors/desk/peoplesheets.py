"""A list of people as a table: the template to fill in, what a filled one says, and the rows to be mended.

Columns are found by their headings, in whatever order and sheet; headings that other cities use are known too.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from xlsxwriter import Workbook

from wangge.doors.desk.logsheets import GUIDE, VILLAGES, WRONG, Places, Wrong, places_by_name, text_of
from wangge.duties.observation.services.records import RecordDraft
from wangge.duties.observation.words import DOCUMENT_NAMES, ROLE_NAMES
from wangge.ground.kernel.identity import document_guessed
from wangge.ground.kernel.incoming import OLD_OR_LOCKED, Rows, read_csv, read_workbook
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, Problem, UploadRefused
from wangge.picture.tables.workbook import FORMULA_STARTS, OPTIONS

MOST_PEOPLE = 10_000
SHEET = "人员名单"
# Each field, its heading in the template, and the headings under which it comes from elsewhere.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名",),
    "document_kind": ("证件类型", "证件种类"),
    "document": ("证件号码", "身份证号码", "身份证号", "证件号", "身份证"),
    "phone": ("电话", "联系电话", "手机号码", "手机号", "手机", "联系方式"),
    "phone_2": ("另一电话", "备用电话"),
    "area": ("村（居）", "村居", "社区", "区划编码", "所在村（居）"),
    "address": ("现住地址", "住址", "详细地址", "现住址", "地址"),
    "role": ("人员类别", "类别", "人员类型"),
    "origin": ("来源地", "来自何地", "出发地"),
    "arrived_on": ("到达日期", "抵达日期", "来惠日期", "返回日期"),
    "last_exposure_on": ("末次接触日期", "最后接触日期"),
    "onset_on": ("发病日期",),
    "note": ("备注",),
}
HEADINGS = {field: names[0] for field, names in COLUMNS.items()}
FIELDS = {name: field for field, names in COLUMNS.items() for name in names}
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
GUIDE_LINES = (
    "第一行是列名，不要改动；各列次序可以调整，不用的列可以删去。",
    "姓名、证件号码、电话至少填一项。证件类型不填的，按身份证、居住证、港澳通行证号码自动识别。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "日期如 2020-01-30。人员类别不填的，按上传时选择的类别。",
    "已建档的人（证件相同，或姓名和电话相同）不会重复建档，只记一次再次上报。同一份名单重复上传不会重复导入。",
    f"每个文件不超过 {MOST_PEOPLE} 行。CSV 文件可用 UTF-8 或 GB18030（GBK）编码。",
)


@dataclass(frozen=True)
class PersonRow:
    """One filled row: its line, its cells as text by heading, what it means or what is wrong with it."""

    line: int
    cells: dict[str, str]
    draft: RecordDraft | None
    wrong: Wrong | None = None


def read_people(data: bytes, actor: Actor, role: str) -> list[PersonRow]:
    """Every filled row of a workbook or a CSV file; `role` is for rows that name none. Raises UploadRefused."""
    # By what it is, not by its name: a CSV file is no zip archive and no old Excel file.
    book = data.startswith((b"PK", OLD_OR_LOCKED))
    tables: Mapping[str, Rows] = read_workbook(data, MOST_PEOPLE) if book else {SHEET: read_csv(data, MOST_PEOPLE)}
    places, rows = Places(actor, "person.import"), []
    for sheet, found in tables.items():
        if sheet not in (VILLAGES, GUIDE) and found:
            rows += _rows(found, places, role)
    if not rows:
        raise UploadRefused(why_zh="没有填写任何一行", why_en="no row is filled in")
    if len(rows) > MOST_PEOPLE:
        raise UploadRefused(
            why_zh=f"共 {len(rows)} 行，超过 {MOST_PEOPLE} 行，请分开再传",
            why_en=f"it has {len(rows)} rows, more than {MOST_PEOPLE}; send it in parts",
        )
    return rows


def _rows(found: Rows, places: Places, role: str) -> list[PersonRow]:
    names = [FIELDS.get(text_of(cell).strip("*＊ "), "") for cell in found[0]]
    filled = [(line, cells) for line, cells in enumerate(found[1:], start=2) if any(map(text_of, cells))]
    if filled and not {"name", "document", "phone"}.intersection(names):
        raise UploadRefused(
            why_zh="第一行没有“姓名”“证件号码”或“电话”列，请使用模板",
            why_en="the first line has no column 姓名, 证件号码 or 电话; use the template",
        )
    rows = []
    for line, cells in filled:
        said = {HEADINGS[name]: text_of(cell) for name, cell in zip(names, cells, strict=False) if name}
        rows.append(row_of(line, said, places, role))
    return rows


def row_of(line: int, said: dict[str, str], places: Places, role: str) -> PersonRow:
    """A row from its cells as text."""
    told = {field: said.get(heading, "") for field, heading in HEADINGS.items()}
    try:
        kind, document = _document(told["document_kind"], told["document"])
        exposed, arrived = _day("last_exposure_on", told), _day("arrived_on", told)
        draft = RecordDraft(
            role=_code(told["role"], ROLE_NAMES, "role") or role,
            area_id=places.find(told["area"]),
            name=told["name"],
            document=document,
            document_kind=kind,
            phones=(told["phone"], told["phone_2"]),
            address=told["address"],
            origin=told["origin"],
            arrived_on=arrived,
            last_exposure_on=exposed or arrived,
            onset_on=_day("onset_on", told),
            note=told["note"],
        )
    except InputInvalid as problem:
        details = problem.details
        return PersonRow(line, said, None, Wrong(details["field"], details["why_zh"], details["why_en"]))
    return PersonRow(line, said, draft)


def judged(row: PersonRow, problem: Problem | None) -> PersonRow:
    """The row with what stands against it, under the heading that is meant."""
    if problem is None:
        return row
    if isinstance(problem, InputInvalid):
        details = problem.details
        field = {"phones": "phone"}.get(details["field"], details["field"])
        return replace(row, wrong=Wrong(HEADINGS.get(field, ""), details["why_zh"], details["why_en"]))
    return replace(row, wrong=Wrong(HEADINGS["area"], problem.sentence("zh"), problem.sentence("en")))


def _document(kind: str, number: str) -> tuple[str, str]:
    code = _code(kind, DOCUMENT_NAMES, "document_kind")
    if not number:
        return "none", ""
    if code and code != "none":
        return code, number
    guessed = document_guessed(number)
    # What begins with no letter is looked at as a resident card, so that a slip in it is named.
    return guessed or ("passport" if number[0].isalpha() else "id_card", number)


def _code(said: str, names: Mapping[str, str], field: str) -> str:
    if not said:
        return ""
    found = next((code for code, name in names.items() if said in (code, name) or said in SHORT.get(code, ())), None)
    if found is None:
        raise InputInvalid(
            field=HEADINGS[field], why_zh=f"没有“{said[:20]}”这一项。", why_en=f"There is no “{said[:20]}” here."
        )
    return found


# The short words that lists use.
SHORT = {
    "id_card": ("身份证", "二代身份证"),
    "hk_mo_permit": ("港澳通行证", "回乡证"),
    "tw_permit": ("台胞证", "台湾通行证"),
    "residence_permit": ("居住证",),
    "passport": ("外国护照",),
    "none": ("无", "未知"),
    "arrival": ("来返人员", "来惠人员", "返惠人员", "疫情发生地来返人员"),
    "close_contact": ("密接", "密接者"),
    "secondary_contact": ("次密接",),
    "suspected": ("疑似", "疑似患者"),
    "confirmed": ("确诊", "确诊患者"),
}


def _day(field: str, told: Mapping[str, str]) -> date | None:
    text = told[field].strip()
    if not text:
        return None
    match = DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(text)
    except ValueError:
        raise InputInvalid(
            field=HEADINGS[field],
            why_zh=f"“{text[:20]}”不是日期，应如 2020-01-30。",
            why_en=f"“{text[:20]}” is no date such as 2020-01-30.",
        ) from None


# -- the template and the rows to be mended ------------------------------------------------------------


def people_workbook(actor: Actor, rows: Sequence[PersonRow] = ()) -> bytes:
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
    villages = list(places_by_name(actor, "person.import"))
    _choices(page, names, len(villages))
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


def _choices(page: Any, names: Sequence[str], villages: int) -> None:
    # What is typed by hand is taken too, so the lists only help.
    sources: dict[str, Any] = {
        HEADINGS["document_kind"]: list(DOCUMENT_NAMES.values()),
        HEADINGS["role"]: list(ROLE_NAMES.values()),
    }
    if villages:
        sources[HEADINGS["area"]] = f"='{VILLAGES}'!$A$2:$A${villages + 1}"
    for name, source in sources.items():
        place = names.index(name)
        page.data_validation(
            1, place, MOST_PEOPLE, place, {"validate": "list", "source": source, "error_type": "information"}
        )

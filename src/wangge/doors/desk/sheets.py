"""Lists as tables: what a list's sheets look like, what a filled one says, and the workbook to fill in or to mend.

One reader for every list: columns are found by their headings, in whatever order; headings that other places use are
known too. What a row means, each list says for itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from xlsxwriter import Workbook

from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.incoming import MOST_ROWS, OLD_OR_LOCKED, Rows, read_csv, read_workbook
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, Problem, UploadRefused
from wangge.picture.tables.workbook import FORMULA_STARTS, OPTIONS, sheet_name

VILLAGES, GUIDE, WRONG = "村（居）名单", "填表说明", "错误"
# What Excel takes in a list written out.
LONGEST_LIST = 250
AREA = "area"
Draft = TypeVar("Draft")


@dataclass(frozen=True)
class Column:
    """One column: the field it fills, its heading in the template, and the headings under which it comes otherwise."""

    field: str
    heading: str
    also: tuple[str, ...] = ()
    choices: Sequence[str] = ()
    hint: str = ""
    number: bool = False


@dataclass(frozen=True)
class SheetForm(Generic[Draft]):
    """One sheet of a list. `make` turns what a row tells, by field, and its village into a draft.

    `needs` are the columns that must be there, each a choice of fields. `stands_for` says which column is meant where a
    service names a field by another name.
    """

    name: str
    columns: Sequence[Column]
    make: Callable[[Mapping[str, str], UUID], Draft]
    needs: Sequence[tuple[str, ...]]
    stands_for: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def headings(self) -> dict[str, str]:
        """The template's headings by field."""
        return {column.field: column.heading for column in self.columns}

    @cached_property
    def fields(self) -> dict[str, str]:
        """The fields by every heading that names them."""
        return {name: column.field for column in self.columns for name in (column.heading, *column.also)}


@dataclass(frozen=True)
class ListForm(Generic[Draft]):
    """A list: its sheets, what its guide says, and how many rows one file may hold.

    With `by_name` a sheet is known by its name; else every sheet of a file, whatever its name, is of the one form, and
    a CSV file is taken too.
    """

    sheets: Sequence[SheetForm[Draft]]
    guide: Sequence[str]
    most: int = MOST_ROWS
    by_name: bool = False


@dataclass(frozen=True)
class Wrong:
    """One cell that cannot be taken: the column's heading ("" for the whole row), and why in both languages."""

    column: str
    zh: str
    en: str


@dataclass(frozen=True)
class Row(Generic[Draft]):
    """One filled row: where it stands, its cells as text by heading, what it means or what is wrong with it."""

    form: SheetForm[Draft]
    line: int
    cells: dict[str, str]
    draft: Draft | None
    wrong: Wrong | None = None

    @property
    def sheet(self) -> str:
        return self.form.name


# -- what a filled one says ----------------------------------------------------------------------------


def read_list(data: bytes, form: ListForm[Draft], places: Places) -> list[Row[Draft]]:
    """Every filled row of a workbook or a CSV file. Raises UploadRefused."""
    rows = [row for sheet, found in _tables(data, form) for row in _rows(sheet, found, places)]
    if not rows:
        raise UploadRefused(why_zh="没有填写任何一行", why_en="no row is filled in")
    if len(rows) > form.most:
        raise UploadRefused(
            why_zh=f"共 {len(rows)} 行，超过 {form.most} 行，请分开再传",
            why_en=f"it has {len(rows)} rows, more than {form.most}; send it in parts",
        )
    return rows


def _tables(data: bytes, form: ListForm[Draft]) -> list[tuple[SheetForm[Draft], Rows]]:
    # By what it is, not by its name: a CSV file is no zip archive and no old Excel file.
    if not form.by_name and not data.startswith((b"PK", OLD_OR_LOCKED)):
        return [(form.sheets[0], read_csv(data, form.most))]
    found = {name: rows for name, rows in read_workbook(data, form.most).items() if name not in (VILLAGES, GUIDE)}
    if not form.by_name:
        return [(form.sheets[0], rows) for rows in found.values()]
    known = {sheet.name: sheet for sheet in form.sheets}
    if unknown := next((name for name, rows in found.items() if name not in known and any(rows)), None):
        raise UploadRefused(
            why_zh=f"“{unknown}”不是模板里的表，请用模板里的表名",
            why_en=f"“{unknown}” is no sheet of the template; keep the names of its sheets",
        )
    return [(sheet, found[name]) for name, sheet in known.items() if name in found]


def _rows(sheet: SheetForm[Draft], found: Rows, places: Places) -> Iterable[Row[Draft]]:
    if not found:
        return
    names = [sheet.fields.get(cell_text(cell).strip("*＊ "), "") for cell in found[0]]
    filled = [(line, cells) for line, cells in enumerate(found[1:], start=2) if any(map(cell_text, cells))]
    lacking = next((fields for fields in sheet.needs if not set(fields).intersection(names)), None)
    if filled and lacking:
        either = [f"“{sheet.headings[one]}”" for one in lacking]
        raise UploadRefused(
            why_zh=f"“{sheet.name}”第一行缺少列{'或'.join(either)}，请使用模板",
            why_en=f"“{sheet.name}” lacks the column {' or '.join(either)}; use the template",
        )
    for line, cells in filled:
        yield row_of(
            sheet,
            line,
            {sheet.headings[name]: cell_text(cell) for name, cell in zip(names, cells, strict=False) if name},
            places,
        )


def row_of(sheet: SheetForm[Draft], line: int, cells: dict[str, str], places: Places) -> Row[Draft]:
    """A row from its cells as text, by the template's headings."""
    told = {name: cells.get(heading, "") for name, heading in sheet.headings.items()}
    try:
        draft = sheet.make(told, places.find(told[AREA]))
    except InputInvalid as problem:
        return judged(Row(sheet, line, cells, None), problem)
    return Row(sheet, line, cells, draft)


def judged(row: Row[Draft], problem: Problem | None) -> Row[Draft]:
    """The row with what stands against it, under the heading that is meant."""
    if problem is None:
        return row
    if isinstance(problem, InputInvalid):
        said = problem.details["field"]
        column = row.form.headings.get(row.form.stands_for.get(said, said), "")
        return replace(row, wrong=Wrong(column, problem.details["why_zh"], problem.details["why_en"]))
    return replace(row, wrong=Wrong(row.form.headings[AREA], problem.sentence("zh"), problem.sentence("en")))


def places_by_name(actor: Actor, verb: str) -> dict[str, UUID]:
    """The villages where somebody may do this, by their name from the county down, in the order of their codes."""
    areas = tree()
    tops = [area for area in actor.area_ids if may(actor, verb, area)]
    found = {place for top in tops for place in (top, *areas.descendants(top))}
    nodes = sorted((areas.get(place) for place in found), key=lambda node: node.code)
    return {areas.path_name(node.id): node.id for node in nodes if node.level == "village" and not node.ended}


class Places:
    """The villages where somebody may do this, by every way to name one: code, path, or a name that only one has."""

    def __init__(self, actor: Actor, verb: str) -> None:
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
            raise wrong_in(AREA, "请填写村（居）。", "Name the village or community.")
        if name in self._shared:
            raise wrong_in(AREA, f"有多个“{name}”，请写明镇（街）。", f"There are several “{name}”; add the town.")
        if name not in self._known:
            raise wrong_in(AREA, f"您的辖区内没有“{name}”。", f"There is no “{name}” in your area.")
        return self._known[name]


def wrong_in(field: str, zh: str, en: str) -> InputInvalid:
    """What is wrong with a field of a row."""
    return InputInvalid(field=field, why_zh=zh, why_en=en)


def count_in(said: str, field: str) -> int | None:
    """A whole number of a cell, None where it is empty. Raises InputInvalid."""
    text = said.replace(",", "").replace("，", "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise wrong_in(field, f"“{text[:20]}”不是整数。", f"“{text[:20]}” is no whole number.")
    return int(text)


def cell_text(cell: Any) -> str:
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


# -- the workbook to fill in or to mend ----------------------------------------------------------------


def list_workbook(form: ListForm[Draft], villages: Sequence[str], wrong: Sequence[Row[Draft]] = ()) -> bytes:
    """A workbook to fill in; with rows those that could not be taken, each with its reason, to be mended."""
    out = io.BytesIO()
    workbook = Workbook(out, {**OPTIONS, "constant_memory": False, "in_memory": True})
    bold = workbook.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
    text = workbook.add_format({"num_format": "@"})
    quoted = workbook.add_format({"num_format": "@", "quote_prefix": True})
    for sheet in form.sheets:
        rows = [row for row in wrong if row.sheet == sheet.name]
        if wrong and not rows:
            continue
        page: Any = workbook.add_worksheet(sheet_name(sheet.name))
        page.freeze_panes(1, 0)
        for place, column in enumerate(sheet.columns):
            page.write_string(0, place, column.heading, bold)
            page.set_column(place, place, 30 if column.field == AREA else 20, None if column.number else text)
            if column.hint:
                page.write_comment(0, place, column.hint)
            _choices(page, place, column, form.most, len(villages))
        if rows:
            page.write_string(0, len(sheet.columns), WRONG, bold)
            page.set_column(len(sheet.columns), len(sheet.columns), 40)
        for line, row in enumerate(rows, start=1):
            for place, said in enumerate([*(row.cells.get(one.heading, "") for one in sheet.columns), _reason(row)]):
                page.write_string(line, place, said, quoted if said.startswith(FORMULA_STARTS) else text)
    for title, lines, width in ((VILLAGES, [VILLAGES, *villages], 40), (GUIDE, form.guide, 90)):
        further: Any = workbook.add_worksheet(title)
        further.set_column(0, 0, width)
        further.write_column(0, 0, lines)
    workbook.close()
    return out.getvalue()


def _reason(row: Row[Draft]) -> str:
    if row.wrong is None:
        return ""
    return f"{row.wrong.column}：{row.wrong.zh}" if row.wrong.column else row.wrong.zh


def _choices(page: Any, place: int, column: Column, most: int, villages: int) -> None:
    source: Any = list(column.choices)
    if column.field == AREA and villages:
        source = f"='{VILLAGES}'!$A$2:$A${villages + 1}"
    if source and (isinstance(source, str) or sum(map(len, source)) + len(source) < LONGEST_LIST):
        # What is typed by hand is taken too, so the lists only help.
        page.data_validation(1, place, most, place, {"validate": "list", "source": source, "error_type": "information"})

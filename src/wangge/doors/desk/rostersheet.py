"""A roster as Excel in the usual layout: names down, days across, 白、夜、休 in the cells."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import xlsxwriter

from wangge.duties.rosters.queries.grid import Grid
from wangge.ground.areas.tree import tree
from wangge.picture.tables.workbook import FORMULA_STARTS

WEEKDAYS = "一二三四五六日"
NAME, VACANT, REST, WRONG, GUIDE = "姓名", "空缺", "休", "错误", "填表说明"
GUIDE_LINES = (
    "直接在格内改班次简写，改好后在值班表页面“导入 Excel”上传；先看改动，确认后才生效。",
    "一格可写多个班次，如“白夜”；“休”或空白为不值班。不在表里的人不变，删去的行不变。",
    "一个班次有多个岗位空着时，先排本人岗位；本人岗位没有空的，请写明岗位，如“白（东湖社区民警）”。",
    "姓名重复的，在姓名后写明岗位。“空缺”一行由系统计算，改了不算。",
)


class Fault(NamedTuple):
    """What is wrong with a cell, in both languages: its line and column of the sheet (column 0: the name), as told."""

    line: int
    column: int
    told: str
    zh: str
    en: str


def roster_sheet(grid: Grid) -> bytes:
    """The whole roster, a row for each person of the unit, one for what nobody has; who has no shift rests 休."""
    rows = [
        [label, *(cell_of(grid, person, day) or REST for day in grid.days)]
        for person, label in sorted(grid.labels.items(), key=lambda one: (one[1], str(one[0])))
    ]
    vacant = [len(grid.cells.get((None, day), ())) for day in grid.days]
    if any(vacant):
        rows.append([VACANT, *(str(number or "") for number in vacant)])
    return _written(grid, [NAME, *(f"{day.month}/{day.day}\n{WEEKDAYS[day.weekday()]}" for day in grid.days)], rows)


def cell_of(grid: Grid, person: UUID, day: date) -> str:
    """What somebody's cell of a day says; nothing where they rest."""
    shifts = grid.case.plan.shifts
    return "".join(shifts[seat.shift].short for seat in grid.cells.get((person, day), ()))


def faults_sheet(grid: Grid, rows: list[list[str]], head: int, faults: list[Fault]) -> bytes:
    """The rows that hold what could not be taken, as they were sent, with the reasons behind; to be mended and sent."""
    wrong: dict[int, list[Fault]] = {}
    for fault in faults:
        wrong.setdefault(fault.line, []).append(fault)
    titles = rows[head]
    lines: list[list[str]] = []
    marked: dict[tuple[int, int], Fault] = {}
    for line, found in sorted(wrong.items()):
        if line > head + 1:
            marked |= {(len(lines), fault.column): fault for fault in found}
            lines.append([*rows[line - 1], "；".join(_reason(titles, fault) for fault in found)])
    # What is wrong with a heading concerns every row, so it stands by itself.
    lines += [["", *[""] * (len(titles) - 1), _reason(titles, fault)] for fault in wrong.get(head + 1, ())]
    return _written(grid, [*titles, WRONG], lines, marked)


def _reason(titles: list[str], fault: Fault) -> str:
    title = titles[fault.column].partition("\n")[0] if fault.column < len(titles) else ""
    return f"{title}：{fault.zh}"


def _written(
    grid: Grid, titles: list[str], rows: list[list[str]], marked: Mapping[tuple[int, int], Fault] | None = None
) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet: Any = book.add_worksheet("值班表")
    edge = {"border": 1, "align": "center", "valign": "vcenter", "num_format": "@"}
    head, body = book.add_format({**edge, "bold": True, "text_wrap": True}), book.add_format(edge)
    wrong, quoted = book.add_format({**edge, "bg_color": "#F9D6D5"}), book.add_format({**edge, "quote_prefix": True})
    title = f"{tree().get(grid.case.roster.area_id).name}值班表 {grid.days[0]}—{grid.days[-1]}"
    large = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    sheet.merge_range(0, 0, 0, max(len(titles) - 1, 1), title, large)
    for place, text in enumerate(titles):
        sheet.write_string(1, place, text, head)
    for number, row in enumerate(rows):
        for place, text in enumerate(row):
            plain = quoted if text.startswith(FORMULA_STARTS) else head if place == 0 else body
            sheet.write_string(number + 2, place, text, wrong if (number, place) in (marked or {}) else plain)
    sheet.set_column(0, 0, max([12, *(2 * len(row[0]) for row in rows)]))
    sheet.set_column(1, len(grid.days), 5)
    if titles[-1] == WRONG:
        sheet.set_column(len(titles) - 1, len(titles) - 1, 60)
    sheet.freeze_panes(2, 1)
    sheet.repeat_rows(0, 1)
    sheet.repeat_columns(0)
    sheet.set_landscape()
    sheet.set_paper(9 if len(grid.days) <= 14 else 8)  # A4, and A3 for a month
    sheet.fit_to_pages(1, 0)
    guide: Any = book.add_worksheet(GUIDE)
    guide.set_column(0, 0, 100)
    guide.write_column(0, 0, GUIDE_LINES)
    book.close()
    return out.getvalue()

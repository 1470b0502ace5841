"""Excel workbooks written row by row: memory does not grow with the rows, and text is never a formula.

A sheet of Excel holds 1,048,576 rows; what is longer goes on in a further sheet under the same headings. A cell that
begins like a formula (=, +, -, @) is text, and marked as such (`quotePrefix`), so that it stays text when somebody
edits it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from wangge.ground.kernel.clock import local

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# What Excel takes in no name of a sheet, and how long one may be.
NOT_IN_NAMES = str.maketrans("[]:*?/\\'", "（）：＊？／＼’")
LONGEST_NAME = 31
FORMULA_STARTS = tuple("=+-@\t\r")
FORMATS: dict[str, dict[str, Any]] = {
    "heading": {"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True, "valign": "vcenter"},
    "text": {"valign": "top"},
    "wrapped": {"valign": "top", "text_wrap": True},
    "quoted": {"valign": "top", "quote_prefix": True},
    "number": {"num_format": "#,##0", "valign": "top"},
    "share": {"num_format": '0.0"%"', "valign": "top"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"},
    "day": {"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"},
}
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd hh:mm",
}


@dataclass(frozen=True)
class Column:
    """One column: its heading, the width in characters, and what stands in it."""

    heading: str
    width: int = 14
    holds: Literal["text", "number", "share", "instant", "day"] = "text"


@dataclass(frozen=True)
class Sheet:
    """A table: rows of values in the order of the columns; None is an empty cell. Rows are read once."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Facts:
    """A sheet of its own with what the workbook is: lines of a name and what it is."""

    name: str
    lines: Sequence[tuple[str, str]]


def write_workbook(out: IO[bytes], sheets: Iterable[Sheet | Facts], *, made_at: datetime, title: str) -> int:
    """Write the sheets one after the other into an open file; the number of rows of all tables.

    Sheets are taken one by one, so that one made by a generator can tell of those written before it.
    """
    workbook = Workbook(out, OPTIONS)
    # The file says when it was made; by the city's clock, because Excel knows no zones.
    workbook.set_properties({"title": title, "created": local(made_at).replace(tzinfo=None)})
    formats = {name: workbook.add_format(shape) for name, shape in FORMATS.items()}
    written = 0
    try:
        for sheet in sheets:
            if isinstance(sheet, Facts):
                _write_facts(workbook.add_worksheet(sheet_name(sheet.name)), sheet, formats)
            else:
                written += _write_sheet(workbook, sheet, formats)
    finally:
        # What XlsxWriter keeps in files of its own is taken away by closing, also after an error.
        workbook.close()
    return written


def _write_facts(page: Worksheet, facts: Facts, formats: dict[str, Format]) -> None:
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 80)
    for number, (name, text) in enumerate(facts.lines):
        page.write_string(number, 0, name, formats["heading"])
        page.write_string(number, 1, _fitting(text), formats["quoted" if _like_formula(text) else "wrapped"])


def _write_sheet(workbook: Workbook, sheet: Sheet, formats: dict[str, Format]) -> int:
    page, line, total, parts = _begun(workbook, sheet, sheet_name(sheet.name), formats), 1, 0, 1
    for row in sheet.rows:
        if line == MOST_ROWS:
            parts += 1
            page, line = _begun(workbook, sheet, sheet_name(sheet.name, f"（{parts}）"), formats), 1
        for number, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            if value is not None and value != "":
                _write_cell(page, line, number, column, value, formats)
        line += 1
        total += 1
    return total


def sheet_name(name: str, ending: str = "") -> str:
    """A name that Excel takes for a sheet."""
    return name.translate(NOT_IN_NAMES)[: LONGEST_NAME - len(ending)] + ending


def _begun(workbook: Workbook, sheet: Sheet, name: str, formats: dict[str, Format]) -> Worksheet:
    page: Worksheet = workbook.add_worksheet(name)
    page.freeze_panes(1, 0)
    for number, column in enumerate(sheet.columns):
        page.set_column(number, number, column.width)
    for number, column in enumerate(sheet.columns):
        page.write_string(0, number, column.heading, formats["heading"])
    return page


def _write_cell(
    page: Worksheet, line: int, number: int, column: Column, value: Any, formats: dict[str, Format]
) -> None:
    if column.holds == "instant" and isinstance(value, datetime):
        page.write_datetime(line, number, local(value).replace(tzinfo=None), formats["instant"])
    elif column.holds == "day" and isinstance(value, date):
        page.write_datetime(line, number, datetime(value.year, value.month, value.day), formats["day"])  # noqa: DTZ001
    elif column.holds in ("number", "share") and isinstance(value, int | float):
        page.write_number(line, number, value, formats[column.holds])
    else:
        text = _fitting(str(value))
        page.write_string(line, number, text, formats["quoted" if _like_formula(text) else "text"])


def _like_formula(text: str) -> bool:
    return text.startswith(FORMULA_STARTS)


def _fitting(text: str) -> str:
    """What a cell can hold: what is longer ends in an ellipsis, and half characters become a mark."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"

"""Excel workbooks made piece by piece: the first rows go out before the last are known, and text is never a formula.

XlsxWriter makes the frame, which is small: styles, columns, headings and the sheets of facts. The rows are put between
its beginning and its end, and an archive without a known length carries both, so that neither memory nor the first byte
waits for the number of rows.

A sheet of Excel holds 1,048,576 rows; what is longer goes on in a further sheet under the same headings. A cell that
begins like a formula (=, +, -, @) is text, and marked as such (`quotePrefix`), so that it stays text when somebody
edits it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from typing import Any, Literal
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from wangge.ground.kernel.clock import local

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# Rows are handed to the archive by so many, and a piece of the file is at least so long.
ROWS_AT_ONCE = 500
PIECE = 16 * 1024
# What Excel takes in no name of a sheet, and how long one may be.
NOT_IN_NAMES = str.maketrans("[]:*?/\\'", "（）：＊？／＼’")
LONGEST_NAME = 31
FORMULA_STARTS = tuple("=+-@\t\r")
# Every workbook has these styles in this order; a cell names its style by the number, from 1.
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
STYLES = {name: number for number, name in enumerate(FORMATS, 1)}
# Excel counts days from here.
DAY_NOUGHT = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel knows no zones
DAY = timedelta(days=1)
# Characters that XML cannot hold, and what would be read as one of them, are written as Excel does: _x000B_.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
# In constant memory the frame's words stand in its cells, not in a table of their own that rows would have to share.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


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


class _Outgoing(io.RawIOBase):
    """Where the archive writes to: what has gathered is taken away, and it cannot go back."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.gathered += piece
        return len(piece)

    def taken(self, least: int = 1) -> Iterator[bytes]:
        """What has gathered, if it is enough."""
        if len(self.gathered) >= least:
            yield bytes(self.gathered)
            self.gathered.clear()


def workbook_pieces(sheets: Iterable[Sheet | Facts], *, made_at: datetime, title: str) -> Iterator[bytes]:
    """The file in pieces, sheet after sheet; rows are asked for as the pieces are.

    Sheets are taken one by one, so that one made by a generator can tell of those written before it.
    """
    out, pages = _Outgoing(), list[Sheet | Facts]()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for sheet in sheets:
            if isinstance(sheet, Facts):
                pages.append(replace(sheet, name=sheet_name(sheet.name)))
                continue
            for part, rows in enumerate(_parts(sheet.rows), 1):
                bare = replace(sheet, name=sheet_name(sheet.name, f"（{part}）" if part > 1 else ""), rows=())
                head, tail = _around_rows(bare, first=not pages)
                pages.append(bare)
                with archive.open(_path(len(pages)), "w", force_zip64=True) as page:
                    page.write(head)
                    for lines in _lines(rows, sheet.columns):
                        page.write(lines)
                        yield from out.taken(PIECE)
                    page.write(tail)
        own = {_path(number) for number, page in enumerate(pages, 1) if isinstance(page, Sheet)}
        frame = _frame(pages, made_at=made_at, title=title)
        for name in frame.namelist():
            if name not in own:
                # A bare entry carries no hour of its making, so that the same content is the same file.
                archive.writestr(ZipInfo(name), frame.read(name), ZIP_DEFLATED)
    yield from out.taken()


def sheet_name(name: str, ending: str = "") -> str:
    """A name that Excel takes for a sheet."""
    return name.translate(NOT_IN_NAMES)[: LONGEST_NAME - len(ending)] + ending


def _path(number: int) -> str:
    return f"xl/worksheets/sheet{number}.xml"


def _parts(rows: Iterable[Sequence[Any]]) -> Iterator[Iterator[Sequence[Any]]]:
    """The rows as sheets hold them, each part read before the next is asked for; one part at least."""
    left = iter(rows)
    yield islice(left, MOST_ROWS - 1)
    for row in left:
        yield chain([row], islice(left, MOST_ROWS - 2))


def _frame(pages: Sequence[Sheet | Facts], *, made_at: datetime, title: str) -> ZipFile:
    """A workbook of these pages without rows, as XlsxWriter makes it."""
    out = io.BytesIO()
    workbook = Workbook(out, OPTIONS)
    # The file says when it was made; by the city's clock, because Excel knows no zones.
    workbook.set_properties({"title": title, "created": local(made_at).replace(tzinfo=None)})
    formats = {name: workbook.add_format(shape) for name, shape in FORMATS.items()}
    for style in formats.values():
        # XlsxWriter numbers a style when it is first used. The rows go by the numbers of STYLES, so all are used now.
        style._get_xf_index()
    for page in pages:
        sheet = workbook.add_worksheet(page.name)
        if isinstance(page, Facts):
            _write_facts(sheet, page, formats)
            continue
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(page.columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.heading, formats["heading"])
    workbook.close()
    return ZipFile(out)


def _write_facts(page: Worksheet, facts: Facts, formats: dict[str, Format]) -> None:
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 80)
    for number, (name, text) in enumerate(facts.lines):
        page.write_string(number, 0, name, formats["heading"])
        page.write_string(number, 1, _fitting(text), formats["quoted" if _like_formula(text) else "wrapped"])


def _around_rows(page: Sheet, *, first: bool) -> tuple[bytes, bytes]:
    """What stands before and after the rows of a sheet."""
    frame = _frame([page], made_at=DAY_NOUGHT.replace(tzinfo=UTC), title="")
    # How far the rows will reach is not known yet, and of several sheets only the first is to be selected.
    xml = re.sub("<dimension [^>]*>", "", frame.read(_path(1)).decode())
    head, _, tail = (xml if first else xml.replace(' tabSelected="1"', "")).partition("</sheetData>")
    return head.encode(), f"</sheetData>{tail}".encode()


def _lines(rows: Iterator[Sequence[Any]], columns: Sequence[Column]) -> Iterator[bytes]:
    """The rows of a sheet as XML, under the headings."""
    named = [(xl_col_to_name(number), column.holds) for number, column in enumerate(columns)]
    line = 1
    while gathered := list(islice(rows, ROWS_AT_ONCE)):
        lines = []
        for row in gathered:
            line += 1
            cells = [
                _cell(f"{name}{line}", holds, value)
                for (name, holds), value in zip(named, row, strict=True)
                if value is not None and value != ""
            ]
            lines.append(f'<row r="{line}">{"".join(cells)}</row>')
        yield "".join(lines).encode()


def _cell(at: str, holds: str, value: Any) -> str:
    if holds == "instant" and isinstance(value, datetime):
        return _number(at, holds, (local(value).replace(tzinfo=None) - DAY_NOUGHT) / DAY)
    if holds == "day" and isinstance(value, date):
        return _number(at, holds, (value - DAY_NOUGHT.date()).days)
    if holds in ("number", "share") and isinstance(value, int | float):
        return _number(at, holds, value)
    text = _fitting(str(value))
    style = STYLES["quoted" if _like_formula(text) else "text"]
    written = UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(text))
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'


def _number(at: str, holds: str, value: float) -> str:
    return f'<c r="{at}" s="{STYLES[holds]}"><v>{value:.16G}</v></c>'


def _like_formula(text: str) -> bool:
    return text.startswith(FORMULA_STARTS)


def _fitting(text: str) -> str:
    """What a cell can hold: what is longer ends in an ellipsis, and half characters become a mark."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST_TEXT else whole[: LONGEST_TEXT - 1] + "…"

"""Reading a table somebody sent: looked at before it is read, because a small file can unfold without end.

Of workbooks only .xlsx without macros is taken, up to a size as sent and unfolded, and with no cell further out than
a table of ours reaches: readers hold everything between the first cell and the last.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from wangge.ground.kernel.problems import UploadRefused

MOST_BYTES = 5 * 1024 * 1024
MOST_UNFOLDED = 64 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 60
MOST_SHEETS = 60
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
# Where a cell or a row says it stands: r="B12" or r="12", in whichever quotes.
PLACE = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<]*?\br\s*=\s*[\"']\s*([A-Za-z]*)([0-9]*)")
# What no workbook of an office program holds, and what makes parsers do more than read.
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)

Rows = list[list[Any]]


def read_workbook(data: bytes, most_rows: int = MOST_ROWS) -> dict[str, Rows]:
    """The sheets of a workbook by name, each as rows of values from its first line and column on.

    Raises UploadRefused.
    """
    _check(data, most_rows)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if len(names) > MOST_SHEETS:
            raise _too_large(f"工作表超过 {MOST_SHEETS} 张", f"it has more than {MOST_SHEETS} sheets")
        return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except (CalamineError, ValueError, OSError) as error:
        raise _unreadable() from error


def read_csv(data: bytes, most_rows: int = MOST_ROWS) -> Rows:
    """The rows of a text table, separated by commas, semicolons or tabs, in UTF-8 or GB 18030. Raises UploadRefused."""
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise _too_large(f"文件超过 {limit} MB", f"it is larger than {limit} MB")
    text = _decoded(data)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)]
    except csv.Error:
        raise UploadRefused(why_zh="不是完好的 CSV 文件", why_en="it is no sound CSV file") from None
    if len(rows) > most_rows + 1 or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise _too_large(
            f"最多 {most_rows} 行、{MOST_COLUMNS} 列", f"it holds at most {most_rows} rows and {MOST_COLUMNS} columns"
        )
    return rows


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UploadRefused(
        why_zh="看不出是什么编码，请另存为 UTF-8 的 CSV 或 .xlsx",
        why_en="its encoding is unknown; save it as CSV in UTF-8 or as .xlsx",
    )


def _check(data: bytes, most_rows: int) -> None:
    if len(data) > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise _too_large(f"文件超过 {limit} MB", f"it is larger than {limit} MB")
    if data.startswith(OLD_OR_LOCKED):
        raise UploadRefused(
            why_zh="是旧版 .xls 或加了密码的文件，请另存为不加密的 .xlsx",
            why_en="it is an old .xls or locked by a password; save it as .xlsx without one",
        )
    if not data.startswith(b"PK\x03\x04"):
        raise _unreadable()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            _check_parts(parts, most_rows)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _unreadable() from error


def _check_parts(parts: zipfile.ZipFile, most_rows: int) -> None:
    names = {name.lower() for name in parts.namelist()}
    if not {"[content_types].xml", "xl/workbook.xml"} <= names:
        raise _unreadable()
    if any(name.endswith("vbaproject.bin") for name in names):
        raise UploadRefused(why_zh="含有宏，请另存为 .xlsx", why_en="it holds macros; save it as .xlsx")
    if len(names) > MOST_PARTS or sum(part.file_size for part in parts.infolist()) > MOST_UNFOLDED:
        raise _unfolds()
    unfolded = 0
    for part in parts.infolist():
        # What the directory says is not believed: reading stops there, and a lie shows in the checksum.
        content = parts.read(part)
        unfolded += len(content)
        if unfolded > MOST_UNFOLDED:
            raise _unfolds()
        _check_places(content, most_rows)


def _check_places(content: bytes, most_rows: int) -> None:
    if DECLARATION.search(content):
        raise _unreadable()
    for column, row in PLACE.findall(content):
        if (row and (len(row) > 6 or int(row) > most_rows + 1)) or _number(column) > MOST_COLUMNS:
            raise _too_large(
                f"一张表最多 {most_rows} 行、{MOST_COLUMNS} 列",
                f"a sheet holds at most {most_rows} rows and {MOST_COLUMNS} columns",
            )


def _number(column: bytes) -> int:
    """A column's number by its letters: A is 1, AA is 27; no letters are 0."""
    if len(column) > 3:
        return MOST_COLUMNS + 1
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _unreadable() -> UploadRefused:
    return UploadRefused(why_zh="不是完好的 .xlsx 表格", why_en="it is no sound .xlsx workbook")


def _too_large(zh: str, en: str) -> UploadRefused:
    return UploadRefused(why_zh=f"{zh}，请分开再传", why_en=f"{en}; send it in parts")


def _unfolds() -> UploadRefused:
    return UploadRefused(why_zh="解开后过大", why_en="it unfolds to too much")

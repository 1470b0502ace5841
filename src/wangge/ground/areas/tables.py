"""Reading a table somebody sent: any text encoding met in offices here, every bad line named."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from wangge.ground.kernel.problems import AreaFileUnreadable


@dataclass(frozen=True)
class LineError:
    """A line that cannot be taken: its number in the file (the heading is line 1) and why."""

    line: int
    zh: str
    en: str


@dataclass(frozen=True)
class Line:
    """One line of a table: its number in the file and its trimmed cells by heading."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.cells.get(heading, "")


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, with or without BOM, or GB18030. Raises AreaFileUnreadable.

    UTF-8 with a few broken bytes stays UTF-8, with U+FFFD where they were: read as GB18030 the whole
    file would turn into other characters, and nobody would be told.
    """
    if not data.strip():
        raise AreaFileUnreadable(why_zh="文件是空的", why_en="the file is empty")
    text = data.decode("utf-8-sig", errors="replace")
    broken = text.count("\ufffd")
    if broken * 2 > sum(not character.isascii() for character in text):
        text = data.decode("gb18030", errors="replace")
        broken = text.count("\ufffd")
    if "\0" in text or broken * 2 > sum(not character.isascii() for character in text):
        raise AreaFileUnreadable(
            why_zh="不是 UTF-8 或 GB18030 编码的文本表格，请另存为 CSV 后再试",
            why_en="it is not a text table in UTF-8 or GB18030; save it as CSV and try again",
        )
    return text


def read_table(data: bytes, headings: tuple[str, ...]) -> tuple[list[Line], list[LineError]]:
    """The lines of a comma- or tab-separated table that has at least these headings.

    A line with more or fewer cells than headings is an error of that line; blank lines are passed
    over. Raises AreaFileUnreadable where there is no such table at all.
    """
    text = decode(data)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in first else ",")
    lines: list[Line] = []
    errors: list[LineError] = []
    try:
        found = [heading.strip() for heading in next(reader, [])]
        missing = [heading for heading in headings if heading not in found]
        if missing:
            names = "、".join(missing)
            raise AreaFileUnreadable(
                why_zh=f"第一行缺少列：{names}", why_en=f"the first line lacks the columns {', '.join(missing)}"
            )
        for number, cells in _numbered(reader):
            if len(cells) == len(found):
                lines.append(Line(number, dict(zip(found, (cell.strip() for cell in cells), strict=True))))
            else:
                errors.append(
                    LineError(
                        number,
                        f"应有 {len(found)} 列，实有 {len(cells)} 列",
                        f"has {len(cells)} cells where {len(found)} are expected",
                    )
                )
    except csv.Error as error:
        raise AreaFileUnreadable(
            why_zh=f"第 {reader.line_num} 行读不成表格", why_en=f"line {reader.line_num} is no table: {error}"
        ) from error
    if not lines and not errors:
        raise AreaFileUnreadable(why_zh="只有表头，没有数据行", why_en="there is a heading but no line of data")
    return lines, errors


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold anything, with the number of the file's line on which each begins."""
    begins = reader.line_num + 1  # type: ignore[attr-defined]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1  # type: ignore[attr-defined]

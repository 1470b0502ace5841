"""Workbooks, opened again with other programs' eyes: rows, sheets that go on, and text that is never a formula."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from wangge.picture.tables import workbook as writing
from wangge.picture.tables.workbook import Column, Facts, Sheet, workbook_pieces

MADE = datetime(2020, 2, 5, 12, 0, tzinfo=UTC)
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


def written(*sheets):
    return io.BytesIO(b"".join(workbook_pieces(sheets, made_at=MADE, title="试")))


def read(out):
    book = CalamineWorkbook.from_filelike(out)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_values_come_back_as_what_they_are():
    columns = [Column("编号"), Column("数", 8, "number"), Column("时间", 17, "instant"), Column("日", 12, "day")]
    rows = [("甲", 3, MADE, date(2020, 2, 5)), ("乙", None, None, None)]
    out = written(Sheet("表", columns, rows))
    [heading, first, second] = read(out)["表"]
    assert heading == ["编号", "数", "时间", "日"]
    assert first == ["甲", 3.0, datetime(2020, 2, 5, 20, 0), date(2020, 2, 5)], "by the city's clock"  # noqa: DTZ001
    assert second == ["乙", "", "", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_text_and_stays_text_when_edited(text):
    out = written(Sheet("表", [Column("词")], [(text,)]))
    assert read(out)["表"][1] == [text]
    with zipfile.ZipFile(out) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert "<f>" not in page and "<hyperlink" not in page
    assert 'quotePrefix="1"' in styles


@pytest.mark.parametrize("text", ["控制\x00\x0b符", "表情😷", "<b>粗</b>", "半个\ud83d字", "长" * 40_000])
def test_odd_text_does_not_break_the_file(text):
    out = written(Sheet("表", [Column("词")], [(text,), ("后",)]))
    rows = read(out)["表"]
    assert len(rows) == 3 and rows[2] == ["后"]
    assert len(rows[1][0]) <= writing.LONGEST_TEXT


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 4)
    out = written(Sheet("名" * 31, [Column("数", 8, "number")], ((number,) for number in range(7))))
    sheets = read(out)
    assert [len(name) for name in sheets] == [31, 31, 31]
    assert [row for rows in sheets.values() for row in rows[1:]] == [[float(number)] for number in range(7)]
    assert all(rows[0] == ["数"] for rows in sheets.values())


def test_names_that_excel_refuses_are_mended():
    out = written(Sheet("a/b:[c]?*'", [Column("x")], []), Facts("说明", [("甲", "=1")]))
    assert list(read(out)) == ["a／b：（c）？＊’", "说明"]


def test_an_error_among_the_rows_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows():
        yield ("甲",)
        raise RuntimeError("away")

    with pytest.raises(RuntimeError, match="away"):
        written(Sheet("表", [Column("词")], rows()))
    assert list(tmp_path.iterdir()) == []


def test_the_first_piece_goes_out_long_before_the_last_row():
    asked = []

    def rows():
        for number in range(100_000):
            asked.append(number)
            yield (f"事项 {number * 7919 % 100_003}",)

    pieces = workbook_pieces([Sheet("表", [Column("词")], rows())], made_at=MADE, title="试")
    first = next(pieces)
    assert first.startswith(b"PK") and len(asked) < 10_000
    assert len(read(io.BytesIO(first + b"".join(pieces)))["表"]) == 100_001


def test_every_value_has_the_style_of_its_column():
    columns = [Column("词"), Column("数", 8, "number"), Column("率", 8, "share"), Column("日", 12, "day")]
    out = written(Facts("说明", [("甲", "乙")]), Sheet("表", columns, [("=1", 3, 99.5, MADE.date())]))
    book = as_styled(out)
    assert book == [("=1", True, "General"), (3, False, "#,##0"), (99.5, False, '0.0"%"'), (43866, False, "yyyy-mm-dd")]


def as_styled(out):
    """The second row of the second sheet: value, whether quoted, number format, as the styles of the file say."""
    with zipfile.ZipFile(out) as parts:
        styles = ElementTree.fromstring(parts.read("xl/styles.xml"))  # noqa: S314 - written by us
        page = ElementTree.fromstring(parts.read("xl/worksheets/sheet2.xml"))  # noqa: S314
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    formats = {one.get("numFmtId"): one.get("formatCode") for one in styles.iterfind(".//x:numFmt", space)}
    formats |= {"0": "General", "3": "#,##0"}
    shapes = styles.findall("x:cellXfs/x:xf", space)
    told = []
    for cell in page.findall(".//x:row[@r='2']/x:c", space):
        shape = shapes[int(cell.get("s"))]
        text = cell.find(".//x:t", space)
        value = text.text if text is not None else float(cell.find("x:v", space).text)
        told.append((value, shape.get("quotePrefix") == "1", formats[shape.get("numFmtId")]))
    return told

"""Workbooks, opened again with other programs' eyes: rows, sheets that go on, and text that is never a formula."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from wangge.picture.tables import workbook as writing
from wangge.picture.tables.workbook import Column, Facts, Sheet, write_workbook

MADE = datetime(2020, 2, 5, 12, 0, tzinfo=UTC)
FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


def written(*sheets):
    out = io.BytesIO()
    rows = write_workbook(out, sheets, made_at=MADE, title="试")
    out.seek(0)
    return rows, out


def read(out):
    book = CalamineWorkbook.from_filelike(out)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_values_come_back_as_what_they_are():
    columns = [Column("编号"), Column("数", 8, "number"), Column("时间", 17, "instant"), Column("日", 12, "day")]
    rows = [("甲", 3, MADE, date(2020, 2, 5)), ("乙", None, None, None)]
    count, out = written(Sheet("表", columns, rows))
    [heading, first, second] = read(out)["表"]
    assert count == 2
    assert heading == ["编号", "数", "时间", "日"]
    assert first == ["甲", 3.0, datetime(2020, 2, 5, 20, 0), date(2020, 2, 5)], "by the city's clock"  # noqa: DTZ001
    assert second == ["乙", "", "", ""]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_looks_like_a_formula_is_text_and_stays_text_when_edited(text):
    _, out = written(Sheet("表", [Column("词")], [(text,)]))
    assert read(out)["表"][1] == [text]
    with zipfile.ZipFile(out) as parts:
        page = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert "<f>" not in page and "<hyperlink" not in page
    assert 'quotePrefix="1"' in styles


@pytest.mark.parametrize("text", ["控制\x00\x0b符", "表情😷", "<b>粗</b>", "半个\ud83d字", "长" * 40_000])
def test_odd_text_does_not_break_the_file(text):
    _, out = written(Sheet("表", [Column("词")], [(text,), ("后",)]))
    rows = read(out)["表"]
    assert len(rows) == 3 and rows[2] == ["后"]
    assert len(rows[1][0]) <= writing.LONGEST_TEXT


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch):
    monkeypatch.setattr(writing, "MOST_ROWS", 4)
    count, out = written(Sheet("名" * 31, [Column("数", 8, "number")], ((number,) for number in range(7))))
    sheets = read(out)
    assert count == 7
    assert [len(name) for name in sheets] == [31, 31, 31]
    assert [row for rows in sheets.values() for row in rows[1:]] == [[float(number)] for number in range(7)]
    assert all(rows[0] == ["数"] for rows in sheets.values())


def test_names_that_excel_refuses_are_mended():
    _, out = written(Sheet("a/b:[c]?*'", [Column("x")], []), Facts("说明", [("甲", "=1")]))
    assert list(read(out)) == ["a／b：（c）？＊’", "说明"]


def test_an_error_among_the_rows_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows():
        yield ("甲",)
        raise RuntimeError("away")

    with pytest.raises(RuntimeError, match="away"):
        written(Sheet("表", [Column("词")], rows()))
    assert list(tmp_path.iterdir()) == []

"""Workbooks that somebody sent: sound ones are read, bombs and strangers are refused before they are."""

from __future__ import annotations

import io
import zipfile

import pytest
from xlsxwriter import Workbook

from wangge.ground.kernel import incoming
from wangge.ground.kernel.incoming import read_workbook
from wangge.ground.kernel.problems import UploadRefused

TYPES, BOOK, SHEET = "[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"


def made(rows, name="表"):
    out = io.BytesIO()
    book = Workbook(out)
    page = book.add_worksheet(name)
    for number, row in enumerate(rows):
        page.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def changed(data, **parts):
    """The same file with other parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name, None) or old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def refused(data):
    with pytest.raises(UploadRefused) as problem:
        read_workbook(data)
    return problem.value.sentence("zh")


def test_a_sound_workbook_is_read_from_its_first_line_on():
    assert read_workbook(made([["甲", 1], [], ["丙", 3.5]])) == {"表": [["甲", 1.0], ["", ""], ["丙", 3.5]]}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "完好"),
        (b"MZ\x90\x00", "完好"),
        ("村,数\n东湖,1".encode(), "完好"),
        (b"PK\x03\x04 and nothing else", "完好"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧版"),
        (made([["甲"]])[:-40], "完好"),
    ],
)
def test_what_is_no_workbook_is_refused(data, why):
    assert why in refused(data)


def test_another_archive_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("readme.txt", "hello")
    assert "完好" in refused(out.getvalue())


def test_macros_are_refused():
    assert "宏" in refused(changed(made([["甲"]]), **{"xl/vbaProject.bin": b"x"}))


def test_a_bomb_that_says_its_size_is_refused():
    bomb = changed(made([["甲"]]), **{"xl/media/x.xml": b" " * (incoming.MOST_UNFOLDED + 1)})
    assert len(bomb) < 200_000
    assert "过大" in refused(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused():
    bomb = bytearray(changed(made([["甲"]]), **{"xl/media/x.xml": b" " * (incoming.MOST_UNFOLDED + 1)}))
    true = (incoming.MOST_UNFOLDED + 1).to_bytes(4, "little")
    assert bomb.count(true) == 2
    assert refused(bytes(bomb.replace(true, (10).to_bytes(4, "little"))))


@pytest.mark.parametrize("place", ['r="XFD1048576"', "r='XFD1048576'", 'r = "A999999"', 'r="ABCD1"'])
def test_a_cell_far_out_is_refused_before_anybody_makes_room_for_it(place):
    page = f'<worksheet><sheetData><row r="1"><c {place}><v>1</v></c></row></sheetData></worksheet>'
    assert "最多" in refused(changed(made([["甲"]]), **{SHEET: page}))


def test_a_declaration_of_entities_is_refused():
    page = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><worksheet>&a;</worksheet>'
    assert "完好" in refused(changed(made([["甲"]]), **{SHEET: page}))


def test_too_many_bytes_and_too_many_sheets(monkeypatch):
    monkeypatch.setattr(incoming, "MOST_BYTES", 10)
    assert "MB" in refused(made([["甲"]]))
    monkeypatch.undo()
    monkeypatch.setattr(incoming, "MOST_SHEETS", 0)
    assert "工作表" in refused(made([["甲"]]))

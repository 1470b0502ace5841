"""Printing: text, list of figures and Word, from the content alone."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from docx import Document
from docx.oxml.ns import qn

from wangge.picture.bulletins.content import BulletinContent, CorrectionLine
from wangge.picture.bulletins.printing import as_json, as_text, shown_width
from wangge.picture.bulletins.word import as_docx


@pytest.fixture
def content(ledger, draft, now):
    """A draft with a number in it, as issue no. 3 with a correction."""
    ledger.leaflets(32_300, now - timedelta(hours=1))
    drafted = replace(draft(now), position="0.1")  # events of an open transaction are settled on SQLite only
    late = CorrectionLine("leaflets_handed_out", "发放传单、宣传手册", "Leaflets handed out", "份", "late", 40)
    return drafted.issued(
        serial=3, issued_at="2020-02-03T09:05:00+08:00", issued_by="Frank", seal_number=1, seal_head="ab" * 32
    ).issued(corrections=(late,))


def word(content):
    return Document(io.BytesIO(as_docx(content)))


def fonts_of(run):
    return {run._r.rPr.rFonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia")}


def test_content_is_stored_and_read_back_equal(content):
    assert BulletinContent.from_stored(content.as_stored()) == content


def test_the_text_holds_title_issue_prose_tables_corrections_and_seal(content):
    text = as_text(content)
    for expected in (
        "惠州市驻村（居）警力疫情防控战报",
        "第3期 截至2020年2月3日9时",
        "一、人员排查。",
        "宣传劝导",
        "发放传单、宣传手册补报+40份",
        "封印第1段 " + "ab" * 32,
    ):
        assert expected in text
    assert "{" not in text and all(line == line.rstrip() for line in text.splitlines())


def test_the_columns_of_the_text_stand_under_each_other(content):
    text = as_text(content).partition("宣传劝导\n")[2]
    rows = text.partition("\n\n")[0].splitlines()
    assert len(rows) == 5
    assert len({shown_width(row) for row in rows}) == 1


def test_the_english_text_has_no_chinese_in_it_but_names_of_places(content):
    text = as_text(content, english=True)
    assert "No. 3; to 09:00 on 3 February 2020" in text and "Leaflets and handbooks handed out" in text
    chinese = set(re.findall(r"[\u4e00-\u9fff]+", text))
    assert chinese <= {"惠州市"}


def test_a_draft_and_an_exercise_say_so(content):
    assert "草稿" in as_text(replace(content, serial=0))
    assert "（演练）" in as_text(replace(content, exercise=True))


def test_the_list_names_every_figure_of_the_pack(content):
    figures = {line["code"]: line for line in as_json(content)}
    assert figures["services_offered"]["name"] == "推出便民业务"
    assert {"code", "name", "name_en", "unit", "total", "new", "numerator", "denominator"} <= set(figures["push_due"])
    assert len(figures) == len(content.figures)


def test_the_page_follows_the_rules(content):
    section = word(content).sections[0]
    in_mm = [round(length.mm, 1) for length in (section.page_width, section.page_height)]
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert in_mm == [210, 297]
    assert [round(margin.mm, 1) for margin in margins] == [37, 35, 28, 26]


def test_22_lines_of_28_characters_fill_the_page(content):
    document = word(content)
    grid = document.sections[0]._sectPr.find(qn("w:docGrid"))
    assert grid.get(qn("w:type")) == "linesAndChars"
    pitch = int(grid.get(qn("w:linePitch"))) / 20
    height, width = (297 - 37 - 35) / 25.4 * 72, (210 - 28 - 26) / 25.4 * 72
    assert 22 * pitch <= height < 23 * pitch
    character = 16 + int(grid.get(qn("w:charSpace"))) / 4096
    assert 28 * character <= width < 29 * character
    normal = document.styles["Normal"]
    squeezed = 16 + int(normal.element.rPr.find(qn("w:spacing")).get(qn("w:val"))) / 20
    assert 28 * squeezed <= width < 29 * squeezed
    assert normal.font.size.pt == 16 and normal.paragraph_format.line_spacing.pt == pitch


def test_each_part_is_set_in_its_font(content):
    document = word(content)
    title, issue = document.paragraphs[:2]
    assert (title.runs[0].font.size.pt, fonts_of(title.runs[0])) == (22, {"方正小标宋简体"})
    assert title.alignment == 1 and issue.text.startswith("第3期")
    section = next(paragraph for paragraph in document.paragraphs if paragraph.text.startswith("一、人员排查。"))
    assert [fonts_of(run) for run in section.runs] == [{"黑体"}, {"仿宋_GB2312"}]
    assert section.runs[1].font.size.pt == 16
    assert section._p.pPr.ind.get(qn("w:firstLineChars")) == "200"


def test_a_missing_font_has_one_to_stand_in(content):
    with zipfile.ZipFile(io.BytesIO(as_docx(content))) as parts:
        table = parts.read("word/fontTable.xml").decode()
    for font, other in (("仿宋_GB2312", "仿宋"), ("方正小标宋简体", "宋体")):
        assert f'w:name="{font}"><w:altName w:val="{other}"/>' in table
    assert not any(name.startswith("word/fonts/") for name in parts.namelist())


def test_the_page_number_stands_at_the_outer_foot(content):
    document = word(content)
    section = document.sections[0]
    assert document.settings.odd_and_even_pages_header_footer
    for footer, outer in ((section.footer, 2), (section.even_page_footer, 0)):
        paragraph = footer.paragraphs[0]
        assert paragraph.alignment == outer
        assert paragraph.text == "—  —" and " PAGE " in paragraph._p.xml
        assert {run.font.size.pt for run in paragraph.runs} == {14}
        assert fonts_of(paragraph.runs[0]) == {"宋体"}


def test_word_says_all_that_the_content_says(content):
    document = word(content)
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for part in content.prose.split("\n\n"):
        assert part.strip() in text
    assert content.authority in text and "2020年2月3日" in text and "补报+40份" in text
    cells = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert cells[0] == ["指标", "单位", "本期新增", "累计"]
    assert sum(len(table.figures) + 1 for table in content.tables) + 1 == len(cells)
    assert ["推出便民业务", "项", "—", "14"] in cells


def test_the_same_content_makes_the_same_file(content):
    assert as_docx(content) == as_docx(BulletinContent.from_stored(content.as_stored()))

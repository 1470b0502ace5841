"""A bulletin as a Word document under the page rules of GB/T 9704-2012.

A4; margins 37, 35, 28 and 26 mm at top, bottom, left and right; body in 仿宋 of 16 pt, 22 lines of 28
characters; title in 小标宋 of 22 pt, centred; page numbers “— 1 —” in 宋体 of 14 pt at the outer foot.
Fonts are named, none is carried: the document's font table says what stands in for one that is
missing, because 仿宋_GB2312, 楷体_GB2312 and 小标宋 are on few machines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from math import floor
from typing import Any
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt

from wangge.ground.kernel.clock import parse_instant
from wangge.picture.bulletins.charts import native, told
from wangge.picture.bulletins.content import BulletinContent
from wangge.picture.bulletins.printing import (
    HEADINGS,
    area_rows,
    attachments,
    correction_lines,
    overdue_rows,
    overdue_sentence,
    proof,
    remark,
    subtitle,
    table_rows,
)
from wangge.picture.bulletins.rules import day_zh
from wangge.picture.tables.workbook import MIME

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, TITLE, HEADING, SUBHEADING, FOOT = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
STANDS_IN = {BODY: "仿宋", TITLE: "宋体", HEADING: "SimHei", SUBHEADING: "楷体", FOOT: "SimSun"}
LINES, CHARACTERS = 22, 28
COLUMNS = (78, 26, 26, 26)  # mm
SIDES = (WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.RIGHT)
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
CHART_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/chart"
TEXT_HEIGHT, TEXT_WIDTH = Mm(297 - 37 - 35), Mm(210 - 28 - 26)
# Twips a line, rounded down: one twip more and the 22nd line falls to the next page.
LINE_PITCH = int(TEXT_HEIGHT.twips) // LINES
# What is added to each 16 pt character so that 28 fill the line, in 4096ths of a point.
CHARACTER_SPACE = floor((TEXT_WIDTH.pt / CHARACTERS - 16) * 4096)
# The same in twips, for the body's style.
CHARACTER_SPACING = floor((TEXT_WIDTH.pt / CHARACTERS - 16) * 20)
LEAD_IN = re.compile(r"^([一二三四五六七八九十]+、[^。]{1,20}。)(.*)$", re.S)


def as_docx(content: BulletinContent) -> bytes:
    """The bulletin as the bytes of a .docx file, the same for the same content."""
    document = Document()
    _page(document)
    _styles(document)
    _fonts(document)
    _heading(document, content)
    _prose(document, content)
    _signature(document, content)
    _attachments(document, content)
    _properties(document, content)
    saved = BytesIO()
    document.save(saved)
    return _undated(saved)


def _undated(saved: BytesIO) -> bytes:
    """The same archive without the times at which its parts were packed."""
    out = BytesIO()
    with ZipFile(saved) as parts, ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            packed.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts.read(name), ZIP_DEFLATED)
    return out.getvalue()


def _page(document: Any) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)  # the number stands 7 mm below the text
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(LINE_PITCH))
    grid.set(qn("w:charSpace"), str(CHARACTER_SPACE))
    document.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _page_number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)


def _page_number(footer: Any, outer: WD_ALIGN_PARAGRAPH) -> None:
    """“— 1 —”, one character in from the outer edge."""
    paragraph = footer.paragraphs[0]
    paragraph.alignment = outer
    indent = paragraph.paragraph_format
    indent.left_indent = Pt(14) if outer == WD_ALIGN_PARAGRAPH.LEFT else Pt(0)
    indent.right_indent = Pt(14) if outer == WD_ALIGN_PARAGRAPH.RIGHT else Pt(0)
    _run(paragraph, "— ", FOOT, 14)
    for kind in ("begin", "instr", "end"):
        run = _run(paragraph, "", FOOT, 14)
        if kind == "instr":
            run._r.append(parse_xml(f'<w:instrText {nsdecls("w")} xml:space="preserve"> PAGE </w:instrText>'))
        else:
            run._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))
    _run(paragraph, " —", FOOT, 14)


def _styles(document: Any) -> None:
    """The body's style. Its pitch is spelt out beside the grid: programs differ in how they squeeze a
    16 pt character into a cell of 15.79 pt, some take two cells for it."""
    normal = document.styles["Normal"]
    normal.font.size = Pt(16)
    properties = normal.element.get_or_add_rPr()
    _name_fonts(properties, BODY)
    properties.insert(1, parse_xml(f'<w:spacing {nsdecls("w")} w:val="{CHARACTER_SPACING}"/>'))
    properties.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN"/>'))
    shape = normal.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    shape.line_spacing = Pt(LINE_PITCH / 20)
    spacing = normal.element.pPr.find(qn("w:spacing"))
    spacing.addprevious(parse_xml(f'<w:snapToGrid {nsdecls("w")} w:val="0"/>'))


def _name_fonts(properties: Any, font: str) -> None:
    """Name a font for every script: without w:eastAsia Word sets Chinese in whatever its theme says."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for attribute in list(fonts.attrib):
        del fonts.attrib[attribute]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def _fonts(document: Any) -> None:
    """Write the font table: each font by name, with the one that stands in for it."""
    entries = "".join(
        f'<w:font w:name="{font}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for font, other in STANDS_IN.items()
    )
    table = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{entries}</w:fonts>'
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = table.encode()


def _run(paragraph: Any, text: str, font: str = BODY, size: float = 16) -> Any:
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    _name_fonts(run._r.get_or_add_rPr(), font)
    return run


def _line(document: Any, text: str, align: WD_ALIGN_PARAGRAPH, font: str = BODY, size: float = 16) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    _run(paragraph, text, font, size)
    return paragraph


def _heading(document: Any, content: BulletinContent) -> None:
    title = _line(document, content.title, WD_ALIGN_PARAGRAPH.CENTER, TITLE, 22)
    title.paragraph_format.line_spacing = Pt(35)
    for text in subtitle(content).split(" ", 1):
        _line(document, text, WD_ALIGN_PARAGRAPH.CENTER, SUBHEADING)
    document.add_paragraph()


def _indented(document: Any) -> Any:
    """A paragraph of the body, its first line two characters in."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Pt(32)
    indent = paragraph._p.get_or_add_pPr().find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), "200")
    return paragraph


def _prose(document: Any, content: BulletinContent) -> None:
    for text in filter(None, (part.strip() for part in content.prose.splitlines())):
        paragraph, lead = _indented(document), LEAD_IN.match(text)
        if lead:
            _run(paragraph, lead[1], HEADING)
            text = lead[2]
        _run(paragraph, text)
    corrections = correction_lines(content)
    if corrections:
        paragraph = _indented(document)
        _run(paragraph, "补报更正。", HEADING)
        _run(paragraph, "；".join(corrections) + "。")


def _signature(document: Any, content: BulletinContent) -> None:
    found = [title for _, title in attachments(content)]
    for number, title in enumerate(found, start=1):
        # The names stand under each other, behind 附件： and the number.
        paragraph = _indented(document)
        if number > 1:
            paragraph.paragraph_format.first_line_indent = Pt(80)
            paragraph._p.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "500")
        marked = f"{number}．{title}" if len(found) > 1 else title
        _run(paragraph, f"附件：{marked}" if number == 1 else marked)
    document.add_paragraph()
    issued = content.issued_at or content.cutoff
    for text in (content.authority, day_zh(parse_instant(issued))):
        signed = _line(document, text, WD_ALIGN_PARAGRAPH.RIGHT)
        signed.paragraph_format.right_indent = Pt(32)
    if said := remark(content):
        _run(_indented(document), f"（{said}）")


def _attachments(document: Any, content: BulletinContent) -> None:
    """Each on a page of its own, marked 附件 with its number where there are several."""
    write = {"figures": _figures, "areas": _areas, "overdue": _overdue, "charts": _charts}
    found = attachments(content)
    for number, (what, title) in enumerate(found, start=1):
        mark = f"附件{number}" if len(found) > 1 else "附件"
        first = _line(document, mark, WD_ALIGN_PARAGRAPH.LEFT, HEADING)
        first.paragraph_format.page_break_before = True
        _line(document, title, WD_ALIGN_PARAGRAPH.CENTER, TITLE, 22).paragraph_format.line_spacing = Pt(35)
        write[what](document, content)


def _figures(document: Any, content: BulletinContent) -> None:
    table = _table(document, HEADINGS["zh"], COLUMNS, SIDES)
    for part in content.tables:
        row = table.add_row()
        merged = row.cells[0].merge(row.cells[3])
        _cell(merged, part.name, SUBHEADING, WD_ALIGN_PARAGRAPH.LEFT)
        for texts in table_rows(content, part.figures):
            _fill(table.add_row(), texts, BODY, COLUMNS, SIDES)
    last = _line(document, proof(content), WD_ALIGN_PARAGRAPH.LEFT, BODY, 10.5)
    last.paragraph_format.line_spacing = Pt(16)


def _areas(document: Any, content: BulletinContent) -> None:
    rows = area_rows(content)
    # The name of the area takes what the equal columns of the figures leave.
    width = min(132 // (len(rows[0]) - 1), 40)
    columns = (156 - width * (len(rows[0]) - 1), *[width] * (len(rows[0]) - 1))
    sides = (WD_ALIGN_PARAGRAPH.LEFT, *[WD_ALIGN_PARAGRAPH.RIGHT] * (len(rows[0]) - 1))
    _write_rows(document, rows, columns, sides)


def _overdue(document: Any, content: BulletinContent) -> None:
    _run(_indented(document), overdue_sentence(content))
    rows = overdue_rows(content)
    if rows:
        left, right = [WD_ALIGN_PARAGRAPH.LEFT] * 3, [WD_ALIGN_PARAGRAPH.RIGHT] * 3
        _write_rows(document, rows, (24, 14, 48, 14, 18, 38), (*left, *right))


def _write_rows(document: Any, rows: Sequence[Sequence[str]], columns: Sequence[int], sides: Sequence[Any]) -> None:
    table = _table(document, rows[0], columns, sides, 12)
    for texts in rows[1:]:
        _fill(table.add_row(), texts, BODY, columns, sides, 12)


def _charts(document: Any, content: BulletinContent) -> None:
    """Native charts: Word draws them, in its own fonts, and opens the workbook behind them."""
    for number, chart in enumerate(content.charts, start=1):
        shape, workbook = native(chart)
        package = document.part.package
        part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART_TYPE, shape, package)
        behind = Part(PackURI(f"/word/embeddings/chart{number}.xlsx"), MIME, workbook, package)
        part.relate_to(behind, RELATIONSHIP_TYPE.PACKAGE)
        paragraph = document.add_paragraph()
        # A drawing is clipped to the line where the pitch is exact.
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        relation = document.part.relate_to(part, RELATIONSHIP_TYPE.CHART)
        width, height = int(Mm(154)), int(Mm(80))
        paragraph.add_run()._r.append(
            parse_xml(
                f'<w:drawing {nsdecls("w", "wp", "a", "r")} xmlns:c="{CHART_SPACE}">'
                f'<wp:inline><wp:extent cx="{width}" cy="{height}"/>'
                f'<wp:docPr id="{number}" name={quoteattr(chart.name)} descr={quoteattr(told(chart))}/>'
                f'<a:graphic><a:graphicData uri="{CHART_SPACE}"><c:chart r:id="{relation}"/>'
                "</a:graphicData></a:graphic></wp:inline></w:drawing>"
            )
        )


def _table(
    document: Any, headings: Sequence[str], columns: Sequence[int], sides: Sequence[Any], size: float = 14
) -> Any:
    """A table with its headings, which stand again on every page."""
    table = document.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, columns, strict=True):
        column.width = Mm(width)
    _fill(table.rows[0], headings, HEADING, columns, sides, size)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    return table


def _fill(
    row: Any, texts: Sequence[str], font: str, columns: Sequence[int], sides: Sequence[Any], size: float = 14
) -> None:
    for cell, text, side, width in zip(row.cells, texts, sides, columns, strict=True):
        cell.width = Mm(width)
        _cell(cell, text, font, side, size)
    unbroken = OxmlElement("w:cantSplit")
    row._tr.get_or_add_trPr().append(unbroken)


def _cell(cell: Any, text: str, font: str, side: WD_ALIGN_PARAGRAPH, size: float = 14) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.alignment = side
    paragraph.paragraph_format.line_spacing = Pt(22 if size == 14 else 18)
    _run(paragraph, text, font, size)


def _properties(document: Any, content: BulletinContent) -> None:
    """Title, author and times of the content, so that the file does not depend on when it is printed."""
    properties = document.core_properties
    properties.title, properties.author = content.title, content.authority
    properties.comments, properties.last_modified_by = "", content.authority
    properties.created = properties.modified = parse_instant(content.issued_at or content.cutoff).replace(tzinfo=None)
    properties.revision = max(content.serial, 1)

"""A bulletin as a Word document under the page rules of GB/T 9704-2012, which `paper` sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import quoteattr

from docx import Document
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
from wangge.picture.bulletins.paper import (
    BODY,
    HEADING,
    SUBHEADING,
    TITLE,
    fonts,
    indented,
    line,
    page,
    run,
    styles,
    undated,
)
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

COLUMNS = (78, 26, 26, 26)  # mm
SIDES = (WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.RIGHT)
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
CHART_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/chart"
LEAD_IN = re.compile(r"^([一二三四五六七八九十]+、[^。]{1,20}。)(.*)$", re.S)


def as_docx(content: BulletinContent) -> bytes:
    """The bulletin as the bytes of a .docx file, the same for the same content."""
    document = Document()
    page(document)
    styles(document)
    fonts(document)
    _heading(document, content)
    _prose(document, content)
    _signature(document, content)
    _attachments(document, content)
    _properties(document, content)
    saved = BytesIO()
    document.save(saved)
    return undated(saved)


def _heading(document: Any, content: BulletinContent) -> None:
    title = line(document, content.title, WD_ALIGN_PARAGRAPH.CENTER, TITLE, 22)
    title.paragraph_format.line_spacing = Pt(35)
    for text in subtitle(content).split(" ", 1):
        line(document, text, WD_ALIGN_PARAGRAPH.CENTER, SUBHEADING)
    document.add_paragraph()


def _prose(document: Any, content: BulletinContent) -> None:
    for text in filter(None, (part.strip() for part in content.prose.splitlines())):
        paragraph, lead = indented(document), LEAD_IN.match(text)
        if lead:
            run(paragraph, lead[1], HEADING)
            text = lead[2]
        run(paragraph, text)
    corrections = correction_lines(content)
    if corrections:
        paragraph = indented(document)
        run(paragraph, "补报更正。", HEADING)
        run(paragraph, "；".join(corrections) + "。")


def _signature(document: Any, content: BulletinContent) -> None:
    found = [title for _, title in attachments(content)]
    for number, title in enumerate(found, start=1):
        # The names stand under each other, behind 附件： and the number.
        paragraph = indented(document)
        if number > 1:
            paragraph.paragraph_format.first_line_indent = Pt(80)
            paragraph._p.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "500")
        marked = f"{number}．{title}" if len(found) > 1 else title
        run(paragraph, f"附件：{marked}" if number == 1 else marked)
    document.add_paragraph()
    issued = content.issued_at or content.cutoff
    for text in (content.authority, day_zh(parse_instant(issued))):
        signed = line(document, text, WD_ALIGN_PARAGRAPH.RIGHT)
        signed.paragraph_format.right_indent = Pt(32)
    if said := remark(content):
        run(indented(document), f"（{said}）")


def _attachments(document: Any, content: BulletinContent) -> None:
    """Each on a page of its own, marked 附件 with its number where there are several."""
    write = {"figures": _figures, "areas": _areas, "overdue": _overdue, "charts": _charts}
    found = attachments(content)
    for number, (what, title) in enumerate(found, start=1):
        mark = f"附件{number}" if len(found) > 1 else "附件"
        first = line(document, mark, WD_ALIGN_PARAGRAPH.LEFT, HEADING)
        first.paragraph_format.page_break_before = True
        line(document, title, WD_ALIGN_PARAGRAPH.CENTER, TITLE, 22).paragraph_format.line_spacing = Pt(35)
        write[what](document, content)


def _figures(document: Any, content: BulletinContent) -> None:
    table = _table(document, HEADINGS["zh"], COLUMNS, SIDES)
    for part in content.tables:
        row = table.add_row()
        merged = row.cells[0].merge(row.cells[3])
        _cell(merged, part.name, SUBHEADING, WD_ALIGN_PARAGRAPH.LEFT)
        for texts in table_rows(content, part.figures):
            _fill(table.add_row(), texts, BODY, COLUMNS, SIDES)
    last = line(document, proof(content), WD_ALIGN_PARAGRAPH.LEFT, BODY, 10.5)
    last.paragraph_format.line_spacing = Pt(16)


def _areas(document: Any, content: BulletinContent) -> None:
    rows = area_rows(content)
    # The name of the area takes what the equal columns of the figures leave.
    width = min(132 // (len(rows[0]) - 1), 40)
    columns = (156 - width * (len(rows[0]) - 1), *[width] * (len(rows[0]) - 1))
    sides = (WD_ALIGN_PARAGRAPH.LEFT, *[WD_ALIGN_PARAGRAPH.RIGHT] * (len(rows[0]) - 1))
    _write_rows(document, rows, columns, sides)


def _overdue(document: Any, content: BulletinContent) -> None:
    run(indented(document), overdue_sentence(content))
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
    run(paragraph, text, font, size)


def _properties(document: Any, content: BulletinContent) -> None:
    """Title, author and times of the content, so that the file does not depend on when it is printed."""
    properties = document.core_properties
    properties.title, properties.author = content.title, content.authority
    properties.comments, properties.last_modified_by = "", content.authority
    properties.created = properties.modified = parse_instant(content.issued_at or content.cutoff).replace(tzinfo=None)
    properties.revision = max(content.serial, 1)

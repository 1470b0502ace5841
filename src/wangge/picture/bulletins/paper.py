"""A paper as a Word document under the page rules of GB/T 9704-2012: what bulletins and notices are set with.

A4; margins 37, 35, 28 and 26 mm at top, bottom, left and right; body in 仿宋 of 16 pt, 22 lines of 28
characters; title in 小标宋 of 22 pt, centred; page numbers “— 1 —” in 宋体 of 14 pt at the outer foot.
Fonts are named, none is carried: the document's font table says what stands in for one that is
missing, because 仿宋_GB2312, 楷体_GB2312 and 小标宋 are on few machines.
"""

from __future__ import annotations

from io import BytesIO
from math import floor
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt

from wangge.ground.kernel.papers import Paper
from wangge.picture.bulletins.rules import day_zh

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY, TITLE, HEADING, SUBHEADING, FOOT = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
STANDS_IN = {BODY: "仿宋", TITLE: "宋体", HEADING: "SimHei", SUBHEADING: "楷体", FOOT: "SimSun"}
LINES, CHARACTERS = 22, 28
TEXT_HEIGHT, TEXT_WIDTH = Mm(297 - 37 - 35), Mm(210 - 28 - 26)
# Twips a line, rounded down: one twip more and the 22nd line falls to the next page.
LINE_PITCH = int(TEXT_HEIGHT.twips) // LINES
# What is added to each 16 pt character so that 28 fill the line, in 4096ths of a point.
CHARACTER_SPACE = floor((TEXT_WIDTH.pt / CHARACTERS - 16) * 4096)
# The same in twips, for the body's style.
CHARACTER_SPACING = floor((TEXT_WIDTH.pt / CHARACTERS - 16) * 20)


def as_paper(paper: Paper) -> bytes:
    """The paper as the bytes of a .docx file, the same for the same content."""
    document = Document()
    page(document)
    styles(document)
    fonts(document)
    line(document, paper.title, WD_ALIGN_PARAGRAPH.CENTER, TITLE, 22).paragraph_format.line_spacing = Pt(35)
    line(document, paper.number, WD_ALIGN_PARAGRAPH.CENTER, SUBHEADING)
    document.add_paragraph()
    for lead, text in paper.paragraphs:
        paragraph = indented(document)
        if lead:
            run(paragraph, lead, HEADING)
        run(paragraph, text)
    document.add_paragraph()
    for text in (paper.authority, day_zh(paper.at)):
        line(document, text, WD_ALIGN_PARAGRAPH.RIGHT).paragraph_format.right_indent = Pt(32)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = paper.title, paper.authority, paper.authority
    properties.comments, properties.revision = "", 1
    properties.created = properties.modified = paper.at.replace(tzinfo=None)
    saved = BytesIO()
    document.save(saved)
    return undated(saved)


def undated(saved: BytesIO) -> bytes:
    """The same archive without the times at which its parts were packed."""
    out = BytesIO()
    with ZipFile(saved) as parts, ZipFile(out, "w", ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            packed.writestr(ZipInfo(name, (1980, 1, 1, 0, 0, 0)), parts.read(name), ZIP_DEFLATED)
    return out.getvalue()


def page(document: Any) -> None:
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
    run(paragraph, "— ", FOOT, 14)
    for kind in ("begin", "instr", "end"):
        field = run(paragraph, "", FOOT, 14)
        if kind == "instr":
            field._r.append(parse_xml(f'<w:instrText {nsdecls("w")} xml:space="preserve"> PAGE </w:instrText>'))
        else:
            field._r.append(parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>'))
    run(paragraph, " —", FOOT, 14)


def styles(document: Any) -> None:
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


def fonts(document: Any) -> None:
    """Write the font table: each font by name, with the one that stands in for it."""
    entries = "".join(
        f'<w:font w:name="{font}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for font, other in STANDS_IN.items()
    )
    table = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{entries}</w:fonts>'
    for part in document.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = table.encode()


def run(paragraph: Any, text: str, font: str = BODY, size: float = 16) -> Any:
    added = paragraph.add_run(text)
    added.font.size = Pt(size)
    _name_fonts(added._r.get_or_add_rPr(), font)
    return added


def line(document: Any, text: str, align: WD_ALIGN_PARAGRAPH, font: str = BODY, size: float = 16) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    run(paragraph, text, font, size)
    return paragraph


def indented(document: Any) -> Any:
    """A paragraph of the body, its first line two characters in."""
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Pt(32)
    indent = paragraph._p.get_or_add_pPr().find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), "200")
    return paragraph

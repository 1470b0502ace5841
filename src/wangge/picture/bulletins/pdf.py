"""A bulletin as PDF through WeasyPrint, under the same page rules of GB/T 9704-2012 as the Word document.

PDF is an extra: where WeasyPrint, matplotlib or the system's Pango is missing, PdfUnavailable says what to install.
Fonts are those of the machine; the names stand in the order in which they are looked for.
"""

from __future__ import annotations

import re
from base64 import b64encode
from importlib import import_module
from typing import Any

from django.template.loader import render_to_string

from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.problems import PdfUnavailable
from wangge.picture.bulletins.charts import as_svg, told
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
from wangge.picture.bulletins.word import LEAD_IN

PDF = "application/pdf"
INSTALL = ".venv/bin/pip install --require-hashes -r requirements/pdf.txt; apt install libpango-1.0-0 libpangoft2-1.0-0"


def pdf_missing() -> str:
    """What this machine lacks to make PDF, "" where it lacks nothing."""
    try:
        _weasyprint()
    except PdfUnavailable as problem:
        return str(problem.details["missing"])
    return ""


def _weasyprint() -> Any:
    try:
        import_module("matplotlib")
        return import_module("weasyprint")
    except ModuleNotFoundError as error:
        raise PdfUnavailable(missing=error.name or "weasyprint", install=INSTALL) from None
    except OSError as error:
        # WeasyPrint loads Pango while it is imported, and names the library that it did not find.
        library = re.search(r"\blib[a-z0-9]+[.-][\w.+-]+|\w*pango[\w.-]*", str(error))
        raise PdfUnavailable(missing=library[0] if library else "Pango", install=INSTALL) from None


def as_pdf(content: BulletinContent) -> bytes:
    """The bulletin as the bytes of a PDF. Raises PdfUnavailable."""
    printer = _weasyprint()
    page = render_to_string("bulletins/paper.html", _context(content))
    # A bulletin holds all it needs: the charts stand in the page itself, and no address is followed.
    fetcher = import_module("weasyprint.urls").URLFetcher(allowed_protocols=["data"])
    made: bytes = printer.HTML(string=page, url_fetcher=fetcher).write_pdf()
    return made


def _context(content: BulletinContent) -> dict[str, Any]:
    found = attachments(content)
    paragraphs = [text for part in content.prose.splitlines() if (text := part.strip())]
    issued = parse_instant(content.issued_at or content.cutoff)
    return {
        "content": content,
        "issue": subtitle(content).split(" ", 1),
        "prose": [_led(text) for text in paragraphs],
        "corrections": "；".join(correction_lines(content)),
        "attachments": [
            {"what": what, "title": title, "number": str(number) if len(found) > 1 else ""}
            for number, (what, title) in enumerate(found, start=1)
        ],
        "day": day_zh(issued),
        "written_at": issued.isoformat(timespec="seconds"),
        "remark": remark(content),
        "headings": HEADINGS["zh"],
        "tables": [(table.name, table_rows(content, table.figures)) for table in content.tables],
        "areas": area_rows(content),
        "overdue": overdue_rows(content),
        "overdue_sentence": overdue_sentence(content),
        "charts": [(told(chart), b64encode(as_svg(chart).encode()).decode()) for chart in content.charts],
        "proof": proof(content),
    }


def _led(text: str) -> tuple[str, str]:
    """A paragraph as its lead-in, set in 黑体, and the rest."""
    lead = LEAD_IN.match(text)
    return (lead[1], lead[2]) if lead else ("", text)

"""The charts of a bulletin on paper: native ones for Word, drawn by Word itself, and SVG for PDF.

Both come from libraries: XlsxWriter writes the chart of a workbook, which is the same DrawingML that Word reads, and
matplotlib draws the SVG. Text stays text, so that whoever opens the file sees it in a font of theirs.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import import_module
from typing import Any

from xlsxwriter import Workbook

from wangge.picture.bulletins.content import ChartData, Series

# Colours that stay apart for the colour-blind and in print (Okabe and Ito), and a mark for each beside them.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
MARKS = ("circle", "square", "triangle", "diamond", "x", "star")
DRAWN_MARKS = ("o", "s", "^", "D", "x", "*")
FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "WenQuanYi Micro Hei", "SimHei", "SimSun")
CHART_PART = "xl/charts/chart1.xml"
PRINT_SETTINGS = re.compile(rb"<c:printSettings>.*?</c:printSettings>", re.DOTALL)
EXTERNAL = b'<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData>'


def told(chart: ChartData, *, english: bool = False) -> str:
    """A chart in one sentence, for those who do not see it."""
    parts = [_told(line, chart.days, english) for line in chart.series]
    if english:
        return f"{chart.name_en}: {'; '.join(parts)}."
    return f"{chart.name}。{'；'.join(parts)}。"


def _told(line: Series, days: tuple[str, ...], english: bool) -> str:
    known = [(value, day) for value, day in zip(line.values, days, strict=True) if value is not None]
    if not known:
        return f"{line.name_en} n/a" if english else f"{line.name}暂无数据"
    most, on = max(known)
    if english:
        return f"{line.name_en} at most {most:g} ({on}), {known[-1][0]:g} on the last day"
    return f"{line.name}最高{most:g}{line.unit}（{on}），最近一日{known[-1][0]:g}{line.unit}"


def native(chart: ChartData) -> tuple[bytes, bytes]:
    """A chart as DrawingML for Word, and the workbook behind it, which Word opens to edit the numbers."""
    out = io.BytesIO()
    workbook = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    workbook.set_properties({"created": datetime(1980, 1, 1, tzinfo=UTC)})
    page = workbook.add_worksheet("Sheet1")
    page.write_column(1, 0, [_day(day) for day in chart.days])
    last = len(chart.days)
    drawn: Any = workbook.add_chart({"type": "line"})
    for number, line in enumerate(chart.series, start=1):
        page.write_string(0, number, f"{line.name}（{line.unit}）")
        for row, value in enumerate(line.values, start=1):
            if value is not None:
                page.write_number(row, number, value)
        colour, mark = COLOURS[number - 1], MARKS[number - 1]
        drawn.add_series(
            {
                "name": ["Sheet1", 0, number],
                "categories": ["Sheet1", 1, 0, last, 0],
                "values": ["Sheet1", 1, number, last, number],
                "line": {"color": colour, "width": 2},
                "marker": {"type": mark, "size": 6, "fill": {"color": colour}, "border": {"color": colour}},
            }
        )
    drawn.set_title({"name": chart.name, "name_font": {"size": 12, "bold": False}, "overlay": False})
    drawn.set_legend({"position": "bottom"})
    drawn.set_y_axis(
        {"min": 0, "minor_tick_mark": "none", "major_gridlines": {"visible": True, "line": {"color": "#D0D0D0"}}}
    )
    page.insert_chart(0, len(chart.series) + 2, drawn)
    workbook.close()
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as parts:
        shape = PRINT_SETTINGS.sub(b"", parts.read(CHART_PART))
    # Without a word about it, programs differ in whether they bend the line from point to point.
    shape = shape.replace(b"</c:val></c:ser>", b'</c:val><c:smooth val="0"/></c:ser>')
    return shape.replace(b"</c:chartSpace>", EXTERNAL + b"</c:chartSpace>"), out.getvalue()


def _day(day: str) -> str:
    on = date.fromisoformat(day)
    return f"{on.month}月{on.day}日"


def as_svg(chart: ChartData) -> str:
    """A chart as SVG. Raises ImportError without matplotlib."""
    matplotlib = import_module("matplotlib")
    drawing = import_module("matplotlib.figure").Figure(figsize=(6.1, 2.9), layout="constrained")
    style = {
        "svg.fonttype": "none", "svg.hashsalt": chart.code, "font.family": [*_installed(), "sans-serif"],
        "font.size": 9, "axes.unicode_minus": False,
    }  # fmt: skip
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # Where the machine has no Chinese font, only the measuring of words suffers; they stay text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        axes = drawing.subplots()
        days = [_day(day) for day in chart.days]
        for number, line in enumerate(chart.series):
            values = [float("nan") if value is None else value for value in line.values]
            name = f"{line.name}（{line.unit}）"
            axes.plot(days, values, color=COLOURS[number], marker=DRAWN_MARKS[number], markersize=4, label=name)
        axes.set_ylim(bottom=0)
        axes.set_title(chart.name, fontsize=11)
        axes.grid(axis="y", color="#D0D0D0", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xticks(range(0, len(days), 2 if len(days) > 8 else 1))
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False)
        out = io.StringIO()
        drawing.savefig(out, format="svg", metadata={"Date": None})
    svg = out.getvalue()
    return svg[svg.index("<svg") :]


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    """The fonts of this machine that know Chinese, the first one of ours first."""
    known = {font.name for font in import_module("matplotlib.font_manager").fontManager.ttflist}
    return tuple(name for name in FONTS if name in known)

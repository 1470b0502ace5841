"""A bulletin as plain text and as a list of figures. Nothing but the content is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from wangge.duties.matters.backlog import WAITS_FOR
from wangge.ground.kernel.clock import parse_instant
from wangge.picture.bulletins.content import BulletinContent, ChartData, FigureLine
from wangge.picture.bulletins.rules import CAUSES, REMARKS, STAGE_WORDS, instant_en, instant_zh, number

WIDTH = 78
PARTS = {
    "zh": {"areas": "分区域情况", "overdue": "超时事项"},
    "en": {"areas": "By area", "overdue": "Overdue"},
}
OVERDUE_HEADINGS = {
    "zh": ("区域", "环节", "超时原因", "件数", "已升级", "最早到期"),
    "en": ("Area", "Stage", "Waits because", "Overdue", "Escalated", "First due"),
}
HEADINGS = {"zh": ("指标", "单位", "本期新增", "累计"), "en": ("Figure", "", "New", "Total")}


def as_json(content: BulletinContent) -> list[dict[str, Any]]:
    """Every figure of the pack with its name, unit and numbers, in the order of the pack."""
    return [asdict(line) for line in content.figures]


def as_text(content: BulletinContent, *, english: bool = False) -> str:
    """The bulletin for a terminal or a chat: title, prose, tables, corrections, and where it can be checked."""
    parts = [
        _centred(content.title_en if english else content.title),
        _centred(subtitle(content, english=english)),
        "",
        content.prose_en if english else content.prose,
        "",
        *_tables(content, english),
        *_parts(content, english),
        *_corrections(content, english),
        *filter(None, [remark(content, english=english)]),
        proof(content, english=english),
    ]
    return "\n".join(line.rstrip() for line in parts) + "\n"


def subtitle(content: BulletinContent, *, english: bool = False) -> str:
    """Which issue this is, up to when, and what counts as new."""
    since, cutoff = parse_instant(content.since), parse_instant(content.cutoff)
    if english:
        issue = f"No. {content.serial}" if content.serial else "Draft"
        return f"{issue}{', exercise' * content.exercise}; to {instant_en(cutoff)}, new since {instant_en(since)}"
    issue = f"第{content.serial}期" if content.serial else "草稿"
    rehearsal = "（演练）" if content.exercise else ""
    return f"{rehearsal}{issue} 截至{instant_zh(cutoff)} 本期自{instant_zh(since)}起"


def proof(content: BulletinContent, *, english: bool = False) -> str:
    """By what the bulletin can be held against the journal."""
    if english:
        seal = f"; seal {content.seal_number}: {content.seal_head}" if content.seal_head else ""
        return f"Journal read to {content.position}{seal}"
    seal = f"；封印第{content.seal_number}段 {content.seal_head}" if content.seal_head else ""
    return f"数据截至日志位置 {content.position}{seal}"


def attachments(content: BulletinContent) -> list[tuple[str, str]]:
    """What stands behind the text on paper, each as (what, Chinese title): the tables always, the rest where it is."""
    found = [("figures", "统计指标表")]
    if content.by_area:
        found.append(("areas", "分区域情况表"))
    if content.overdue_at:
        found.append(("overdue", "超时事项情况"))
    if content.charts:
        found.append(("charts", "逐日走势图"))
    return found


def remark(content: BulletinContent, *, english: bool = False) -> str:
    """What has to be said of how it was issued; "" where there is nothing to say."""
    if content.remark is None:
        return ""
    said = instant_en if english else instant_zh
    details = dict(content.remark.details)
    for name in ("planned", "issued"):
        details[name] = said(parse_instant(details[name]))
    return REMARKS[content.remark.cause][english].format(**details)


def area_rows(content: BulletinContent, *, english: bool = False) -> list[tuple[str, ...]]:
    """The areas below compared: a row of headings, then one for each area; nothing where there are none."""
    if not content.by_area:
        return []
    heading = ("Area" if english else "区域", *(
        line.name_en if english else line.name for line in content.by_area[0].figures
    ))  # fmt: skip
    rows = [
        (area.area, *(number(line, line.total, english=english) for line in area.figures)) for area in content.by_area
    ]
    return [heading, *rows]


def overdue_rows(content: BulletinContent, *, english: bool = False) -> list[tuple[str, ...]]:
    """What is overdue and why: headings, then a row for each area, stage and reason; nothing if all is in time."""
    if not content.overdue:
        return []
    return [
        OVERDUE_HEADINGS["en" if english else "zh"],
        *(
            (
                line.area,
                STAGE_WORDS[line.stage][english],
                WAITS_FOR[line.why][english],
                str(line.count),
                str(line.escalated),
                f"{parse_instant(line.since):%m-%d %H:%M}",
            )
            for line in content.overdue
        ),
    ]


def overdue_sentence(content: BulletinContent, *, english: bool = False) -> str:
    """How much is overdue, at which moment; "" for a bulletin that was issued without this part."""
    if not content.overdue_at:
        return ""
    count = sum(line.count for line in content.overdue)
    escalated = sum(line.escalated for line in content.overdue)
    at = parse_instant(content.overdue_at)
    if english:
        found = f"{count} matters are overdue, {escalated} of them escalated" if count else "no matter is overdue"
        return f"At {instant_en(at)} {found}."
    found = f"超时未办结事项{count}件，其中已升级{escalated}件" if count else "没有超时未办结事项"
    return f"至{instant_zh(at)}，{found}。"


def chart_rows(chart: ChartData, *, english: bool = False) -> list[tuple[str, ...]]:
    """A chart in words: a row of headings, then one for each day."""
    heading = ("Day" if english else "日期", *(
        line.name_en if english else f"{line.name}（{line.unit}）" for line in chart.series
    ))  # fmt: skip
    values = zip(*(line.values for line in chart.series), strict=True)
    return [
        heading,
        *((day, *(_plain(value, english) for value in row)) for day, row in zip(chart.days, values, strict=True)),
    ]


def _plain(value: float | None, english: bool) -> str:
    return ("n/a" if english else "暂无") if value is None else f"{value:g}"


def correction_lines(content: BulletinContent, *, english: bool = False) -> list[str]:
    """Each correction as one sentence."""
    if english:
        return [
            f"{line.name_en}: {line.amount:+,} ({line.cause}: {CAUSES[line.cause][1]})" for line in content.corrections
        ]
    return [f"{line.name}{CAUSES[line.cause][0]}{line.amount:+d}{line.unit}" for line in content.corrections]


def table_rows(content: BulletinContent, figures: Iterable[str], *, english: bool = False) -> list[tuple[str, ...]]:
    """Name, unit, new and total of each figure, as text; packs have no English words for units."""
    rows: list[tuple[str, ...]] = []
    for line in map(content.figure, figures):
        rows.append(
            (
                line.name_en if english else line.name,
                "" if english else line.unit,
                _new(line, english),
                number(line, line.total, english=english),
            )
        )
    return rows


def _new(line: FigureLine, english: bool) -> str:
    return "—" if line.measure == "catalogue" else number(line, line.new, english=english)


def _tables(content: BulletinContent, english: bool) -> Iterable[str]:
    for table in content.tables:
        yield table.name_en if english else table.name
        rows = [HEADINGS["en" if english else "zh"], *table_rows(content, table.figures, english=english)]
        yield from _columns(rows)
        yield ""


def _parts(content: BulletinContent, english: bool) -> Iterable[str]:
    titles = PARTS["en" if english else "zh"]
    for name, rows in (
        ("areas", area_rows(content, english=english)),
        ("overdue", overdue_rows(content, english=english)),
    ):
        if rows:
            yield titles[name]
            if name == "overdue":
                yield "  " + overdue_sentence(content, english=english)
            yield from _columns(rows, left=3 if name == "overdue" else 1)
            yield ""
    for chart in content.charts:
        yield chart.name_en if english else chart.name
        yield from _columns(chart_rows(chart, english=english), left=1)
        yield ""


def _corrections(content: BulletinContent, english: bool) -> Iterable[str]:
    lines = correction_lines(content, english=english)
    if lines:
        yield "Corrections" if english else "补报更正"
        yield from (f"  {line}" for line in lines)
        yield ""


def shown_width(text: str) -> int:
    """How many columns a terminal needs: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" and letter not in "—%" else 1 for letter in text)


def _columns(rows: Sequence[Sequence[str]], left: int = 2) -> Iterable[str]:
    """Rows with their columns under each other, the first ones to the left, numbers to the right."""
    widths = [max(shown_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = []
        for column, (text, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - shown_width(text))
            cells.append(text + space if column < left else space + text)
        yield "  " + "  ".join(cells)


def _centred(text: str) -> str:
    return " " * max((WIDTH - shown_width(text)) // 2, 0) + text

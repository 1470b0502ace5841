"""The figures of a bulletin as Excel, numbers as numbers, from the content alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wangge.duties.matters.backlog import WAITS_FOR
from wangge.ground.kernel.clock import parse_instant
from wangge.picture.bulletins.content import BulletinContent, FigureLine
from wangge.picture.bulletins.printing import correction_lines, overdue_sentence, proof, remark, subtitle
from wangge.picture.bulletins.rules import STAGE_WORDS
from wangge.picture.tables.workbook import Column, Facts, Sheet, workbook_pieces

FIGURES = (
    Column("分组", 12), Column("指标", 30), Column("单位", 8), Column("本期新增", 12, "number"),
    Column("累计", 12, "number"), Column("累计分子", 12, "number"), Column("累计分母", 12, "number"),
)  # fmt: skip
OVERDUE = (
    Column("区划编码", 17), Column("区域", 16), Column("环节", 8), Column("超时原因", 24), Column("件数", 8, "number"),
    Column("已升级", 8, "number"), Column("最早到期", 17, "instant"),
)  # fmt: skip


def as_xlsx(content: BulletinContent) -> bytes:
    """The bulletin's tables as the bytes of an .xlsx file."""
    made_at = parse_instant(content.issued_at or content.cutoff)
    return b"".join(workbook_pieces(_sheets(content), made_at=made_at, title=content.title))


def _sheets(content: BulletinContent) -> Iterator[Sheet | Facts]:
    yield Sheet("统计指标", FIGURES, _figure_rows(content))
    if content.by_area:
        figures = content.by_area[0].figures
        columns = [Column("区划编码", 17), Column("区域", 16), *(_area_column(line) for line in figures)]
        rows = [(area.area_code, area.area, *(line.total for line in area.figures)) for area in content.by_area]
        yield Sheet("分区域", columns, rows)
    if content.overdue:
        yield Sheet("超时事项", OVERDUE, _overdue_rows(content))
    for chart in content.charts:
        columns = [Column("日期", 12), *(Column(f"{line.name}（{line.unit}）", 16, "number") for line in chart.series)]
        yield Sheet(chart.name, columns, zip(chart.days, *(line.values for line in chart.series), strict=True))
    yield Facts("说明", [
        ("标题", content.title), ("期次", subtitle(content)), ("发布机关", content.authority),
        *(("补报更正", line) for line in correction_lines(content)),
        *((name, text) for name, text in (("超时", overdue_sentence(content)), ("附注", remark(content))) if text),
        ("数据位置", proof(content)),
    ])  # fmt: skip


def _figure_rows(content: BulletinContent) -> Iterator[Sequence[object]]:
    for table in content.tables:
        for line in map(content.figure, table.figures):
            new = None if line.measure == "catalogue" else line.new
            yield table.name, line.name, line.unit, new, line.total, line.numerator, line.denominator


def _area_column(line: FigureLine) -> Column:
    return Column(f"{line.name}（{line.unit}）", 14, "share" if line.measure == "ratio" else "number")


def _overdue_rows(content: BulletinContent) -> Iterator[Sequence[object]]:
    for line in content.overdue:
        yield (
            line.area_code, line.area, STAGE_WORDS[line.stage][0], WAITS_FOR[line.why][0], line.count, line.escalated,
            parse_instant(line.since),
        )  # fmt: skip

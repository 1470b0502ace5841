"""A bulletin as plain text and as a list of figures. Nothing but the content is read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from wangge.ground.kernel.clock import parse_instant
from wangge.picture.bulletins.content import BulletinContent, FigureLine
from wangge.picture.bulletins.rules import CAUSES, instant_en, instant_zh, number

WIDTH = 78
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
        *_corrections(content, english),
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


def _corrections(content: BulletinContent, english: bool) -> Iterable[str]:
    lines = correction_lines(content, english=english)
    if lines:
        yield "Corrections" if english else "补报更正"
        yield from (f"  {line}" for line in lines)
        yield ""


def shown_width(text: str) -> int:
    """How many columns a terminal needs: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" and letter not in "—%" else 1 for letter in text)


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(shown_width(row[column]) for row in rows) for column in range(4)]
    for name, unit, new, total in rows:
        left = name + " " * (widths[0] - shown_width(name)) + "  " + unit + " " * (widths[1] - shown_width(unit))
        right = "  ".join(
            " " * (width - shown_width(text)) + text for width, text in ((widths[2], new), (widths[3], total))
        )
        yield f"  {left}  {right}"


def _centred(text: str) -> str:
    return " " * max((WIDTH - shown_width(text)) // 2, 0) + text
